import MCPAuth
import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

@Suite("The live transport follows the contract of the port", .timeLimit(.minutes(1)))
struct HTTPTransportTests {
  @Test("only Host, User-Agent and framing are added; the request target is sent byte for byte")
  func requestOnTheWire() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let url = try loopbackURL(server, "/a%2Fb//c/../{d}?x=%7e|y&z=[1]")
      let answer = try await withTransport {
        try await $0.send(
          HTTPRequest(
            .post, url,
            fields: [HTTPField("Accept", "application/json"), HTTPField("Content-Type", "application/json")],
            body: Array("{\"a\":1}".utf8), provenance: .inventory))
      }
      #expect(answer.status == 200)
      let request = try #require(server.seen.requests.first)
      let head = request.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
      let lines = head[0].split(separator: "\r\n")
      #expect(lines.first == "POST /a%2Fb//c/../{d}?x=%7e|y&z=[1] HTTP/1.1")
      #expect(
        Set(lines.dropFirst()) == [
          "Host: 127.0.0.1:\(server.port)", "User-Agent: mcpauth/1.2.3", "Accept: application/json",
          "Content-Type: application/json", "Content-Length: 7",
        ])
      #expect(head[1] == "{\"a\":1}")
    }
  }

  @Test("a request's own User-Agent is kept; its own framing is not")
  func ownFields() async throws {
    try await withServer(answering: [ok("")]) { server in
      let url = try loopbackURL(server, "")
      let fields = [
        HTTPField("user-agent", "probe"), HTTPField("Content-Length", "99"), HTTPField("Transfer-Encoding", "chunked"),
        HTTPField("Host", "elsewhere"), HTTPField("mcpauth-send-permit", "1"),
      ]
      _ = try await withTransport { try await $0.send(HTTPRequest(.get, url, fields: fields, provenance: .inventory)) }
      let lines = try #require(server.seen.requests.first).split(separator: "\r\n")
      #expect(lines.first == "GET / HTTP/1.1")
      #expect(Set(lines.dropFirst()) == ["Host: 127.0.0.1:\(server.port)", "user-agent: probe"])
    }
  }

  @Test("a field that would break the message is refused, and nothing is sent", arguments: ["a\r\nb: c", "a\u{0}"])
  func injectedField(value: String) async throws {
    try await withServer(answering: [ok("")]) { server in
      let request = HTTPRequest(
        .get, try loopbackURL(server), fields: [HTTPField("X", value)], provenance: .inventory)
      let failure = try await withTransport { await $0.failure(of: request) }
      #expect(failure == .notSent(reason: "the request cannot be sent as it is"))
      #expect(server.seen.bytes == 0)
    }
  }

  @Test("order and duplicates of the answer's fields are kept")
  func fields() async throws {
    let head =
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer a=1\r\nX: 1\r\nwww-authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
    try await withServer(answering: [.write(head)]) { server in
      let url = try loopbackURL(server)
      let answer = try await withTransport { try await $0.send(HTTPRequest(.get, url, provenance: .inventory)) }
      #expect(answer.status == 401)
      #expect(
        answer.fields == [
          HTTPField("WWW-Authenticate", "Bearer a=1"), HTTPField("X", "1"), HTTPField("www-authenticate", "Basic"),
          HTTPField("Content-Length", "0"),
        ])
    }
  }

  @Test(
    "answers in every form are read",
    arguments: [
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nbody",
      "HTTP/1.0 200 OK\r\n\r\nbody",
      "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\nbody",
    ])
  func answerForms(text: String) async throws {
    try await withServer(answering: [.write(text), .close]) { server in
      let url = try loopbackURL(server)
      let answer = try await withTransport { try await $0.send(HTTPRequest(.get, url, provenance: .inventory)) }
      #expect(answer.status == 200)
      #expect(answer.body == Array("body".utf8))
    }
  }

  @Test("Discovery#Redirects: no redirect is followed", arguments: [HTTPRequest.Method.get, .post])
  func redirect(method: HTTPRequest.Method) async throws {
    let head = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    try await withServer(answering: [.write(head)]) { server in
      let url = try loopbackURL(server)
      let answer = try await withTransport { try await $0.send(HTTPRequest(method, url, provenance: .inventory)) }
      #expect(answer.status == 302)
      #expect(answer.value(of: "Location") == "/elsewhere")
      #expect(server.seen.requests.count == 1)
    }
  }

  @Test("a compressed body is returned as received, without decompression")
  func noDecompression() async throws {
    try await withServer(answering: [ok("not gzip", fields: "Content-Encoding: gzip\r\n")]) { server in
      let url = try loopbackURL(server)
      let answer = try await withTransport { try await $0.send(HTTPRequest(.get, url, provenance: .inventory)) }
      #expect(answer.body == Array("not gzip".utf8))
    }
  }

  @Test(
    "Discovery#Limits: a body over the limit is too large, by Content-Length or by its bytes",
    arguments: [
      [RawServer.Step.write("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")],
      [.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), .writeForever("10\r\n0123456789abcdef\r\n")],
      [.write("HTTP/1.0 200 OK\r\n\r\n"), .writeForever("0123456789abcdef")],
      [.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"), .writeForever("0123456789abcdef")],
    ])
  func tooLarge(steps: [RawServer.Step]) async throws {
    try await withServer(answering: steps) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory, bodyLimit: 100)
      try await withTransport { transport in
        let failure = await transport.failure(of: request)
        #expect(failure?.mayHaveArrived == true)
        if case .connectionLost = failure {
          // A length that is not a number is not HTTP.
        } else {
          #expect(failure == .tooLarge(limit: 100))
        }
        #expect(await eventually { server.seen.closedConnections == 1 })
      }
    }
  }

  @Test("a body of exactly the limit is accepted")
  func atTheLimit() async throws {
    try await withServer(answering: [ok(String(repeating: "x", count: 100))]) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory, bodyLimit: 100)
      let answer = try await withTransport { try await $0.send(request) }
      #expect(answer.body.count == 100)
    }
  }

  @Test(
    "Discovery#Probe: if the body is not needed, the transport does not wait for it, and closes the connection",
    arguments: [HTTPRequest.Method.get, .post])
  func endlessStream(method: HTTPRequest.Method) async throws {
    let steps: [RawServer.Step] = [
      .write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
      .write("5\r\n: hi\n\r\n"),
    ]
    try await withServer(answering: steps) { server in
      let request = HTTPRequest(method, try loopbackURL(server), provenance: .inventory, wantsBody: false)
      try await withTransport { transport in
        let answer = try await transport.send(request)
        #expect(answer.status == 200)
        #expect(answer.contentType == "text/event-stream")
        #expect(answer.body.isEmpty)
        #expect(await eventually { server.seen.closedConnections == 1 })
      }
    }
  }

  @Test("GETs without credentials share a connection")
  func reuse() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory)
      try await withTransport {
        // A connection is free again a moment after its answer was returned, so that the next request may still open another one.
        for count in 1...50 where server.seen.connections == server.seen.requests.count {
          _ = try await $0.send(request)
          #expect(server.seen.requests.count == count)
        }
      }
      #expect(server.seen.connections < server.seen.requests.count)
    }
  }

  @Test("Discovery#Addresses: inventory and discovered URLs do not share connections, nor do different allowances")
  func notShared() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      var request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory)
      try await withTransport {
        _ = try await $0.send(request)
        request.provenance = .discovered
        request.allowance.loopback = true
        _ = try await $0.send(request)
        request.allowance.hosts = ["127.0.0.1"]
        _ = try await $0.send(request)
      }
      #expect(server.seen.connections == 3)
    }
  }

  @Test("a transport after its shutdown sends nothing")
  func shutDown() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let transport = try HTTPTransport(HTTPSettings(userAgent: "mcpauth/1"))
      await transport.shutdown()
      let failure = await transport.failure(of: HTTPRequest(.get, try loopbackURL(server), provenance: .inventory))
      #expect(failure == .notSent(reason: "the transport was shut down"))
      #expect(server.seen.connections == 0)
    }
  }
}
