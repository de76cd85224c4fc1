import MCPAuth
import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

@Suite("Requests through a proxy", .timeLimit(.minutes(1)))
struct ProxiedTransportTests {
  /// A proxy that also acts as the server at the end of the tunnel.
  private static let tunnel: RawServer.Script = { request, _ in
    request.hasPrefix("CONNECT ") ? [.write("HTTP/1.1 200 Connection established\r\n\r\n")] : [ok("{}")]
  }

  private func settings(_ proxy: RawServer, credentials: String = "") -> HTTPSettings {
    HTTPSettings(
      userAgent: "mcpauth/1", environment: ["HTTP_PROXY": "http://\(credentials)127.0.0.1:\(proxy.port)"])
  }

  private func request(_ url: String, _ provenance: HTTPRequest.Provenance = .inventory) throws -> HTTPRequest {
    HTTPRequest(.post, try CheckedURL(url, plaintext: .loopback), body: Array("{}".utf8), provenance: provenance)
  }

  @Test("a tunnel is requested, with the credentials of the proxy's URL, which the server never gets")
  func tunnelled() async throws {
    try await withServer(script: Self.tunnel) { proxy in
      let request = try request("http://localhost:9/x")
      let answer = try await withTransport(settings(proxy, credentials: "user:pass@")) { try await $0.send(request) }
      #expect(answer.status == 200)
      #expect(proxy.seen.requests.count == 2)
      let connect = try #require(proxy.seen.requests.first)
      #expect(connect.hasPrefix("CONNECT localhost:9 HTTP/1.1\r\n"))
      #expect(connect.lowercased().contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"))
      let inner = try #require(proxy.seen.requests.last)
      #expect(inner.hasPrefix("POST /x HTTP/1.1\r\n"))
      #expect(!inner.lowercased().contains("proxy-"))
    }
  }

  @Test("Discovery#Requests: through a proxy, literals are still refused")
  func literal() async throws {
    try await withServer(script: Self.tunnel) { proxy in
      let request = try request("http://127.0.0.1:9/", .discovered)
      let failure = try await withTransport(settings(proxy)) { await $0.failure(of: request) }
      #expect(failure == .addressBlocked(reason: "it leads to 127.0.0.1, a loopback address"))
      #expect(proxy.seen.connections == 0)
    }
  }

  @Test("Discovery#Requests: through a proxy, names are checked by the proxy")
  func name() async throws {
    try await withServer(answering: [.close]) { proxy in
      var settings = settings(proxy)
      settings.environment["HTTPS_PROXY"] = settings.environment["HTTP_PROXY"]
      let request = try request("https://auth.example/", .discovered)
      _ = try await withTransport(settings) { await $0.failure(of: request) }
      #expect(proxy.seen.requests.first?.hasPrefix("CONNECT auth.example:443 ") == true)
    }
  }

  @Test(
    "Discovery#Addresses: through a proxy, names of the proxy's own machine are refused, in every notation",
    arguments: ["localhost", "LOCALHOST.", "a.localhost", "a.localhost.", "ip6-localhost", "127.0.0.1.", "0x7f.1."])
  func localName(host: String) async throws {
    try await withServer(answering: [.write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")]) { proxy in
      var settings = settings(proxy)
      settings.environment["HTTPS_PROXY"] = settings.environment["HTTP_PROXY"]
      var request = try request("https://\(host)/", .discovered)
      guard case .addressBlocked? = try await withTransport(settings, { await $0.failure(of: request) }) else {
        Issue.record("\(host) was asked for")
        return
      }
      #expect(proxy.seen.connections == 0)
      request.allowance.loopback = true
      _ = try await withTransport(settings) { await $0.failure(of: request) }
      #expect(proxy.seen.connections == 1)
    }
  }

  @Test("Discovery#Requests: hosts in NO_PROXY are checked locally")
  func noProxy() async throws {
    try await withServer(script: Self.tunnel) { proxy in
      var settings = settings(proxy)
      settings.environment["NO_PROXY"] = "localhost"
      let request = try request("http://localhost:\(proxy.port)/", .discovered)
      let failure = try await withTransport(settings) { await $0.failure(of: request) }
      guard case .addressBlocked = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
      #expect(proxy.seen.connections == 0)
    }
  }

  @Test(
    "a refused tunnel: nothing was sent",
    arguments: [
      ([.write("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")], " wants a user name and password"),
      ([.write("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")], " refused the connection"),
      ([.close], ", or the server behind it, closed the connection before anything was sent"),
    ] as [([RawServer.Step], String)])
  func refused(steps: [RawServer.Step], reason: String) async throws {
    try await withServer(answering: steps) { proxy in
      let request = try request("http://localhost:9/")
      let failure = try await withTransport(settings(proxy)) { await $0.failure(of: request) }
      #expect(failure == .notSent(reason: "the proxy 127.0.0.1:\(proxy.port)\(reason)"))
      #expect(proxy.seen.requests.count == 1)
    }
  }

  @Test("credentials that the proxy does not accept: no part of them is printed")
  func credentialsRefused() async throws {
    let answer = "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"
    try await withServer(answering: [.write(answer)]) { proxy in
      let request = try request("http://localhost:9/")
      let failure = try await withTransport(settings(proxy, credentials: "user:hunter2@")) {
        await $0.failure(of: request)
      }
      let proxyName = "the proxy 127.0.0.1:\(proxy.port)"
      #expect(failure == .notSent(reason: "\(proxyName) does not accept the user name and password in its URL"))
    }
  }

  @Test("no proxy at the configured address: the message names it, without its password")
  func down() async throws {
    let settings = HTTPSettings(
      userAgent: "mcpauth/1", environment: ["HTTP_PROXY": "http://user:hunter2@[::1]:9", "HTTPS_PROXY": ""])
    let request = try request("http://localhost:9/")
    let failure = try await withTransport(settings) { await $0.failure(of: request) }
    guard case .notSent(let reason) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(reason.hasPrefix("the proxy [::1]:9: "))
    #expect(!reason.contains("hunter2"))
  }

  @Test("a tunnel that ends after the request: the request may have arrived")
  func lost() async throws {
    let script: RawServer.Script = { request, _ in
      request.hasPrefix("CONNECT ") ? [.write("HTTP/1.1 200 OK\r\n\r\n")] : [.close]
    }
    try await withServer(script: script) { proxy in
      let request = try request("http://localhost:9/")
      let failure = try await withTransport(settings(proxy)) { await $0.failure(of: request) }
      #expect(failure == .connectionLost(reason: "the server closed the connection without a whole answer"))
    }
  }
}
