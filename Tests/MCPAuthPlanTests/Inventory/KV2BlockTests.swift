import MCPAuthCore
import MCPAuthPlan
import Testing

/// `secrets` with `store: kv2`.
@Suite struct KV2BlockTests {
  private func settings(_ block: String) throws -> SecretsSettings {
    try inventory("version: 1\nsecrets: {store: kv2, \(block)}\nservers: {}\n").secrets
  }

  static let address = "address: \"https://bao.example:8200/\""

  @Test("SecretStores#KV2: the keys are read, and have their defaults")
  func read() throws {
    let plain = try #require(try settings("\(Self.address), path: a, auth: {token: {env: BAO_TOKEN}}").kv2)
    #expect(plain.address.text == "https://bao.example:8200")
    #expect(plain.mount == "secret" && plain.path == "a" && plain.namespace == nil)
    #expect(plain.auth.method == .token && plain.auth.credential == .env("BAO_TOKEN"))
    let full = try #require(
      try settings(
        "\(Self.address), path: a/b, mount: kv/team, namespace: n/m, auth: {jwt: {role: r, token: {file: t}, mount: ci}}"
      ).kv2)
    #expect(full.mount == "kv/team" && full.path == "a/b" && full.namespace == "n/m")
    #expect(full.auth.method == .jwt && full.auth.mount == "ci" && full.auth.role == "r")
    #expect(full.auth.credential == .file("t"))
    let pod = try #require(try settings("\(Self.address), path: a, auth: {kubernetes: {role: r}}").kv2)
    #expect(pod.auth.credential == .file("/var/run/secrets/kubernetes.io/serviceaccount/token"))
    #expect(pod.auth.mount == "kubernetes")
    // It is no path of files.
    #expect(try settings("\(Self.address), path: a, auth: {kubernetes: {role: r}}").path == nil)
  }

  static let mistaken: [(String, DiagnosticCode)] = [
    ("path: a, auth: {token: {env: T}}", .missingKey),
    ("\(address), auth: {token: {env: T}}", .missingKey), ("\(address), path: a", .missingKey),
    ("\(address), path: /a, auth: {token: {env: T}}", .invalidValue),
    ("\(address), path: a//b, auth: {token: {env: T}}", .invalidValue),
    ("\(address), path: a/.., auth: {token: {env: T}}", .invalidValue),
    ("\(address), path: a, mount: \"a?b\", auth: {token: {env: T}}", .invalidValue),
    ("\(address), path: a, auth: {token: {stored: t}}", .invalidValue),
    ("\(address), path: a, auth: {token: {env: T}, jwt: {role: r, token: {env: T}}}", .invalidValue),
    ("\(address), path: a, auth: {approle: {role_id: r}}", .missingKey),
    ("\(address), path: a, auth: {approle: {role_id: r, token: {env: T}, secret_id: {env: T}}}", .invalidValue),
    ("\(address), path: a, auth: {token: s3cret-token}", .inlineSecret),
    ("\(address), path: a, auth: {token: {env: AWS_SECRET_ACCESS_KEY}}", .referenceRefused),
    ("\(address), path: a, auth: {token: {file: /proc/self/environ}}", .referenceRefused),
    ("address: \"https://b.example?x=y\", path: a, auth: {token: {env: T}}", .invalidURL),
    ("address: \"http://b.example\", path: a, auth: {token: {env: T}}", .insecureURL),
  ]

  @Test("SecretStores#KV2: mistakes", arguments: mistaken)
  func mistakes(block: String, code: DiagnosticCode) {
    let found = diagnostics("version: 1\nsecrets: {store: kv2, \(block)}\nservers: {}\n")
    #expect(found.map(\.code) == [code], "\(found)")
    #expect(!"\(found)".contains("s3cret"))
  }

  @Test("SecretStores#KV2: its keys belong to no other store")
  func otherStore() {
    let found = diagnostics("version: 1\nsecrets: {store: directory, \(Self.address), mount: a}\nservers: {}\n")
    #expect(found.map(\.code) == [.invalidValue, .invalidValue])
  }

  @Test("InventoryReference#Secret-references: credentials of stores go to the store, and to no server")
  func references() {
    for name in ["VAULT_TOKEN", "BAO_TOKEN", "bao_id_token"] {
      #expect(ReservedReference.problem(ofVariable: name) != nil)
      #expect(ReservedReference.problem(ofVariable: name, for: .store) == nil)
    }
    for file in [KV2Auth.podToken, "/run/secrets/kubernetes.io/serviceaccount/token", "/root/.vault-token"] {
      #expect(ReservedReference.problem(ofFile: file) != nil)
      #expect(ReservedReference.problem(ofFile: file, for: .store) == nil)
    }
    for name in ["CI_JOB_TOKEN", "MCPAUTH_AGE_KEY", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"] {
      #expect(ReservedReference.problem(ofVariable: name, for: .store) != nil)
    }
  }

  @Test("SecretStores#KV2: a program does not get the variable of the store's credential")
  func hidden() throws {
    var inventory = Inventory(file: "servers.yaml")
    inventory.secrets = try settings("\(Self.address), path: a, auth: {token: {env: BAO_TOKEN}}")
    #expect(inventory.hidingSecrets(in: ["BAO_TOKEN": "x", "HOME": "/"]) == ["HOME": "/"])
  }
}
