import Foundation
import MCPAuthCore
import Testing

@Suite struct RedirectURICheckTests {
  typealias World = RegistrationWorld

  func check(_ endpoint: String, scopes: [String] = [], resource: String? = nil) throws -> RedirectURICheck {
    try RedirectURICheck(
      authorizationEndpoint: endpoint, clientID: "a&b=c", redirectURI: "https://app.example/cb?x=1&y=2", scopes: scopes,
      resource: resource, nonce: "n0nce", trust: .remote)
  }

  func query(_ request: HTTPRequest) -> [String: String] {
    let items = URLComponents(string: request.url.text)?.queryItems ?? []
    return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
  }

  @Test("RFC 6749 3.1: the endpoint's own query is kept; the parameters are added, form-encoded")
  func request() throws {
    let request = try check(
      "https://as.example/authorize?tenant=t%20x", scopes: ["read", "write"], resource: "https://a.example/mcp"
    ).request()
    #expect(request.method == .get && request.body == nil && request.field("authorization") == nil)
    #expect(
      request.url.text.hasPrefix("https://as.example/authorize?tenant=t%20x&response_type=code&client_id=a%26b%3Dc&"))
    let query = query(request)
    #expect(query["redirect_uri"] == "https://app.example/cb?x=1&y=2")
    #expect(query["scope"] == "read write" && query["resource"] == "https://a.example/mcp")
    #expect(query["code_challenge"]?.utf8.count == 43 && query["code_challenge_method"] == "S256")
    #expect(query["state"]?.hasSuffix("n0nce") == true)
  }

  @Test("an endpoint without path or query; no scope and no resource if there are none")
  func bare() throws {
    let request = try check("https://as.example").request()
    #expect(request.url.text.hasPrefix("https://as.example/?response_type=code&"))
    #expect(query(request)["scope"] == nil && query(request)["resource"] == nil)
  }

  @Test(
    "RealServers#40: 302 or 200 is good, 4xx is bad; an answer that does not mention the redirect URI is neither",
    arguments: [
      (200, "accepted"), (302, "accepted"), (303, "accepted"), (400, "refused"), (404, "refused"), (422, "refused"),
      (401, "untold"), (403, "untold"), (405, "untold"), (429, "untold"), (500, "untold"), (503, "untold"),
    ])
  func verdicts(status: Int, expected: String) throws {
    let verdict = try check("https://as.example/a").interpret(World.text(status, "<p>no such redirect</p>\u{1B}[31m"))
    switch verdict {
    case .accepted: #expect(expected == "accepted")
    case .refused(let why):
      #expect(expected == "refused")
      #expect(why.contains("no such redirect") && !why.contains("\u{1B}"))
    case .cannotTell(let why): #expect(expected == "untold" && why.contains("\(status)"))
    }
  }

  @Test("Discovery#Requests: an endpoint that is not a URL, or not https, gets no request")
  func refused() {
    #expect(throws: Diagnostic.self) { try check("http://as.example/authorize") }
    #expect(throws: Diagnostic.self) { try check("not a url") }
  }
}
