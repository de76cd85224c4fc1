import MCPAuthCore
import MCPAuthPlan
import Testing

/// `state` with `store: etcd`, and the secrets beside it.
@Suite struct EtcdBlockTests {
  private static let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
  private static let ends = "endpoints: [\"https://etcd-1.example:2379/\"]"

  private static func text(_ state: String, secrets: String = "{store: etcd, recipients: [\(recipient)]}") -> String {
    "version: 1\nstate: {store: etcd, \(state)}\nsecrets: \(secrets)\nservers: {}\n"
  }

  @Test("InventoryReference#State: the keys are read")
  func read() throws {
    let plain = try inventory(Self.text("\(Self.ends), prefix: /mcpauth/prod"))
    let etcd = try #require(plain.state.etcd)
    #expect(etcd.endpoints.map(\.text) == ["https://etcd-1.example:2379"] && etcd.prefix == "/mcpauth/prod")
    #expect(etcd.auth == nil && etcd.caFile == nil && etcd.clientKey == nil)
    #expect(plain.secrets.store == .etcd && plain.secrets.recipients == [Self.recipient])
    let full = try inventory(
      Self.text(
        "\(Self.ends), prefix: /p, auth: {username: u, password: {env: P}}, ca_file: c, client_certificate: d, client_key: k"
      ))
    #expect(full.state.etcd?.auth?.user == .name("u") && full.state.etcd?.auth?.password == .env("P"))
    #expect(full.state.etcd?.caFile?.path == "c" && full.state.etcd?.clientKey?.path == "k")
    #expect(full.hidingSecrets(in: ["P": "x", "Q": "y"]) == ["Q": "y"])
    // Another store that every runner can read.
    let exec = "{store: exec, command: [mcpauth-store-aws]}"
    #expect(try inventory(Self.text("\(Self.ends), prefix: /p", secrets: exec)).secrets.store == .exec)
  }

  static let mistaken: [(String, DiagnosticCode)] = [
    ("prefix: /p", .missingKey), (ends, .missingKey), ("endpoints: [], prefix: /p", .invalidValue),
    ("endpoints: [\"https://e.example/v3\"], prefix: /p", .invalidURL),
    ("endpoints: [\"https://e.example?x=y\"], prefix: /p", .invalidURL),
    ("endpoints: [\"http://e.example\"], prefix: /p", .insecureURL),
    ("\(ends), prefix: p", .invalidValue), ("\(ends), prefix: /p/", .invalidValue),
    ("\(ends), prefix: /p/../q", .invalidValue), ("\(ends), prefix: \"/p q\"", .invalidValue),
    ("\(ends), prefix: /p, auth: {username: u}", .missingKey),
    ("\(ends), prefix: /p, auth: {username: u, password: s3cret-value}", .inlineSecret),
    ("\(ends), prefix: /p, auth: {username: u, password: {stored: p}}", .invalidValue),
    ("\(ends), prefix: /p, client_key: k", .missingKey), ("\(ends), prefix: /p, client_certificate: c", .missingKey),
    ("\(ends), prefix: /p, endpoint: x", .unknownKey),
  ]

  @Test("InventoryReference#State: mistakes", arguments: mistaken)
  func mistakes(state: String, code: DiagnosticCode) {
    let found = diagnostics(Self.text(state))
    #expect(found.map(\.code) == [code], "\(found)")
    #expect(!"\(found)".contains("s3cret"))
  }

  @Test("SecretStores#Etcd: no secrets without recipients, none without the state, and none in a folder")
  func secrets() {
    let state = "\(Self.ends), prefix: /p"
    #expect(diagnostics(Self.text(state, secrets: "{store: etcd}")).map(shown) == ["3:18 missing-key"])
    #expect(diagnostics(Self.text(state, secrets: "{store: directory}")).map(\.code) == [.invalidValue])
    #expect(diagnostics("version: 1\nstate: {store: etcd, \(state)}\nservers: {}\n").map(\.code) == [.invalidValue])
    let alone = "version: 1\nsecrets: {store: etcd, recipients: [\(Self.recipient)]}\nservers: {}\n"
    #expect(diagnostics(alone).map(\.code) == [.missingKey])
  }

  @Test("InventoryReference#State: the keys of etcd belong to no other store")
  func otherStore() {
    let found = diagnostics("version: 1\nstate: {store: file, \(Self.ends), auth: {username: u}}\nservers: {}\n")
    #expect(found.map(\.code) == [.invalidValue, .invalidValue])
  }
}
