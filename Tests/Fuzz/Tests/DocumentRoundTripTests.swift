import Testing

@testable import MCPAuthCore

@Suite struct DocumentRoundTripTests {
  private static let resource: JSONObject = JSONObject([
    .init("resource", "https://mcp.example/mcp"),
    .init("authorization_servers", ["https://as.example", "https://other.example"]),
    .init("scopes_supported", ["read", "write"]),
  ])
  private static let server: JSONObject = JSONObject([
    .init("issuer", "https://as.example"), .init("authorization_endpoint", "https://as.example/authorize?a=b"),
    .init("token_endpoint", "https://as.example/token"), .init("registration_endpoint", "https://as.example/register"),
    .init("scopes_supported", ["read"]), .init("grant_types_supported", ["authorization_code"]),
    .init("code_challenge_methods_supported", ["plain", "S256"]),
    .init("client_id_metadata_document_supported", true),
  ])

  @Test(
    "RFC 9728 section 2, RFC 8414 section 2: unknown members are ignored in every position",
    arguments: 0..<100)
  func extraMembers(_ seed: Int) throws {
    var dice = Dice(seed)
    let resource = try Self.grown(Self.resource, &dice)
    #expect(ProtectedResourceMetadata(resource) == ProtectedResourceMetadata(Self.resource))
    let server = try Self.grown(Self.server, &dice)
    let (grown, warnings) = try Self.metadata(server)
    let (plain, _) = try Self.metadata(Self.server)
    #expect(grown == plain)
    #expect(warnings.isEmpty)
  }

  @Test("Discovery#Authorization-server-metadata: an optional member of a wrong type is a warning", arguments: 0..<100)
  func wrongTypes(_ seed: Int) throws {
    var dice = Dice(seed)
    let optional = Self.server.members.map(\.name).filter { !$0.hasSuffix("n_endpoint") && $0 != "issuer" }
    let name = dice.one(of: optional.filter { $0 != "code_challenge_methods_supported" && $0 != "token_endpoint" })
    var document = Self.server
    document[name] = dice.one(of: [.number("1"), .object(JSONObject()), ["a", 1], .array([.array([])]), "text", .null])
    let (metadata, warnings) = try Self.metadata(document)
    #expect(metadata.tokenEndpoint == "https://as.example/token")
    #expect(warnings.allSatisfy { $0.severity == .warning && $0.code == .metadataMemberIgnored })
  }

  private static func metadata(
    _ object: JSONObject
  ) throws -> (AuthorizationServerMetadata, warnings: [Diagnostic]) {
    try AuthorizationServerDocument(object).metadata(
      issuer: "https://as.example", at: "https://as.example/x", trust: .remote, assumesS256: false)
  }

  /// Inserts unknown members between the members, then prints and parses the document.
  private static func grown(_ object: JSONObject, _ dice: inout Dice) throws -> JSONObject {
    var object = object
    object.members.shuffle(using: &dice)
    for index in 0..<dice.number(1..<8) {
      let member = JSONObject.Member("x_" + dice.text() + String(index), JSONRoundTripTests.value(&dice, depth: 2))
      object.members.insert(member, at: dice.number(0..<object.members.count + 1))
    }
    return try #require(try JSONParser.parse(JSONWriter.canonical(.object(object))).object)
  }
}
