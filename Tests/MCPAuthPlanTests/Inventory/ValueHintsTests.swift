import MCPAuthCore
import MCPAuthPlan
import Testing

/// The help texts for values with a common mistake.
@Suite struct ValueHintsTests {
  /// The first line of help of the only diagnostic.
  private func help(_ text: String) -> String? {
    let found = diagnostics(text)
    return found.count == 1 ? found[0].help.first : "\(found.count) diagnostics"
  }

  @Test(
    "InventoryReference#Values: a URL without a scheme, or with http: the help has the URL to write",
    arguments: [
      ("linear.app/mcp", "write https://linear.app/mcp"), ("//linear.app/mcp", "write https://linear.app/mcp"),
      ("linear.app:8443/mcp", "write https://linear.app:8443/mcp"),
      ("localhost:8080/mcp", "write http://localhost:8080/mcp"),
      ("http://linear.app/mcp", "write https://linear.app/mcp if the server supports it"),
      ("http://me:word@linear.app/mcp", nil), ("linear.app/mcp?key=1", nil), ("${HOST:-a.b}/mcp", nil), ("/mcp", nil),
      ("http://linear.app/mcp?token=abc", "write https:// if the server supports it"),
    ] as [(String, String?)])
  func urls(_ written: String, _ expected: String?) {
    #expect(help("version: 1\nservers:\n  a: {url: \"\(written)\", auth: none}\n") == expected)
  }

  @Test(
    "InventoryReference#Values: a value of a closed list: the nearest value is suggested",
    arguments: [
      ("auth: bearer", "api_key"), ("auth: oauth", "oauth2"), ("auth: apikey", "api_key"),
      ("auth: headers", "custom_headers"),
      ("auth: none, transport: http", "streamable_http"), ("auth: none, transport: streamable-http", "streamable_http"),
      ("oauth2: {token_endpoint_auth_method: basic}", "client_secret_basic"),
      ("oauth2: {token_endpoint_auth_method: post}", "client_secret_post"),
      ("oauth2: {registration: dynamic}", "dcr"),
    ])
  func choices(_ keys: String, _ meant: String) {
    let text = "version: 1\n" + clientBlock + "servers:\n  a: {url: https://a.example.com, \(keys)}\n"
    #expect(help(text) == "did you mean '\(meant)'?")
  }

  @Test(
    "InventoryReference#Values: a list where text is due, and the other way round: the help repeats the value in quotes",
    arguments: [
      (
        "redirect_uris: https://app.example.com/{server}/cb",
        "write redirect_uris: [\"https://app.example.com/{server}/cb\"]"
      ),
      ("redirect_uris: {a: b}", "write redirect_uris: [one, another]"),
      ("client_name: [Acme]", "write client_name: \"Acme\""), ("client_name: [A, B]", nil),
      ("client_name: 1.10", "put quotes around it: \"1.10\""), ("client_id: true", "put quotes around it: \"true\""),
      ("renew_before: 14", "write renew_before: 14d for days"),
      ("renew_before: soon", "write a duration like 7d or 24h"),
    ] as [(String, String?)])
  func kinds(_ written: String, _ expected: String?) {
    let trio = "authorization_endpoint: https://a.example/a\ntoken_endpoint: https://a.example/t\n"
    let block = written.hasPrefix("client_id") ? trio + written : written
    #expect(help(server(block)) == expected)
  }

  @Test("InventoryReference#Values: scopes in one text are separated by spaces, and a comma is refused")
  func commas() throws {
    #expect(help(server("scopes: \"read,write\"")) == "write scopes: [\"read\", \"write\"]")
    #expect(help(server("scopes: read, write")) == "write scopes: [\"read\", \"write\"]")
    #expect(try inventory(server("scopes: [\"a,b\"]")).servers.first?.mode.oauth2?.scopes == ["a,b"])
  }

