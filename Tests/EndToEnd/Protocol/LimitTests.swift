import Foundation
import MCPAuthSandbox
import Testing

/// Limits of body size, nesting and time (Discovery#Limits), with servers that exceed them.
@Suite struct LimitTests {
  private static let mebibyte = 1 << 20

  /// The document, padded to this number of bytes.
  private func padded(_ document: String, to count: Int) -> SandboxAnswer {
    SandboxAnswer(
      200, fields: [.init("Content-Type", "application/json")], body: .padded(count - document.utf8.count, document))
  }

  @Test("Discovery#Limits: a body of one mebibyte is read; a body with one byte more is an error", arguments: [0, 1])
  func mebibyte(more: Int) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let document = try await Wire.send("GET", sandbox.metadataURL("challenge")).body
      sandbox.answer(
        "GET", "/.well-known/oauth-protected-resource/challenge/mcp",
        with: padded(document, to: Self.mebibyte + more))
      let it = try await sandbox.apply("challenge")
      #expect(it.code == (more == 0 ? nil : "response-too-large"), "\(it.run.out)")
      #expect(it.registrations == 1 - more)
    }
  }

  @Test(
    "Discovery#Limits: a document that never ends is aborted at the limit, in each step",
    arguments: [
      SandboxEndpoint.resourceMetadata, .oauthMetadata,
    ])
  func endless(endpoint: SandboxEndpoint) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") { $0.faults[endpoint] = SandboxFault(.endless) }
      let it = try await sandbox.apply("challenge")
      #expect(it.code == "response-too-large", "\(it.run.out)")
      #expect(it.requests.filter { $0.endpoint == endpoint }.count == 1)
      #expect(it.registrations == 0)
    }
  }

  @Test("Discovery#Retries: mcpauth never waits for the body of the probe's answer")
  func endlessProbe() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      var challenge = SandboxAnswer.endless
      challenge.status = 401
      challenge.fields.append(
        .init("WWW-Authenticate", "Bearer resource_metadata=\"\(sandbox.metadataURL("challenge"))\""))
      sandbox.answer("POST", "/challenge/mcp", with: challenge)
      let it = try await sandbox.apply("challenge", options: ["--timeout", "60s"])
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.entry["discovered_by"].string == "challenge")
    }
  }

  @Test(
    "Discovery#Limits: JSON with 64 levels is read; JSON with 65 or more levels is invalid",
    arguments: [64, 65, 10_000])
  func depth(levels: Int) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let document = try await Wire.send("GET", sandbox.metadataURL("challenge")).body
      // The object itself is one level.
      let nested = String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1)
      sandbox.answer(
        "GET", "/.well-known/oauth-protected-resource/challenge/mcp",
        with: .text(200, document.dropLast() + ",\"x\":\(nested)}", type: "application/json"))
      let it = try await sandbox.apply("challenge")
      #expect(it.code == (levels == 64 ? nil : "metadata-invalid"), "\(it.run.out)")
    }
  }

  @Test("Discovery#Requests: the limits of size and levels for an authorization server's document")
  func issuerMetadata() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") {
        $0.faults[.oauthMetadata] = SandboxFault(
          SandboxAnswer(200, fields: [.init("Content-Type", "application/json")], body: .padded(2 << 20, "{}")))
      }
      let large = try await sandbox.apply("challenge")
      #expect(large.code == "response-too-large")
      let deep = "{\"issuer\":\"\(sandbox.issuer("challenge"))\",\"x\":" + String(repeating: "[", count: 500)
      sandbox.change("challenge") {
        $0.faults[.oauthMetadata] = SandboxFault(.text(200, deep, type: "application/json"))
      }
      let nested = try await sandbox.apply("challenge")
      #expect(nested.code == "metadata-invalid")
    }
  }

  // MARK: Time

  @Test(
    "Discovery#Limits: --timeout limits the whole discovery of a server; after it, the error is timeout and the lock is unchanged"
  )
  func timeout() async throws {
    try await withServers(SandboxConfiguration(kinds: ["slow"])) { sandbox in
      let place = try Workplace(servers: sandbox.block("slow"))
      let it = try await sandbox.apply("slow", in: place, options: ["--timeout", "1s"])
      #expect(it.code == "timeout", "\(it.run.out)")
      #expect(it.run.exit == 1)
      #expect(it.registrations == 0)
      // Two documents of 1.5 s each: the limit of 2 s is for all requests together.
      let two = try await sandbox.apply("slow", in: place, options: ["--timeout", "2s"])
      #expect(two.code == "timeout", "\(two.run.out)")
      // The answer to a registration, which takes three seconds here, has its own limit.
      let enough = try await sandbox.apply("slow", in: place, options: ["--timeout", "60s"])
      #expect(enough.run.exit == 0, "\(enough.run.out)")
      #expect(enough.registrations == 1)

      let files = try place.snapshot()
      let again = try await sandbox.apply("slow", in: place, options: ["--timeout", "1s", "--refresh"])
      #expect(again.code == "timeout")
      #expect(again.server["action"].string == "blocked")
      #expect(try place.snapshot() == files)
    }
  }

  @Test(
    "Discovery#Limits: a server that hangs in any step ends in time, and delays no other server",
    arguments: [
      SandboxEndpoint.mcp, .resourceMetadata, .oauthMetadata,
    ])
  func hangs(endpoint: SandboxEndpoint) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge", "scoped"])) { sandbox in
      sandbox.change("challenge") { $0.faults[endpoint] = SandboxFault(.hang) }
      let place = try Workplace(servers: sandbox.block("challenge") + "\n" + sandbox.block("scoped"))
      let run = try await place.run("apply", "--format", "json", "--timeout", "10s", "--parallelism", "2")
      #expect(run.exit == 1)
      let servers = try run.json()["servers"]
      #expect(servers[0]["error"]["code"].string == "timeout", "\(run.out)")
      #expect(servers[1]["outcome"].string == "done")
      #expect(try place.entry("scoped")["client_id"].string?.isEmpty == false)
    }
  }

  @Test("Discovery#Retries: a slow body does not extend the time limit")
  func trickle() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") {
        $0.faults[.oauthMetadata] = SandboxFault(
          SandboxAnswer(
            200, fields: [.init("Content-Type", "application/json")], body: .endless(" ", pause: .milliseconds(50))))
      }
      let it = try await sandbox.apply("challenge", options: ["--timeout", "2s"])
      #expect(it.code == "timeout", "\(it.run.out)")
    }
  }

  // MARK: No HTTP

  struct Bytes: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [RawServer.Step]
    var testDescription: String { name }
  }

  static let bytes: [Bytes] = [
    Bytes(name: "no HTTP", steps: [.readRequest, .send("SSH-2.0-OpenSSH_9.2\r\n")]),
    Bytes(name: "nothing", steps: [.readRequest]), Bytes(name: "reset", steps: [.readRequest, .reset]),
    Bytes(name: "half a status line", steps: [.readRequest, .send("HTTP/1.1 20")]),
    Bytes(
      name: "header fields without end",
      steps: [
        .readRequest, .send("HTTP/1.1 200 OK\r\n"),
        .sendRepeatedly("X-A: \(String(repeating: "a", count: 1000))\r\n", times: nil, pause: .zero),
      ]),
    Bytes(
      name: "a length that lies",
      steps: [.readRequest, .send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")]),
    Bytes(
      name: "a chunk that is none",
      steps: [.readRequest, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")]),
  ]

  @Test(
    "Discovery#Requests: an authorization server that does not send HTTP is unreachable",
    arguments: bytes)
  func garbage(row: Bytes) async throws {
    let raw = try await RawServer.start { _ in row.steps }
    do {
      try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
        sandbox.change("challenge") { $0.metadataChanges = ["authorization_servers": [.string(raw.origin)]] }
        let it = try await sandbox.apply("challenge", options: ["--timeout", "60s"])
        #expect(it.run.exit == 1)
        #expect(["unreachable", "response-too-large"].contains(it.code ?? ""), "\(it.run.out)")
        #expect(it.server["outcome"].string == "failed")
      }
    } catch {
      await raw.stop()
      throw error
    }
    await raw.stop()
  }

  @Test("Registration#Unknown-outcomes: a registration without an HTTP answer is an unknown outcome", arguments: bytes)
  func garbageRegistration(row: Bytes) async throws {
    let raw = try await RawServer.start { _ in row.steps }
    do {
      try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
        sandbox.change("challenge") {
          $0.issuerMetadataChanges = ["registration_endpoint": .string(raw.origin + "/register")]
        }
        let it = try await sandbox.apply("challenge", options: ["--timeout", "60s"])
        #expect(it.code == "registration-outcome-unknown", "\(it.run.out)")
        #expect(it.lock["orphans"].array.count == 1)
        #expect(raw.received().filter { $0.hasPrefix("POST /register") }.count == 1)
      }
    } catch {
      await raw.stop()
      throw error
    }
    await raw.stop()
  }
}
