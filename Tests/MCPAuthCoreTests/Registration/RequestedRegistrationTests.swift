import MCPAuthCore
import Testing

@testable import struct MCPAuthCore.RequestedRegistration

@Suite struct RequestedRegistrationTests {
  typealias World = RegistrationWorld

  @Test("Registration#Requests: the request has the required members, and never resource, null or an empty member")
  func members() throws {
    let object = try World.requested().members
    #expect(
      Set(object.members.map(\.name)) == [
        "redirect_uris", "client_name", "token_endpoint_auth_method", "grant_types", "response_types",
        "application_type",
      ])
    #expect(object["redirect_uris"] == [.string(World.redirect)])
    #expect(object["client_name"] == "Acme Coder")
    #expect(object["response_types"] == ["code"])
    #expect(object["application_type"] == "web")
  }

  @Test("Registration#Requests: configured values are sent, empty ones are not")
  func optionals() throws {
    var client = World.client()
    client.clientURI = "https://acme.dev"
    client.logoURI = ""
    client.tosURI = "https://acme.dev/tos"
    client.policyURI = "https://acme.dev/policy"
    client.contacts = ["ops@acme.dev"]
    client.softwareID = "coder"
    client.softwareVersion = "1.2"
    let object = try World.requested(client, scopes: ScopeSelection(scopes: ["a", "b"], source: .challenge)).members
    #expect(object["client_uri"] == "https://acme.dev")
    #expect(object["logo_uri"] == nil)
    #expect(object["tos_uri"] == "https://acme.dev/tos")
    #expect(object["policy_uri"] == "https://acme.dev/policy")
    #expect(object["contacts"] == ["ops@acme.dev"])
    #expect(object["software_id"] == "coder")
    #expect(object["software_version"] == "1.2")
    #expect(object["scope"] == "a b")
  }

  @Test(
    "Registration#Requests, RealServers#51: grant types are reduced to the server's list; authorization_code is always sent",
    arguments: [
      (nil, ["authorization_code", "refresh_token"]),
      (["authorization_code", "refresh_token", "implicit"], ["authorization_code", "refresh_token"]),
      (["authorization_code"], ["authorization_code"]),
      (["refresh_token"], ["authorization_code", "refresh_token"]),
      (["client_credentials"], ["authorization_code"]),
    ] as [([String]?, [String])])
  func grants(supported: [String]?, sent: [String]) throws {
    let requested = try World.requested(metadata: World.metadata(grants: supported))
    #expect(requested.grantTypes == sent)
  }

  @Test(
    "Registration#Requests: application_type follows the redirect URIs",
    arguments: [
      (["https://a.example/cb"], ApplicationType.web),
      (["https://a.example/cb", "https://b.example/cb"], .web),
      (["http://127.0.0.1/cb"], .native),
      (["http://localhost:8080/cb", "http://[::1]/cb"], .native),
      (["com.acme.coder:/cb"], .native),
      (["cursor://anysphere.cursor-mcp/cb", "http://127.0.0.1/cb"], .native),
      (["https://localhost/cb"], .native),
      (["https://localhost/cb", "https://a.example/cb"], .web),
      (["https://a.example/cb", "http://localhost/cb"], nil),
      (["https://a.example/cb", "com.acme.coder:/cb"], nil),
      (["http://a.example/cb"], nil),
      (["/cb"], nil),
      (["1x:/cb"], nil),
    ] as [([String], ApplicationType?)])
  func applicationType(redirects: [String], type: ApplicationType?) throws {
    #expect(ApplicationType.inferred(from: redirects) == type)
    let client = World.client(redirects: redirects)
    if let type {
      #expect(try World.requested(client).applicationType == type)
    } else {
      let error = #expect(throws: Diagnostic.self) { try World.requested(client) }
      #expect(error?.code == .mixedRedirectURIs)
    }
  }

  @Test("Registration#Requests: redirect URIs of both kinds are accepted if the inventory gives the type")
  func namedType() throws {
    let client = World.client(redirects: ["https://a.example/cb", "http://localhost/cb"], type: .native)
    #expect(try World.requested(client).applicationType == .native)
  }

  struct MethodRow: Sendable, CustomTestStringConvertible {
    var inventory: String?
    var supported: [String]?
    /// nil: the expected error is `auth-method-unsupported`.
    var method: String?
    var testDescription: String { "\(inventory ?? "-") with \(supported?.description ?? "no list")" }
  }

  @Test(
    "Registration#Requests: the method is the inventory's, else the first listed of none, basic, post; no list means basic",
    arguments: [
      MethodRow(supported: ["client_secret_post", "client_secret_basic", "none"], method: "none"),
      MethodRow(supported: ["client_secret_post", "client_secret_basic"], method: "client_secret_basic"),
      MethodRow(supported: ["private_key_jwt", "client_secret_post"], method: "client_secret_post"),
      MethodRow(supported: ["private_key_jwt"], method: nil),
      MethodRow(supported: nil, method: "client_secret_basic"),
      MethodRow(
        inventory: "client_secret_post", supported: ["none", "client_secret_post"], method: "client_secret_post"),
      MethodRow(inventory: "client_secret_basic", supported: ["none"], method: nil),
      MethodRow(inventory: "none", supported: ["client_secret_basic"], method: nil),
      MethodRow(inventory: "none", supported: nil, method: "none"),
    ])
  func method(row: MethodRow) throws {
    let client = World.client(method: row.inventory)
    let metadata = World.metadata(methods: row.supported)
    guard let method = row.method else {
      let error = #expect(throws: Diagnostic.self) { try World.requested(client, metadata: metadata) }
      #expect(error?.code == .authMethodUnsupported)
      return
    }
    let requested = try World.requested(client, metadata: metadata)
    #expect(requested.tokenEndpointAuthMethod == method)
    #expect(requested.isInventoryMethod == (row.inventory != nil))
  }

  @Test(
    "Registration#Requests: method of a client that mcpauth does not register",
    arguments: [
      ("client_secret_post", true, nil, "client_secret_post"), (nil, true, nil, "client_secret_basic"),
      (nil, true, ["client_secret_post", "none"], "client_secret_post"),
      (nil, true, ["client_secret_post", "client_secret_basic"], "client_secret_basic"),
      (nil, true, ["private_key_jwt"], "client_secret_basic"), (nil, false, ["client_secret_basic"], "none"),
    ] as [(String?, Bool, [String]?, String)])
  func ownClient(inventory: String?, hasSecret: Bool, supported: [String]?, method: String) {
    #expect(
      TokenEndpointAuthMethod.forOwnClient(inventory: inventory, hasSecret: hasSecret, supported: supported) == method)
  }
}
