import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct InventoryValuesTests {
  @Test(
    "InventoryReference#Values: a duration is a number and a unit",
    arguments: [("90s", 90), ("5m", 300), ("24h", 86_400), ("14d", 1_209_600), ("\"7d\"", 604_800), ("0s", 0)])
  func durations(_ written: String, _ seconds: Int) throws {
    #expect(try inventory(server("renew_before: \(written)")).servers.first?.mode.oauth2?.renewBefore == seconds)
  }

  @Test(
    "InventoryReference#Values: text that is not a duration is refused",
    arguments: ["7", "d", "7w", "-7d", "7 d", "1.5d", "[7d]", "9223372036854775807d"])
  func notDurations(_ written: String) {
    #expect(diagnostics(server("renew_before: \(written)")).map(\.code) == [.invalidValue])
  }

  @Test(
    "InventoryReference#Values: for a value that looks like a boolean, the message says what to write",
    arguments: [
      ("yes", "true"), ("on", "true"), ("True", "true"), ("\"true\"", "true"), ("no", "false"), ("OFF", "false"),
      ("0", "false"),
    ])
  func booleans(_ written: String, _ meant: String) {
    let found = diagnostics(
      "version: 1\nservers:\n  a: {url: https://a.example.com, auth: none, enabled: \(written)}\n")
    #expect(found.map(\.code) == [.invalidValue])
    #expect(found.first?.help == ["write \(meant), without quotes"])
  }

  @Test("InventoryReference#Redirect-URIs: an unquoted {server} in a flow list has its own help text")
  func unquotedPlaceholder() {
    let found = diagnostics("version: 1\nclient: {name: A, redirect_uris: [{server}]}\nservers: {}\n")
    #expect(found.map(shown) == ["2:35 invalid-value"])
    #expect(found.first?.help == ["put quotes around it: without them {server} is a mapping"])
  }

  @Test(
    "InventoryReference#Values: numbers and booleans are not text",
    arguments: ["12", "1.10", "true", "null", "[a]", "{a: b}"])
  func notText(_ written: String) {
    let found = diagnostics("version: 1\nclient: {software_version: \(written)}\nservers: {}\n")
    #expect(found.map(\.code) == [.invalidValue])
  }

  @Test(
    "InventoryReference#Values: valid and invalid names of servers",
    arguments: [
      ("a", true), ("0", true), ("a.b_c-d", true), (String(repeating: "a", count: 63), true), ("true", true),
      (String(repeating: "a", count: 64), false), ("A", false), ("-a", false), (".a", false), ("a/b", false),
      ("é", false),
    ])
  func names(_ name: String, _ isValid: Bool) {
    let found = diagnostics("version: 1\nservers:\n  \"\(name)\": {url: https://a.example.com, auth: none}\n")
    #expect(found.map(\.code) == (isValid ? [] : [.invalidValue]))
    #expect(ServerName.isValid(name) == isValid)
  }

  @Test(
    "InventoryReference#Network: allow_private takes networks, addresses and host names",
    arguments: [
      ("10.0.0.0/8", true), ("10.1.2.3", true), ("fd00::/8", true), ("::1", true), ("keycloak.internal", true),
      ("::ffff:10.0.0.1", true), ("host_1", true), ("10.0.0.0/33", false), ("10.0.0/8", false), ("10.0.0.256", false),
      ("keycloak.internal/8", false), ("a b", false), ("https://a", false), ("fd00::/129", false), ("", false),
      ("a..b", false),
    ])
  func privateHosts(_ host: String, _ isValid: Bool) {
    let found = diagnostics("version: 1\nnetwork: {allow_private: [\"\(host)\"]}\nservers: {}\n")
    #expect(found.map(\.code) == (isValid ? [] : [.invalidValue]))
  }

  @Test(
    "SecretStores#Records: a recipient is an age public key with a valid checksum",
    arguments: [
      ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", true),
      ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q", false),
      ("age1qm3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", false),
      ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8", false),
      ("AGE1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8P", false), ("ssh-ed25519 AAAA", false),
    ])
  func recipients(_ key: String, _ isValid: Bool) {
    let found = diagnostics("version: 1\nsecrets: {store: age, recipients: [\(key)]}\nservers: {}\n")
    #expect(found.map(\.code) == (isValid ? [] : [.invalidValue]))
  }

  @Test(
    "Registration#Strategies: client.metadata_url is https, with a path, without dot segments, fragment and userinfo",
    arguments: [
      ("https://acme.dev/client.json", []), ("https://acme.dev/a/b?c=d", []), ("https://acme.dev", [.invalidURL]),
      ("https://acme.dev/", [.invalidURL]), ("https://acme.dev/a/../b", [.invalidURL]),
      ("https://acme.dev/%2E/b", [.invalidURL]),
      ("https://acme.dev/a#b", [.invalidURL]), ("https://me@acme.dev/a", [.invalidURL]),
      ("http://acme.dev/a", [.insecureURL]),
    ] as [(String, [DiagnosticCode])])
  func metadataURL(_ url: String, _ codes: [DiagnosticCode]) {
    #expect(diagnostics("version: 1\nclient: {metadata_url: \"\(url)\"}\nservers: {}\n").map(\.code) == codes)
  }

  @Test(
    "Registration#Strategies: redirect URIs are https, http on loopback, or have an application's own scheme",
    arguments: [
      ("https://acme.dev/cb", []), ("http://127.0.0.1:3118/cb", []), ("http://[::1]/cb", []), ("cursor://x/cb", []),
      ("com.acme.app:/cb", []), ("http://acme.dev/cb", [.insecureURL]), ("https://acme.dev/cb#a", [.invalidURL]),
      ("com.acme.app:/cb#a", [.invalidURL]), ("/cb", [.invalidURL]), ("javascript:alert(1)", [.invalidURL]),
      ("data:text/html,x", [.invalidURL]), ("1a:b", [.invalidURL]), ("https://a:b@acme.dev/cb", [.invalidURL]),
    ] as [(String, [DiagnosticCode])])
  func redirectURIs(_ uri: String, _ codes: [DiagnosticCode]) {
    #expect(diagnostics("version: 1\nclient: {redirect_uris: [\"\(uri)\"]}\nservers: {}\n").map(\.code) == codes)
  }

  @Test(
    "InventoryReference#Values: auth and its block must match",
    arguments: [
      ("auth: none, oauth2: {}", [.invalidValue]), ("api_key: {header: A, value: {env: B}}", [.invalidValue]),
      ("auth: api_key, custom_headers: {A: b}", [.missingKey, .invalidValue]), ("auth: oauth", [.invalidValue]),
      ("auth: custom_headers, custom_headers: {A: b}", []), ("auth: oauth2, oauth2: {}", []),
    ] as [(String, [DiagnosticCode])])
  func blocks(_ keys: String, _ codes: [DiagnosticCode]) {
    let text = "version: 1\n" + clientBlock + "servers:\n  a: {url: https://a.example.com, \(keys)}\n"
    #expect(diagnostics(text).map(\.code) == codes)
  }

  @Test("InventoryReference#Values: an empty file has missing keys; a root that is not a mapping is an invalid value")
  func roots() {
    #expect(diagnostics("").map(shown) == ["1:1 missing-key"])
    #expect(diagnostics("# nothing\n").map(shown) == ["1:1 missing-key"])
    #expect(diagnostics("- a\n").map(shown) == ["1:1 invalid-value"])
    #expect(diagnostics("version: 1\n\tservers: {}\n").map(shown) == ["2:1 yaml-syntax"])
    #expect(diagnostics("a: " + String(repeating: "[", count: 80)).map(\.code) == [.inventoryTooLarge])
  }
}
