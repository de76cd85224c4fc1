import Testing

@testable import MCPAuthCore

@Suite struct DiscoveryProbeTests {
  typealias World = DiscoveryWorld

  static func probe(_ answers: [World.Answer]) throws -> (
    outcome: DiscoveryProbe.Outcome, World.Transcript, [RequestRecord]
  ) {
    var transcript = World.Transcript(result: World.unfinished)
    var rest = answers[...]
    let probe = DiscoveryProbe(try CheckedURL(World.server, plaintext: .refused))
    let (outcome, records) = World.complete(probe, &transcript) { _ in
      guard let next = rest.popFirst() else {
        Issue.record("asked more often than the test answers")
        return World.status(404)
      }
      return next
    }
    #expect(rest.isEmpty, "asked less often than the test answers")
    return (outcome, transcript, records)
  }

  @Test(
    "Discovery#Probe: server/discover, initialize, tools/list, then GET; it does not wait for a body, and sends no secret"
  )
  func ladder() throws {
    let (outcome, transcript, records) = try Self.probe(Array(repeating: World.status(200), count: 4))
    #expect(transcript.asked == ["POST", "POST", "POST", "GET"])
    let requests = transcript.requests
    let methods = requests.map { $0.jsonBody["method"]?.string }
    #expect(methods == ["server/discover", "initialize", "tools/list", nil])
    #expect(requests.allSatisfy { !$0.wantsBody && $0.provenance == .inventory })
    #expect(requests.allSatisfy { $0.field("Accept") == "application/json, text/event-stream" })
    #expect(requests.allSatisfy { $0.field("Authorization") == nil && $0.field("Cookie") == nil })
    #expect(requests[0].field("MCP-Protocol-Version") == "2026-07-28")
    #expect(requests[0].field("Mcp-Method") == "server/discover")
    #expect(requests[1].field("MCP-Protocol-Version") == nil && requests[1].field("Mcp-Method") == nil)
    #expect(requests[1].jsonBody["params"]?["protocolVersion"] == "2025-11-25")
    #expect(
      requests.prefix(3).allSatisfy {
        $0.field("Content-Type") == "application/json" && $0.jsonBody["jsonrpc"] == "2.0"
      })
    #expect(requests[3].body == nil)
    #expect(records.count == 4)
    guard case .answered(let findings) = outcome else {
      Issue.record("failed")
      return
    }
    #expect(!findings.asksForAuthorization && findings.hasSuccess)
  }

  @Test(
    "Discovery#Probe: the probe stops at the first 401, or 403 with a challenge",
    arguments: [
      Case("401", [World.status(401)]), Case("401 with a challenge", [World.challenge("Bearer")]),
      Case("403 with a challenge", [World.challenge("Bearer", status: 403)]),
      Case("RealServers#36: initialize is open", [World.status(404), World.status(200), World.status(401)]),
      Case("403 without one goes on", [World.status(403), World.status(401)]),
      Case("403 with an empty field goes on", [World.challenge(" ", status: 403), World.status(401)]),
      Case("a failed rung", [World.status(500), .failure(.timeout(seconds: 10, sent: true)), World.status(401)]),
      Case(
        "a redirect",
        [World.redirect("https://mcp.example/login"), World.status(405), World.status(400), World.status(401)]),
    ])
  func stops(row: Case<[World.Answer]>) throws {
    guard case .answered(let findings) = try Self.probe(row.value).outcome else {
      Issue.record("failed")
      return
    }
    #expect(findings.asksForAuthorization)
  }

  @Test("Discovery#Probe: a redirect is an answer without a challenge, even if it has a challenge field")
  func redirect() throws {
    let answer = World.status(302, [HTTPField("Location", "/login"), HTTPField("WWW-Authenticate", "Bearer")])
    let failed = World.status(502)
    let (outcome, transcript, _) = try Self.probe([answer, failed, failed, failed])
    guard case .answered(let findings) = outcome else {
      Issue.record("failed")
      return
    }
    #expect(!findings.asksForAuthorization && !findings.hasSuccess)
    #expect(transcript.requests.allSatisfy { $0.url.text == World.server })
  }

  @Test("Discovery#Probe: unreachable only if no request of the probe got an answer")
  func unreachable() throws {
    let failures: [World.Answer] = [
      .failure(.notSent(reason: "refused")), World.status(503), .failure(.timeout(seconds: 10, sent: true)),
      .failure(.connectionLost(reason: "reset")),
    ]
    guard case .failed(let diagnostic, _) = try Self.probe(failures).outcome else {
      Issue.record("answered")
      return
    }
    #expect(diagnostic.code == .unreachable)
    guard case .answered = try Self.probe(failures.dropLast() + [World.status(405)]).outcome else {
      Issue.record("405 is an answer")
      return
    }
  }

  @Test("Discovery#Probe: after a 429 the probe waits as a GET does; otherwise rate-limited")
  func rateLimited() throws {
    let limited = World.status(429, [HTTPField("Retry-After", "7")])
    let (outcome, transcript, records) = try Self.probe([limited, limited, World.status(401)])
    guard case .answered(let findings) = outcome else {
      Issue.record("failed")
      return
    }
    #expect(findings.asksForAuthorization)
    #expect(transcript.requests.allSatisfy { $0.jsonBody["method"] == "server/discover" })
    #expect(transcript.waits.map(\.milliseconds) == [7000, 7000])
    #expect(records.map(\.status) == [429, 429, 401])
    guard case .failed(let diagnostic, retryAfter: 7) = try Self.probe([limited, limited, limited]).outcome else {
      Issue.record("not given up")
      return
    }
    #expect(diagnostic.code == .rateLimited)
    guard
      case .failed(_, retryAfter: 3600) = try Self.probe([World.status(429, [HTTPField("Retry-After", "3600")])])
        .outcome
    else {
      Issue.record("waited for an hour")
      return
    }
  }

  @Test("Discovery#Requests: a blocked address ends the probe at once")
  func blocked() throws {
    guard case .failed(let diagnostic, _) = try Self.probe([.failure(.addressBlocked(reason: "x"))]).outcome else {
      Issue.record("answered")
      return
    }
    #expect(diagnostic.code == .addressBlocked)
  }
}
