import Testing

@testable import MCPAuthCore

@Suite struct WellKnownURLTests {
  static let pr = "/.well-known/oauth-protected-resource"

  @Test(
    "Discovery#Candidates, RFC 9728 3.1: path forms first, with the query and without; the root form last",
    arguments: [
      ("https://h", ["\(pr)"]), ("https://h/", ["\(pr)"]), ("https://h/p", ["\(pr)/p", pr]),
      ("https://h/p/", ["\(pr)/p", "\(pr)/p/", pr]), ("https://h/p?q=1", ["\(pr)/p?q=1", "\(pr)/p", pr]),
      ("https://h/p/?q", ["\(pr)/p?q", "\(pr)/p", "\(pr)/p/?q", "\(pr)/p/", pr]), ("https://h?q", ["\(pr)?q", pr]),
      ("https://h/?q", ["\(pr)?q", pr]), ("https://h/p?", ["\(pr)/p", pr]),
      ("https://h/%7Ea//b/../C", ["\(pr)/%7Ea//b/../C", pr]),
    ])
  func resource(url: String, due: [String]) throws {
    let candidates = WellKnownURL.protectedResource(of: try CheckedURL(url, plaintext: .refused))
    #expect(candidates.map(\.url.text) == due.map { "https://h" + $0 })
    #expect(candidates.last?.route == .wellKnownRoot)
    #expect(candidates.dropLast().allSatisfy { $0.route == .wellKnownPath || $0.url.query != nil })
  }

  @Test(
    "Discovery#Authorization-server-metadata, RFC 8414 3.1: an issuer with a path never asks the root",
    arguments: [
      ("https://h", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
      ("https://h/", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
      (
        "https://h/realms/x",
        [
          "/.well-known/oauth-authorization-server/realms/x", "/.well-known/openid-configuration/realms/x",
          "/realms/x/.well-known/openid-configuration",
        ]
      ),
      (
        "https://h/t%2F1/",
        [
          "/.well-known/oauth-authorization-server/t%2F1", "/.well-known/openid-configuration/t%2F1",
          "/t%2F1/.well-known/openid-configuration",
        ]
      ),
    ])
  func issuer(url: String, due: [String]) throws {
    let candidates = WellKnownURL.authorizationServer(of: try CheckedURL(url, plaintext: .refused))
    #expect(candidates.map(\.text) == due.map { "https://h" + $0 })
  }

  @Test(
    "Discovery#Requests: a Location is resolved as text, RFC 3986 5.2",
    arguments: [
      ("https://h/x", "https://h/x"), ("//h/x", "https://h/x"), ("/x?y", "https://h/x?y"), ("x", "https://h/a/x"),
      ("../x", "https://h/x"), ("./", "https://h/a/"), ("../../..", "https://h/"), ("?z", "https://h/a/b?z"),
      ("HTTPS://H:443/%7e", "https://h/%7e"), ("https://h:8443/", "https://h:8443/"), ("x:y", nil), ("http://h/x", nil),
      ("https://other/x", nil), ("//other/x", nil), ("https://h/#f", nil), ("#f", nil), ("https://u@h/", nil),
      ("", nil),
      ("https://h\\@other/", nil), (nil, nil), ("http://127.0.0.1/", nil),
    ] as [(String?, String?)])
  func location(text: String?, due: String?) throws {
    let base = try CheckedURL("https://h/a/b?c", plaintext: .refused)
    #expect((try? base.redirected(to: text, plaintext: .loopback))?.text == due)
  }
}
