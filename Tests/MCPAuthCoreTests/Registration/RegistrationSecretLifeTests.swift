import MCPAuthCore
import Testing

@Suite struct RegistrationSecretLifeTests {
  typealias World = RegistrationWorld
  static let now = World.now.seconds

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var value: JSON?
    /// nil: it never expires.
    var expiry: Int64?
    var warnings: [DiagnosticCode] = []
    var fails = false
    var testDescription: String { name }
  }

  @Test(
    "Registration#Answers: client_secret_expires_at",
    arguments: [
      Row(name: "0 is never", value: 0),
      Row(name: "a time", value: .number("\(now + 8_640_000)"), expiry: now + 8_640_000),
      Row(name: "a numeric string (RealServers#75)", value: .string("\(now + 8_640_000)"), expiry: now + 8_640_000),
      Row(name: "\"0\"", value: "0"),
      Row(name: "with decimals", value: .number("\(now + 8_640_000).0"), expiry: now + 8_640_000),
      Row(name: "RealServers#81: missing", value: nil, warnings: [.unusualAnswer]),
      Row(name: "null", value: .null, warnings: [.unusualAnswer]),
      Row(name: "no time", value: "never", warnings: [.unusualAnswer]),
      Row(name: "a boolean", value: true, warnings: [.unusualAnswer]),
      Row(
        name: "milliseconds", value: .number("\((now + 8_640_000) * 1000)"), expiry: now + 8_640_000,
        warnings: [.unusualAnswer]),
      Row(name: "past", value: .number("\(now - 1)"), fails: true),
      Row(name: "now", value: .number("\(now)"), fails: true),
      Row(
        name: "past, in milliseconds", value: .number("\((now - 1) * 1000)"), warnings: [.unusualAnswer], fails: true),
      Row(
        name: "RealServers#48: a day", value: .number("\(now + 86_400)"), expiry: now + 86_400,
        warnings: [.secretShortLived]),
      Row(name: "thirty days", value: .number("\(now + 2_592_000)"), expiry: now + 2_592_000),
    ])
  func expiry(row: Row) throws {
    var answer: JSONObject = JSONObject([
      .init("client_id", "c1"), .init("client_secret", "s3cr3t-value"),
      .init("token_endpoint_auth_method", "client_secret_basic"),
    ])
    if let value = row.value { answer["client_secret_expires_at"] = value }
    let exchange = try World.exchange(metadata: World.metadata(methods: ["client_secret_basic"]))
    let result = try #require(World.run(exchange, [World.json(201, .object(answer))]).result)
    if row.fails {
      let failure = try #require(result.error)
      #expect(failure.diagnostic.code == .registrationExpired)
      #expect(failure.outcome == .created(AbandonedClient(clientID: "c1")))
      #expect(failure.warnings.map(\.code) == row.warnings)
      return
    }
    let client = try result.get()
    #expect(client.clientSecretExpiresAt?.seconds == row.expiry)
    #expect(client.clientSecret == Secret("s3cr3t-value"))
    #expect(client.warnings.map(\.code) == row.warnings)
    #expect(!String(reflecting: client).contains("s3cr3t-value"))
  }

  @Test("Registration#Answers: without a secret there is no expiry")
  func noSecret() throws {
    let answer = World.json(201, ["client_id": "c1", "client_secret_expires_at": 1])
    let client = try #require(World.run(World.exchange(), [answer]).result).get()
    #expect(client.clientSecretExpiresAt == nil)
    #expect(client.warnings == [])
  }

  @Test(
    "Registration#Renewal: a renewed secret that is not newer is renewal-ineffective",
    arguments: [(100, 200, true), (100, 100, false), (100, 50, false), (100, nil, true), (nil, 50, true)]
      as [(Int64?, Int64?, Bool)])
  func renewal(old: Int64?, new: Int64?, isEffective: Bool) {
    let client = RegisteredClient(
      clientID: "c1", clientSecretExpiresAt: new.map(Timestamp.init), tokenEndpointAuthMethod: "client_secret_basic",
      grantTypes: [], applicationType: .web, redirectURIs: [], scopes: [], scopesFrom: .none)
    let problem = client.renewalProblem(replacing: old.map(Timestamp.init))
    #expect(problem?.code == (isEffective ? nil : .renewalIneffective))
  }
}
