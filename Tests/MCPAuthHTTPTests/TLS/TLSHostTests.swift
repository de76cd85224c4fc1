import MCPAuth
import MCPAuthCore
import NIOSSL
import Testing

@testable import MCPAuthHTTP

@Suite(
  "Discovery#Requests: a certificate must be for the name of the host, not for the address of the connection",
  .timeLimit(.minutes(1)))
struct TLSHostTests {
  private let authority: TestAuthority

  init() throws {
    authority = try TestAuthority()
  }

  private func request(_ url: String, _ method: HTTPRequest.Method = .post) throws -> HTTPRequest {
    HTTPRequest(method, try CheckedURL(url, plaintext: .refused), body: Array("{}".utf8), provenance: .inventory)
  }

  /// Sends a request through a proxy on 127.0.0.1 that answers itself, with this certificate.
  private func tunnelled(_ url: String, names: String, _ method: HTTPRequest.Method = .post) async throws -> (
    failure: HTTPFailure?, requests: [String]
  ) {
    let tls = try authority.server(names: names)
    return try await withServer(script: { request, _ in
      request.hasPrefix("CONNECT ") ? [.write("HTTP/1.1 200 OK\r\n\r\n"), .startTLS(tls)] : [ok("{}")]
    }) { proxy in
      let settings = HTTPSettings(
        userAgent: "mcpauth/1", certificateAuthorities: authority.certificate,
        environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
      let request = try request(url, method)
      return (try await withTransport(settings) { await $0.failure(of: request) }, proxy.seen.requests)
    }
  }

  @Test(
    "a certificate for the proxy's address and other names: refused, and nothing was sent", arguments: ["GET", "POST"])
  func proxyAddress(method: String) async throws {
    let (failure, requests) = try await tunnelled(
      "https://mcp.wrong.test/mcp", names: "DNS:localhost,IP:127.0.0.1,DNS:*.example.test",
      try #require(HTTPRequest.Method(rawValue: method)))
    #expect(
      failure
        == .notSent(
          reason: "the certificate is not for mcp.wrong.test: it names localhost, *.example.test, 127.0.0.1"))
    #expect(requests.map { $0.prefix(8) } == ["CONNECT "])
  }

  @Test(
    "through a proxy, the names and addresses of the URL are checked",
    arguments: [
      ("https://mcp.example.test/", "DNS:*.example.test", true), ("https://192.0.2.7/", "IP:192.0.2.7", true),
      ("https://192.0.2.7/", "IP:127.0.0.1", false), ("https://192.0.2.7/", "DNS:192.0.2.7", false),
      ("https://[2001:db8::7]/", "IP:2001:db8::7", true),
    ])
  func tunnel(url: String, names: String, isTaken: Bool) async throws {
    let (failure, requests) = try await tunnelled(url, names: names)
    #expect((failure == nil) == isTaken, "\(String(describing: failure))")
    #expect(requests.count == (isTaken ? 2 : 1))
  }

  @Test(
    "without a proxy",
    arguments: [
      ("localhost", "DNS:localhost", true), ("localhost", "IP:127.0.0.1", false),
      ("localhost", "DNS:other.example,IP:127.0.0.1", false), ("localhost", nil, false),
      ("127.0.0.1", "IP:127.0.0.1", true), ("127.0.0.1", "DNS:127.0.0.1", false), ("127.0.0.1", "DNS:localhost", false),
    ] as [(String, String?, Bool)])
  func direct(host: String, names: String?, isTaken: Bool) async throws {
    let server = try await RawServer(tls: authority.server(names: names, subject: "/CN=localhost")) { _, _ in [ok("{}")]
    }
    let settings = HTTPSettings(userAgent: "mcpauth/1", certificateAuthorities: authority.certificate)
    for method in [HTTPRequest.Method.get, .post] {
      let request = try request("https://\(host):\(server.port)/", method)
      let failure = try await withTransport(settings) { await $0.failure(of: request) }
      #expect((failure == nil) == isTaken, "\(String(describing: failure))")
      if !isTaken { #expect(failure?.mayHaveArrived == false && server.seen.bytes == 0) }
    }
    await server.stop()
  }

  @Test("HTTP/1.1 is used, also with a server that offers HTTP/2")
  func http1() async throws {
    let tls = try authority.server(names: "DNS:localhost", protocols: ["h2", "http/1.1"])
    let server = try await RawServer(tls: tls) { _, _ in [ok("{}")] }
    let settings = HTTPSettings(userAgent: "mcpauth/1", certificateAuthorities: authority.certificate)
    let request = HTTPRequest(
      .get, try CheckedURL("https://localhost:\(server.port)/", plaintext: .refused), provenance: .inventory)
    #expect(try await withTransport(settings) { await $0.failure(of: request) } == nil)
    #expect(server.seen.requests.first?.hasPrefix("GET / HTTP/1.1\r\n") == true)
    await server.stop()
  }
}
