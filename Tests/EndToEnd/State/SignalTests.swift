import Foundation
import MCPAuthSandbox
import Testing

/// SIGINT, SIGTERM and SIGHUP (Reliability#Signals), through the binary.
@Suite struct SignalTests {
  private func withNumbered(
    _ count: Int, delay: Duration, _ body: (Sandbox, Workplace) async throws -> Void
  ) async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = count
    configuration.registrationDelay = delay
    try await withSandbox(configuration) { sandbox in
      try await body(
        sandbox,
        Workplace(
          servers: (1...count).map { "s\($0): {url: \"\(sandbox.url("n-000\($0)"))\"}" }.joined(separator: "\n")))
    }
  }

  @Test(
    "Reliability#Signals: what is under way is finished and stored, the rest is named and not begun",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func finishes(_ signal: Int32) async throws {
    try await withNumbered(3, delay: .milliseconds(800)) { sandbox, place in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      running.send(signal)
      let run = try await running.finish()
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.out.contains("interrupted, not begun"), "\(run.all)")
      #expect(sandbox.clients().count == 1)
      #expect(try place.lockedClients() == sandbox.clients().map(\.clientID))
      #expect(try place.lock()["orphans"].array.isEmpty)
      let rest = try await place.run("apply")
      #expect(rest.exit == 0, "\(rest.all)")
      #expect(sandbox.clients().count == 3)
    }
  }

  @Test("Reliability#Signals: nothing was left undone: 0")
  func nothingLeft() async throws {
    try await withNumbered(1, delay: .milliseconds(800)) { sandbox, place in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      running.send(SIGTERM)
      let run = try await running.finish()
      #expect(run.exit == 0, "\(run.all)")
      #expect(try place.lockedNames() == ["s1"])
    }
  }

  @Test("Reliability#Signals: after 5 s it is cancelled: the outcome is unknown, and noted in the lock")
  func cancelled() async throws {
    try await withNumbered(2, delay: .seconds(30)) { sandbox, place in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      let start = Date()
      running.send(SIGTERM)
      let run = try await running.finish()
      let took = Date().timeIntervalSince(start)
      #expect(run.exit == 1 && run.all.contains("registration-outcome-unknown"), "\(run.all)")
      #expect(took > 4 && took < 15, "\(took)")
      #expect(try place.lock()["orphans"].array.map { $0["reason"].string } == ["outcome-unknown"])
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("Reliability#Signals: a second signal ends at once, and the journal covers it")
  func second() async throws {
    try await withNumbered(1, delay: .seconds(30)) { sandbox, place in
      let running = try place.start(["apply"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      let start = Date()
      running.send(SIGINT)
      try await Task.sleep(for: .milliseconds(300))
      running.send(SIGINT)
      let run = try await running.finish()
      #expect(run.exit == -SIGINT, "\(run.all)")
      #expect(Date().timeIntervalSince(start) < 40)
      let next = try await place.run("apply")
      #expect(next.exit == 1 && next.all.contains("registration-outcome-unknown"), "\(next.all)")
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("Reliability#Signals: a wait for another run ends at once")
  func runLock() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    let held = try HeldRunLock(place)
    let running = try place.start(["apply", "--lock-timeout", "5m"])
    try await Task.sleep(for: .milliseconds(700))
    let start = Date()
    running.send(SIGTERM)
    let run = try await running.finish()
    #expect(run.exit == 1 && run.err.contains("interrupted"), "\(run.all)")
    #expect(Date().timeIntervalSince(start) < 40)
    held.release()
    #expect(place.lockText == nil)
  }

  @Test("Reliability#Signals: a plan that looks at a server which never answers ends at once")
  func plan() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") { $0.faults[.resourceMetadata] = SandboxFault(.hang) }
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      let running = try place.start(["plan"])
      try await eventually("it is looked at") { !sandbox.requests().isEmpty }
      try await Task.sleep(for: .milliseconds(200))
      let start = Date()
      running.send(SIGTERM)
      let run = try await running.finish()
      #expect(run.exit == 1 && run.all.contains("interrupted"), "\(run.all)")
      #expect(Date().timeIntervalSince(start) < 40)
    }
  }
}