  @Test(
    "InventoryReference#Mistakes: a misspelled key is the only message: that the right key is missing follows from it",
    arguments: [
      (
        "client: {name: A, redirect_uri: https://a.example/cb}\nservers:\n  a: {url: https://a.example/mcp}",
        "redirect_uris"
      ),
      (
        "client: {nam: A, redirect_uris: [\"https://a.example/cb\"]}\nservers:\n  a: {url: https://a.example/mcp}",
        "name"
      ),
      ("servers:\n  a: {urll: https://a.example/mcp, auth: none}", "url"),
      ("servers:\n  a: {url: https://a.example/mcp, auth: none, oauth: {scopes: [a]}}", "oauth2"),
      ("servers:\n  a: {url: https://a.example/mcp, auth: none, headers: {A: b}}", "custom_headers"),
    ])
  func misspelled(_ text: String, _ key: String) {
    let found = diagnostics("version: 1\n" + text + "\n")
    #expect(found.map(\.code) == [.unknownKey])
    #expect(found.first?.help == ["did you mean '\(key)'?"])
  }

  @Test(
    "InventoryReference#Mistakes: after a syntax error the other mistakes are reported too, and no consequence of it")
  func syntaxAndMore() {
    let found = diagnostics(
      """
      version: 1
      client:
        name "Acme"
        redirect_uris: ["https://acme.dev/{server}/cb"]
      servers:
        a:
          url: https://a.example.com/mcp
          auth:none
          enabled: yes
        b: {url: "https://b.example.com/mcp"
        c:
          url: http://c.example.com/mcp

      """)
    #expect(
      found.map(shown) == [
        "3:7 yaml-syntax", "8:9 yaml-syntax", "9:14 invalid-value", "10:39 yaml-syntax", "12:10 insecure-url",
      ])
  }

  @Test(
    "InventoryReference#Servers: servers as a list: the help has the name of the first, and their mistakes are reported",
    arguments: [
      "- name: linear\n    url: http://a.example/mcp\n    auth: none",
      "- linear: {url: \"http://a.example/mcp\", auth: none}",
    ])
  func list(_ servers: String) {
    let found = diagnostics("version: 1\nservers:\n  " + servers + "\n")
    #expect(found.map(\.code) == [.invalidValue, .insecureURL])
    #expect(found.first?.help == ["write each server under its name, without '-': servers: {linear: {url: https://…}}"])
  }

  @Test(
    "InventoryReference#Secret-references: another word for env or file is an unknown key, unless its value could be a secret",
    arguments: [
      ("{environment: LINEAR_SECRET}", "unknown-key", "did you mean 'env'?"),
      ("{env_var: A}", "unknown-key", "did you mean 'env'?"),
      ("{path: ./secret.txt}", "unknown-key", "did you mean 'file'?"),
      ("{environment: hunter2}", "inline-secret", nil), ("{path: hunter2}", "inline-secret", nil),
      ("{store: github}", "unknown-key", "did you mean 'stored'?"),
    ] as [(String, String, String?)])
  func references(_ reference: String, _ code: String, _ expected: String?) {
    let found = diagnostics(server("registration: preregistered\nclient_id: a\nclient_secret: \(reference)"))
    #expect(found.map(\.code.rawValue) == [code])
    if let expected { #expect(found.first?.help == [expected]) }
  }

  @Test("InventoryReference#Secret-references: a help text repeats no value that could be a secret")
  func secrets() {
    for text in [
      server(
        "client_id: a\nauthorization_endpoint: https://a.example/a\ntoken_endpoint: https://a.example/t\nclient_secret: {env: 12345678}"
      ),
      "version: 1\nsecrets: {store: age, recipients: AGE-SECRET-KEY-12345678}\nservers: {}\n",
    ] {
      let found = diagnostics(text)
      #expect(!found.isEmpty)
      #expect(!found.compactMap(\.help).contains { $0.contains("12345678") })
    }
  }
}
