import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

@Suite("InventoryReference#Network: proxies from the environment")
struct ProxyRulesTests {
  private func proxy(_ environment: [String: String], _ url: String = "https://a.example/") throws -> Proxy? {
    try ProxyRules(environment).proxy(for: CheckedURL(url, plaintext: .loopback))
  }

  @Test("no proxy is set: direct connections", arguments: [[:], ["HTTPS_PROXY": ""], ["HTTP_PROXY": "http://p:1"]])
  func none(environment: [String: String]) throws {
    #expect(try proxy(environment) == nil)
  }

  @Test("the scheme of the URL selects the variable")
  func byScheme() throws {
    let environment = ["HTTPS_PROXY": "http://secure:1", "HTTP_PROXY": "http://plain:2"]
    #expect(try proxy(environment)?.host == "secure")
    #expect(try proxy(environment, "http://localhost/")?.host == "plain")
  }

  @Test("the lower-case variable comes first; an empty one does not count")
  func lowerCase() throws {
    #expect(try proxy(["HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"])?.host == "lower")
    #expect(try proxy(["HTTPS_PROXY": "http://upper:1", "https_proxy": ""])?.host == "upper")
  }

  @Test(
    "forms of a proxy URL",
    arguments: [
      ("http://proxy.example:3128", "proxy.example", 3128, nil, nil),
      ("HTTP://proxy.example", "proxy.example", 80, nil, nil),
      ("proxy.example:3128/", "proxy.example", 3128, nil, nil),
      ("http://u:p@10.0.0.1:8080", "10.0.0.1", 8080, "u", "p"),
      ("http://us%40er:p%3A%C3%BC@proxy:1", "proxy", 1, "us@er", "p:ü"),
      ("http://u:p@ss@proxy:1", "proxy", 1, "u", "p@ss"), ("http://u@proxy:1", "proxy", 1, "u", ""),
      ("http://[::1]:3128", "::1", 3128, nil, nil),
    ] as [(String, String, Int, String?, String?)])
  func forms(text: String, host: String, port: Int, user: String?, password: String?) throws {
    let proxy = try #require(try proxy(["HTTPS_PROXY": text]))
    #expect(proxy.host == host)
    #expect(proxy.port == port)
    #expect(proxy.user == user)
    #expect(proxy.password == password)
  }

  @Test(
    "text that is not a proxy URL is invalid-value, and no part of it is printed",
    arguments: [
      "https://u:hunter2@proxy:1", "socks5://hunter2@proxy", "http://", "http://hunter2:x", "http://a:70000/hunter2",
      "http://hunter2 b:1", "http://hunter2%zz@a:1", "http://[hunter2:1",
    ])
  func invalid(text: String) throws {
    let error = try #require(throws: Diagnostic.self) { try ProxyRules(["https_proxy": text]) }
    #expect(error.code == .invalidValue)
    #expect(error.message.hasPrefix("https_proxy "))
    #expect(!"\(error)".contains("hunter2"))
  }

  @Test(
    "NO_PROXY: names with all their subdomains, networks, addresses, ports, everything",
    arguments: [
      ("a.example", "https://a.example/", true), ("a.example", "https://x.a.example/", true),
      (".a.example", "https://a.example/", true), ("*.a.example", "https://x.a.example/", true),
      ("A.Example.", "https://a.example/", true), ("a.example", "https://xa.example/", false),
      ("a.example", "https://a.example.evil/", false), ("b, a.example", "https://a.example/", true),
      ("b a.example", "https://a.example/", true), ("*", "https://a.example/", true), ("", "https://a.example/", false),
      (",,", "https://a.example/", false), ("a.example:443", "https://a.example/", true),
      ("a.example:8443", "https://a.example/", false), ("a.example:8443", "https://a.example:8443/", true),
      ("10.0.0.0/8", "https://10.1.2.3/", true), ("10.0.0.0/8", "https://11.1.2.3/", false),
      ("10.1.2.3", "https://10.1.2.3/", true), ("10.1.2.3:443", "https://10.1.2.3/", true),
      ("10.1.2.3:444", "https://10.1.2.3/", false), ("fd00::/8", "https://[fd00::1]/", true),
      ("::1", "https://[::1]/", true), ("[::1]", "https://[::1]/", true), ("[::1]:443", "https://[::1]/", true),
      ("[::1]:1", "https://[::1]/", false), ("127.0.0.1", "https://127.1/", true),
      ("10.0.0.0/99", "https://10.0.0.1/", false),
    ])
  func noProxy(list: String, url: String, isDirect: Bool) throws {
    #expect((try proxy(["HTTPS_PROXY": "http://p:1", "NO_PROXY": list], url) == nil) == isDirect)
    #expect((try proxy(["https_proxy": "http://p:1", "no_proxy": list], url) == nil) == isDirect)
  }

  @Test("as with curl, loopback goes through the proxy unless NO_PROXY contains it")
  func loopback() throws {
    #expect(try proxy(["HTTP_PROXY": "http://p:1"], "http://127.0.0.1/") != nil)
    #expect(try proxy(["HTTP_PROXY": "http://p:1", "NO_PROXY": "127.0.0.0/8"], "http://127.0.0.1/") == nil)
  }
}
