import MCPAuthSandbox
import Testing

@Suite struct HostileAnswerTests {
  @Test("missing and incomplete answers")
  func manners() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let answers: [(String, SandboxAnswer, TestClient.Failure)] = [
        ("/drop", .drop, .closed), ("/early", .dropEarly, .closed), ("/reset", .reset, .reset),
        ("/hang", .hang, .timeout),
        ("/half", .half, .cut),
      ]
      for (path, answer, failure) in answers {
        sandbox.answer("POST", path, with: answer)
        let outcome = await RegistrationTests.outcome {
          try await TestClient.send("POST", sandbox.origin + path, body: "x", seconds: failure == .timeout ? 1 : 20)
        }
        #expect(outcome == .failure(failure), "\(path)")
      }
      // A request is recorded when its answer ends, which for one without an answer may be after the next request.
      let recorded = sandbox.requests().map { "\($0.path) \($0.status) \($0.body)" }.sorted()
      #expect(recorded == ["/drop 0 x", "/early 0 ", "/half 200 x", "/hang 0 x", "/reset 0 x"])
    }
  }

  @Test("an endless body continues until the client closes the connection")
  func endless() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["event-stream"])) { sandbox in
      sandbox.answer("GET", "/endless", with: .endless)
      let answer = try await TestClient.send("GET", sandbox.origin + "/endless", limit: 3 << 20)
      #expect(answer.status == 200)
      #expect(answer.body.utf8.count > 2 << 20)
      let stream = try await TestClient.send("GET", sandbox.url("event-stream"), limit: 300)
      #expect(stream.values("Content-Type") == ["text/event-stream"])
      #expect(stream.body.contains(": ping\n\n"))
    }
  }

  @Test("an answer with its own Date has only this one")
  func date() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let own = "Wed, 01 Jan 2020 00:00:00 GMT"
      sandbox.answer("GET", "/old", with: SandboxAnswer(fields: [.init("date", own)], body: .text("x")))
      #expect(try await TestClient.send("GET", sandbox.origin + "/old").values("Date") == [own])
      sandbox.answer("GET", "/now", with: .text(200, "x"))
      let now = try await TestClient.send("GET", sandbox.origin + "/now")
      #expect(now.values("Date").count == 1 && now.values("Date") != [own])
      #expect(now.values("Sandbox-Date").isEmpty)
    }
  }

  @Test("a raw server can send any bytes")
  func raw() async throws {
    let server = try await RawServer.start { number in
      switch number {
      case 0: [.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
      case 1: [.readRequest, .send("HTTP/1.1 20")]
      case 2: [.reset]
      case 3: [.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
      case 4: [.readHead, .hang]
      default:
        [
          .readHead, .send("HTTP/1.1 200 OK\r\n"), .sendRepeatedly("X-Field: x\r\n", times: 1000, pause: .zero),
          .send("\r\n"),
        ]
      }
    }
    func outcome(seconds: Int = 20) async -> Result<Int, TestClient.Failure> {
      await RegistrationTests.outcome {
        try await TestClient.send("POST", server.origin + "/path", body: "body", seconds: seconds)
      }
    }
    #expect(await outcome() == .success(200))
    #expect(await outcome() == .failure(.closed))
    #expect(await outcome() == .failure(.reset))
    #expect(await outcome() == .failure(.notHTTP))
    #expect(await outcome(seconds: 1) == .failure(.timeout))
    #expect(await outcome() == .success(200))
    let received = server.received()
    #expect(received.count == 6)
    #expect(received[1].hasPrefix("POST /path HTTP/1.1\r\n") && received[1].hasSuffix("\r\n\r\nbody"))
    await server.stop()
    #expect(await outcome() == .failure(.notConnected))
  }
}
