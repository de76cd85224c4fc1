import Foundation
import MCPAuthSandbox
import Testing

/// SIGINT, SIGTERM and SIGHUP (Reliability#Signals). Tests of the binary.
@Suite struct SignalTests {
  /// Numbered servers of one authorization server, which answers registrations after the gate is opened.
  private func withNumbered(_ count: Int, _ body: (Sandbox, Workplace, Gate) async throws -> Void) async throws {
    let gate = Gate()
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = count
    configuration.beforeAnswer = gate.holds(.register)
    try await withSandbox(configuration) { sandbox in
      let servers = (1...count).map { "s\($0): {url: \"\(sandbox.url("n-000\($0)"))\"}" }
      try await body(sandbox, Workplace(servers: servers.joined(separator: "\n")), gate)
    }
  }

  @Test(
    "Reliability#Signals: the registration in progress is completed and stored; the skipped servers are named",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func finishes(_ signal: Int32) async throws {
    try await withNumbered(3) { sandbox, place, gate in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      try await running.interrupt(signal)
      await gate.open()
      let run = try await running.finish()
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.out.contains("interrupted, not begun"), "\(run.all)")
      #expect(sandbox.clients().count == 1)
      #expect(try place.lockedClients() == sandbox.clients().map(\.clientID))
      #expect(try place.lock()["orphans"].array.isEmpty)
      let next = try await place.run("apply")
      #expect(next.exit == 0, "\(next.all)")
      #expect(sandbox.clients().count == 3)
    }
  }

  @Test("Reliability#Signals: exit code 0 if no server is left")
  func nothingLeft() async throws {
    try await withNumbered(1) { sandbox, place, gate in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      try await running.interrupt(SIGTERM)
      await gate.open()
      let run = try await running.finish()
      #expect(run.exit == 0, "\(run.all)")
      #expect(try place.lockedNames() == ["s1"])
    }
  }

  @Test("Reliability#Signals: a registration without an answer is cancelled, and is an unknown outcome in the lock")
  func cancelled() async throws {
    try await withNumbered(2) { sandbox, place, _ in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      running.send(SIGTERM)
      let run = try await running.finish()
      #expect(run.exit == 1 && run.all.contains("registration-outcome-unknown"), "\(run.all)")
      #expect(try place.lock()["orphans"].array.map { $0["reason"].string } == ["outcome-unknown"])
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("Reliability#Signals: a second signal ends the process; the registration is in the journal")
  func second() async throws {
    try await withNumbered(1) { sandbox, place, gate in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      try await running.interrupt(SIGINT)
      #expect(running.isRunning)
      running.send(SIGINT)
      let run = try await running.finish()
      #expect(run.exit == -SIGINT, "\(run.all)")
      let next = try await place.run("apply")
      #expect(next.exit == 1 && next.all.contains("registration-outcome-unknown"), "\(next.all)")
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("Reliability#Signals: a signal ends the wait for another run")
  func runLock() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    let held = try HeldRunLock(place)
    let running = try place.start(["apply", "--lock-timeout", "1h"])
    try await eventually("it tries again") { held.attempts > 1 }
    running.send(SIGTERM)
    let run = try await running.finish()
    #expect(run.exit == 1 && run.err.contains("interrupted"), "\(run.all)")
    held.release()
    #expect(place.lockText == nil)
  }

  @Test("Reliability#Signals: a signal ends a plan that waits for an answer")
  func plan() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") { $0.faults[.resourceMetadata] = SandboxFault(.hang) }
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      let running = try place.start(["plan", "--timeout", "1h"])
      try await eventually("it waits") { sandbox.requests().contains { $0.endpoint == .resourceMetadata } }
      running.send(SIGTERM)
      let run = try await running.finish()
      #expect(run.exit == 1 && run.all.contains("interrupted"), "\(run.all)")
    }
  }
}
