import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct OAuth2RulesTests {
  private static let trio = [
    "client_id: Iv1.0123456789abcdef", "authorization_endpoint: https://a.example.com/a",
    "token_endpoint: https://a.example.com/t",
  ]

  @Test("InventoryReference#Modes: partial-oauth2-config has the documented text")
  func partialSample() {
    let found = diagnostics(server("client_id: Iv1.0123456789abcdef"))
    #expect(found.count == 1)
    #expect(found.first?.code == .partialOAuth2Config)
    #expect(found.first?.message == "'github' gives client_id but not authorization_endpoint, token_endpoint")
    #expect(
      found.first?.help
        == ["give all three to use your own client, or none of them to discover and register automatically"])
    #expect(marked(found.first, in: server("client_id: Iv1.0123456789abcdef")) == "client_id")
  }

  @Test(
    "InventoryReference#Modes: each proper subset of the three values is partial, at the first given value",
    arguments: 1...6)
  func partial(_ subset: Int) throws {
    let names = ["client_id", "authorization_endpoint", "token_endpoint"]
    let given = names.indices.filter { subset >> $0 & 1 == 1 }
    let text = server(given.reversed().map { Self.trio[$0] }.joined(separator: "\n"))
    let found = diagnostics(text)
    #expect(found.map(\.code) == [.partialOAuth2Config])
    let lacking = names.indices.filter { !given.contains($0) }.map { names[$0] }.joined(separator: ", ")
    #expect(
      found.first?.message == "'github' gives \(given.map { names[$0] }.joined(separator: ", ")) but not \(lacking)")
    #expect(marked(found.first, in: text) == given.last.map { names[$0] })
  }

  @Test("InventoryReference#Modes: all three values are manual, none is discovered")
  func manualAndDiscovered() throws {
    let manual = try inventory(server(Self.trio.joined(separator: "\n"), head: ""))
    guard case .manual = manual.servers.first?.mode else {
      Issue.record("another shape")
      return
    }
    let discovered = try inventory(server("scopes: [a]"))
    guard case .discovered = discovered.servers.first?.mode else {
      Issue.record("another shape")
      return
    }
  }

  @Test("InventoryReference#Modes: a manual server with registration: dcr stays manual: no request is made")
  func manualWithStrategy() throws {
    let text = server(Self.trio.joined(separator: "\n"), head: "defaults: {registration: dcr}\n")
    guard case .manual = try inventory(text).servers.first?.mode else {
      Issue.record("another shape")
      return
    }
  }

  @Test("InventoryReference#Modes: registration: preregistered with only a client_id is not a partial config")
  func preregistered() throws {
    let read = try inventory(server("registration: preregistered\nclient_id: a\nclient_secret: {stored: a}", head: ""))
    guard case .preregistered(let settings) = read.servers.first?.mode else {
      Issue.record("another shape")
      return
    }
    #expect(settings.clientSecret == .stored("a"))
    #expect(settings.client == nil)
  }

  @Test("InventoryReference#Modes: registration: dcr with three endpoints needs no discovery")
  func atEndpoints() throws {
    let text =
      "registration: dcr\nregistration_endpoint: https://a.example.com/r\n" + Self.trio[1...].joined(separator: "\n")
    guard case .registeredAtEndpoints(let settings) = try inventory(server(text)).servers.first?.mode else {
      Issue.record("another shape")
      return
    }
    #expect(settings.registrationEndpoint == "https://a.example.com/r")
    let found = diagnostics(server(text + "\nclient_secret: {env: A}"))
    #expect(found.map(\.code) == [.secretWithoutClient])
  }

  @Test("InventoryReference#Modes: a server's own value replaces the default, null removes it, then the rules apply")
  func defaults() throws {
    let read = try inventory(
      """
      version: 1
      client: {name: Acme, redirect_uris: ["https://acme.dev/{server}"]}
      defaults:
        transport: sse
        scopes: [a]
        client_id: shared
        registration: preregistered
        redirect_uris: ["https://acme.dev/default/{server}"]
        client_name: Default
        application_type: web
        generation: 3
      servers:
        a: {url: https://a.example.com/mcp}
        b:
          url: https://b.example.com/mcp
          transport: null
          oauth2: {client_id: null, registration: null, scopes: b c, redirect_uris: null, client_name: Own, generation: 0}
      """)
    guard case .preregistered(let a) = read.servers[0].mode, case .discovered(let b) = read.servers[1].mode else {
      Issue.record("another shape")
      return
    }
    #expect(read.servers.map(\.transport) == [.sse, .streamableHTTP])
    #expect(a.clientID == "shared" && a.scopes == ["a"] && a.generation == 3)
    #expect(a.client?.clientName == "Default")
    #expect(a.client?.redirectURIs == ["https://acme.dev/default/a"])
    #expect(a.client?.applicationType == .web)
    #expect(b.clientID == nil && b.scopes == ["b", "c"] && b.generation == 0)
    #expect(b.client?.clientName == "Own")
    #expect(b.client?.redirectURIs == ["https://acme.dev/b"])
    #expect(b.client?.scopes == ["b", "c"])
  }

  @Test("InventoryReference#Modes: a partial config that comes from defaults is reported once")
  func partialDefaults() {
    let found = diagnostics(
      """
      version: 1
      defaults: {client_id: a}
      servers:
        a: {url: https://a.example.com/mcp}
        b: {url: https://b.example.com/mcp}
      """)
    #expect(found.map(shown) == ["2:12 partial-oauth2-config"])
    #expect(found.first?.notes == ["'a' is the first server that this concerns"])
  }

  @Test("InventoryReference#Modes: initial_access_token needs issuer or registration_endpoint in the same block")
  func tokenWithoutIssuer() throws {
    let token = "initial_access_token: {env: TOKEN}"
    #expect(diagnostics(server(token)).map(\.code) == [.tokenWithoutIssuer])
    let withDefault = server(token, head: clientBlock + "defaults: {issuer: https://a.example.com}\n")
    #expect(diagnostics(withDefault).map(\.code) == [.tokenWithoutIssuer])
    _ = try inventory(server(token + "\nissuer: https://a.example.com"))
    _ = try inventory(server(token + "\nregistration_endpoint: https://a.example.com/r"))
  }

  @Test("Discovery#Requests: an http endpoint on loopback needs a server on loopback")
  func plaintext() throws {
    let found = diagnostics(server("issuer: \"http://127.0.0.1:9000\"", head: clientBlock))
    #expect(found.map(\.code) == [.insecureURL])
    let inDefaults = diagnostics(
      server("renew: auto", head: clientBlock + "defaults: {issuer: \"http://localhost\"}\n"))
    #expect(inDefaults.map(shown) == ["5:20 insecure-url"])
    _ = try inventory(
      "version: 1\n" + clientBlock
        + "servers:\n  a: {url: \"http://localhost:8000\", oauth2: {issuer: \"http://127.0.0.1:9000\"}}\n")
  }

  @Test("Registration#Strategies: redirect URIs of both kinds need an application_type if a client is registered")
  func mixed() throws {
    let head = "client:\n  name: A\n  redirect_uris: [https://acme.dev/cb, \"http://127.0.0.1/cb\"]\n"
    #expect(diagnostics(server("scopes: [a]", head: head)).map(shown) == ["4:3 mixed-redirect-uris"])
    _ = try inventory(server("application_type: native", head: head))
    _ = try inventory(server("registration: preregistered\nclient_id: a", head: head))
  }
}
