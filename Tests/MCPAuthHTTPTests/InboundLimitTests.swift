import MCPAuth
import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

@Suite("Discovery#Limits: a server that never stops writing", .timeLimit(.minutes(1)))
struct InboundLimitTests {
  private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  @Test(
    "every received byte counts, in any part of the answer: the connection is closed long before the timeout",
    arguments: [
      ("", "HTTP/1.1 100 Continue\r\n\r\n"),
      (InboundLimitTests.chunked, "1;" + String(repeating: "x", count: 1000) + "\r\nz\r\n"),
      (InboundLimitTests.chunked + "1;", "x"), (InboundLimitTests.chunked, "1\r\nz\r\n"),
      ("HTTP/1.1 200 OK\r\n", "X: y\r\n"), ("", "\r\n"),
      (InboundLimitTests.chunked + "0\r\n", "X: y\r\n"),
    ])
  func flood(first: String, again: String) async throws {
    let block = String(repeating: again, count: max(1, 16_384 / again.utf8.count))
    try await withServer(answering: [.write(first), .writeForever(block)]) { server in
      let request = HTTPRequest(.post, try loopbackURL(server), provenance: .inventory, timeout: 50)
      try await withTransport { transport in
        let failure = await transport.failure(of: request)
        switch failure {
        case .tooLarge, .connectionLost: break
        default: Issue.record("\(String(describing: failure))")
        }
        #expect(await eventually { server.seen.closedConnections == 1 })
      }
    }
  }

  @Test("a refusal stays definite, whatever the server sends after it")
  func refusal() async throws {
    let head = "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n"
    let block = "1;" + String(repeating: "x", count: 16_000) + "\r\nz\r\n"
    try await withServer(answering: [.write(head), .writeForever(block)]) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory, timeout: 50)
      #expect(try await withTransport { try await $0.send(request).status } == 404)
    }
  }

  @Test("an answer of the maximum size is accepted, also in chunks of eight bytes")
  func smallChunks() async throws {
    let body = String(repeating: "8\r\nabcdefgh\r\n", count: (1 << 20) / 8)
    try await withServer(answering: [.write(Self.chunked + body + "0\r\n\r\n")]) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory, timeout: 300)
      try await withTransport { transport in
        // The limit is per request, on a connection that is kept open.
        for _ in 0..<3 {
          let answer = try await transport.send(request)
          #expect(answer.body.count == 1 << 20)
        }
        #expect(server.seen.connections == 1)
      }
    }
  }
}
