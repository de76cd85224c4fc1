import MCPAuth
import MCPAuthCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import MCPAuthHTTP

@Suite("HTTP/2, where ALPN agrees on it", .timeLimit(.minutes(1)))
struct HTTP2Tests {
  private func withHTTP2Server<Result>(
    _ answer: HTTP2Server.Answer, protocols: [String] = ["h2"],
    _ body: (HTTP2Server, HTTPTransport) async throws -> Result
  ) async throws -> Result {
    let authority = try TestAuthority()
    let server = try await HTTP2Server(
      tls: authority.server(names: "DNS:localhost", protocols: protocols), answer: answer)
    let settings = HTTPSettings(userAgent: "mcpauth/1", certificateAuthorities: authority.certificate)
    let result: Result
    do {
      result = try await withTransport(settings) { try await body(server, $0) }
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
    return result
  }

  private func request(
    _ server: HTTP2Server, _ method: HTTPRequest.Method = .get, timeout: Int = 10
  ) throws -> HTTPRequest {
    HTTPRequest(
      method, try CheckedURL("https://localhost:\(server.port)/a%2Fb/{c}?q=%7e", plaintext: .refused),
      fields: [HTTPField("Accept", "application/json")], provenance: .inventory, timeout: timeout)
  }

  @Test("documents of one host come over one connection; nothing is added, the target stays byte for byte")
  func exchange() async throws {
    try await withHTTP2Server(.body("{}")) { server, transport in
      let request = try request(server)
      for _ in 0..<3 {
        let answer = try await transport.send(request)
        #expect(answer.status == 200)
        #expect(answer.body == Array("{}".utf8))
      }
      #expect(server.connections == 1)
      let head = try #require(server.heads.first)
      #expect(head.uri == "/a%2Fb/{c}?q=%7e")
      #expect(
        Set(head.headers.map { "\($0.name.lowercased()): \($0.value)" }) == [
          "host: localhost:\(server.port)", "user-agent: mcpauth/1", "accept: application/json",
        ])
    }
  }

  @Test("a stream that is reset: the request may have arrived")
  func reset() async throws {
    try await withHTTP2Server(.reset) { server, transport in
      let failure = await transport.failure(of: try request(server))
      #expect(failure?.mayHaveArrived == true)
      #expect(server.heads.count == 1)
    }
  }

  @Test("a stream that stays silent: timeout, sent")
  func silent() async throws {
    try await withHTTP2Server(.nothing) { server, transport in
      let failure = await transport.failure(of: try request(server, timeout: 3))
      #expect(failure == .timeout(seconds: 3, sent: true))
    }
  }

  @Test("the size of a body is limited here too")
  func tooLarge() async throws {
    try await withHTTP2Server(.body(String(repeating: "x", count: 200_000))) { server, transport in
      var request = try request(server)
      request.bodyLimit = 100_000
      #expect(await transport.failure(of: request) == .tooLarge(limit: 100_000))
    }
  }

  @Test("a POST offers HTTP/1.1 only: a server that speaks nothing else gets nothing")
  func postIsHTTP1() async throws {
    try await withHTTP2Server(.body("{}")) { server, transport in
      let failure = await transport.failure(of: try request(server, .post, timeout: 2))
      #expect(failure != nil)
      #expect(server.heads.isEmpty)
    }
  }
}
