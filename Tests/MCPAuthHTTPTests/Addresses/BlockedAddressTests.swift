import MCPAuth
import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

/// Returns the same addresses for every name.
private struct FixedResolver: AddressResolver {
  var literals: [String]

  func addresses(of host: String) async throws(ResolutionError) -> [IPAddress] {
    literals.compactMap { IPAddress(literal: $0) }
  }
}

@Suite("Discovery#Addresses: discovered URLs cannot reach private addresses", .timeLimit(.minutes(1)))
struct BlockedAddressTests {
  private func discovered(_ url: CheckedURL, _ allowance: AddressAllowance = .none) -> HTTPRequest {
    var request = HTTPRequest(.post, url, body: Array("{}".utf8), provenance: .discovered)
    request.allowance = allowance
    return request
  }

  @Test("Discovery#Addresses: a literal is refused before a connection is made")
  func literal() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let request = discovered(try loopbackURL(server))
      let failure = try await withTransport { await $0.failure(of: request) }
      #expect(failure == .addressBlocked(reason: "it leads to 127.0.0.1, a loopback address"))
      #expect(server.seen.connections == 0)
    }
  }

  @Test(
    "Discovery#Addresses: literals in other notations, too",
    arguments: [
      "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "0", "127.0.0.1.", "0x7f000001.", "0x7f.1.",
      "2130706433.", "169.254.169.254.", "0.",
    ])
  func spellings(host: String) async throws {
    let request = discovered(try CheckedURL("https://\(host)/", plaintext: .refused))
    let failure = try await withTransport { await $0.failure(of: request) }
    guard case .addressBlocked = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test("Discovery#Addresses: a name that resolves to a private address is refused before a connection is made")
  func name() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let request = discovered(try loopbackURL(server, host: "localhost"))
      let failure = try await withTransport { await $0.failure(of: request) }
      guard case .addressBlocked(let reason) = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
      #expect(reason.hasPrefix("localhost resolves to "))
      #expect(server.seen.connections == 0)
    }
  }

  @Test("Discovery#Addresses: one private address among public ones is enough to refuse")
  func mixed() async throws {
    let request = discovered(try CheckedURL("https://mixed.example/", plaintext: .refused))
    let failure = try await withTransport(resolver: FixedResolver(literals: ["93.184.216.34", "10.0.0.1"])) {
      await $0.failure(of: request)
    }
    #expect(failure == .addressBlocked(reason: "mixed.example resolves to 10.0.0.1, a private address"))
  }

  @Test("Discovery#Addresses: public at the check, private at the connect: fails before a byte of HTTP is sent")
  func rebinding() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      // The check gets a public address. The connection asks the system, and gets loopback.
      let request = discovered(try loopbackURL(server, host: "localhost"))
      try await withTransport(resolver: FixedResolver(literals: ["93.184.216.34"])) { transport in
        let failure = await transport.failure(of: request)
        guard case .addressBlocked(let reason) = failure else {
          Issue.record("\(String(describing: failure))")
          return
        }
        #expect(reason == "the connection leads to 127.0.0.1, a loopback address, though its name did not")
        #expect(await eventually { server.seen.connections == 1 && server.seen.closedConnections == 1 })
        #expect(server.seen.bytes == 0)
      }
    }
  }

  @Test("Discovery#Addresses: data that a private address sends before any request is ignored", arguments: 0..<10)
  func unasked(_ round: Int) async throws {
    try await withServer(onConnect: [ok("{}"), .close]) { server in
      let request = discovered(try loopbackURL(server, host: "localhost"))
      let failure = try await withTransport(resolver: FixedResolver(literals: ["93.184.216.34"])) {
        await $0.failure(of: request)
      }
      #expect(failure?.mayHaveArrived == false, "\(String(describing: failure))")
      #expect(server.seen.bytes == 0)
    }
  }

  @Test("Discovery#Addresses: an allowed name may lead to any address")
  func allowedName() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let url = try loopbackURL(server, host: "localhost")
      var settings = HTTPSettings(userAgent: "mcpauth/1")
      let byServer = discovered(url, AddressAllowance(hosts: ["localhost"]))
      #expect(try await withTransport(settings) { await $0.failure(of: byServer) } == nil)
      settings.allowPrivate = ["localhost"]
      let byNetwork = discovered(url)
      #expect(try await withTransport(settings) { await $0.failure(of: byNetwork) } == nil)
    }
  }

  @Test(
    "Discovery#Addresses: an allowed network, an allowed address, a loopback server",
    arguments: [
      AddressAllowance(hosts: ["127.0.0.0/8"]), AddressAllowance(hosts: ["127.0.0.1"]),
      AddressAllowance(loopback: true),
    ])
  func allowed(allowance: AddressAllowance) async throws {
    try await withServer(answering: [ok("{}")]) { server in
      for host in ["127.0.0.1", "localhost"] {
        let request = discovered(try loopbackURL(server, host: host), allowance)
        #expect(try await withTransport { await $0.failure(of: request) } == nil)
      }
    }
  }

  @Test("Discovery#Addresses: a URL of the inventory may lead to any address")
  func inventory() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let request = HTTPRequest(.get, try loopbackURL(server, host: "localhost"), provenance: .inventory)
      #expect(try await withTransport { await $0.failure(of: request) } == nil)
    }
  }

  @Test("an entry of network.allow_private with no meaning is invalid-value", arguments: ["10.0.0.0/40", "a b", ""])
  func invalidEntry(entry: String) {
    let settings = HTTPSettings(userAgent: "mcpauth/1", allowPrivate: [entry])
    #expect {
      try HTTPTransport(settings)
    } throws: {
      ($0 as? Diagnostic)?.code == .invalidValue
    }
  }
}
