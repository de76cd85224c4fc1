import Foundation
import MCPAuthSandbox
import Testing

/// Runs that end in the middle, however they end (Reliability#Order-of-writes, Reliability#One-run-at-a-time). One at a time: they need the machine for themselves.
@Suite(.serialized) struct KillTests {
  static let count = 30

  /// Thirty servers of one authorization server, each with a client of its own.
  private func withServers(
    delay: Duration = .milliseconds(20), _ body: (Workplace, Sandbox) async throws -> Void
  ) async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = Self.count
    configuration.registrationDelay = delay
    try await withSandbox(configuration) { sandbox in
      let names = sandbox.servers
      let place = try Workplace(servers: names.map { "\($0): {url: \"\(sandbox.url($0))\"}" }.joined(separator: "\n"))
      try await body(place, sandbox)
    }
  }

  private func made(_ sandbox: Sandbox) -> Int { sandbox.registrations("n-0001") }

  /// The promise: what is at the server is in the lock, or named.
  private func checkAccounted(_ place: Workplace, _ sandbox: Sandbox) throws {
    let locked = try Set(place.lockedClients())
    let orphans = try place.lock()["orphans"].array
    let unknown = Set(orphans.filter { $0["reason"].string == "outcome-unknown" }.compactMap { $0["server"].string })
    let named = Set(orphans.compactMap { $0["client_id"].string })
    for client in sandbox.clients() where !locked.contains(client.clientID) && !named.contains(client.clientID) {
      let server = client.redirectURIs.first?.split(separator: "/").last.map(String.init) ?? ""
      #expect(unknown.contains(server), "the client \(client.clientID) of \(server) is nowhere")
    }
  }

  /// How many clients each server's redirect URI has: more than one is a silent repetition.
  private func repeated(_ sandbox: Sandbox) -> [String] {
    Dictionary(grouping: sandbox.clients()) { $0.redirectURIs.first ?? "" }.filter { $0.value.count > 1 }.map(\.key)
  }

  /// What has happened at the sandbox when the run is killed.
  enum Moment: Sendable, CustomTestStringConvertible {
    case requests(Int)
    case registrations(Int, after: Duration)

    var testDescription: String {
      switch self {
      case .requests(let count): "after \(count) requests"
      case .registrations(let count, let delay): "\(delay) after \(count) registrations"
      }
    }
  }

  static let moments: [Moment] =
    [.requests(1), .requests(45)]
    + [(1, 0), (1, 15), (2, 21), (9, 0), (17, 8), (29, 25), (30, 0), (30, 24), (30, 40)].map {
      .registrations($0.0, after: .milliseconds($0.1))
    }

  @Test(
    "reliability: killed at any moment, no server is registered twice, and every client is in the lock or named",
    arguments: moments)
  func killedOnce(moment: Moment) async throws {
    try await withServers { place, sandbox in
      let run = try place.start(["apply"])
      switch moment {
      case .requests(let count):
        try await eventually("\(count) requests") { sandbox.requests().count >= count || !run.isRunning }
      case .registrations(let count, let delay):
        try await eventually("\(count) registrations") { made(sandbox) >= count || !run.isRunning }
        try await Task.sleep(for: delay)
      }
      run.send(SIGKILL)
      _ = try await run.finish()
      try await recover(place, sandbox)
    }
  }

  @Test("reliability: killed again and again until it gets through")
  func killedOften() async throws {
    try await withServers { place, sandbox in
      var kills = 0
      while kills < 25 {
        let goal = made(sandbox) + 3
        let run = try place.start(["apply"])
        try await eventually("three more") { made(sandbox) >= goal || !run.isRunning }
        try await Task.sleep(for: .milliseconds((kills * 7) % 23))
        let isOver = !run.isRunning
        run.send(SIGKILL)
        _ = try await run.finish()
        #expect(repeated(sandbox) == [])
        if isOver { break }
        kills += 1
      }
      #expect(kills >= 4)
      try await recover(place, sandbox)
    }
  }

  @Test(
    "Reliability#Order-of-writes: the journal's torn last line is cut off, however much of it is there",
    arguments: [1, 12, 90])
  func torn(bytes: Int) async throws {
    try await withServers { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("five registrations") { made(sandbox) >= 5 }
      run.send(SIGKILL)
      _ = try await run.finish()
      let journal = try place.read(Workplace.state + "/journal.jsonl")
      // What is durable cannot be torn, only what was being written behind it.
      let line = try #require(journal.split(separator: "\n").last)
      try place.write(journal + line.prefix(bytes), to: Workplace.state + "/journal.jsonl")
      try await recover(place, sandbox)
    }
  }

  @Test(
    "Reliability#One-run-at-a-time: a work tree that is cleaned during a run: it ends, and every client is stored or named"
  )
  func cleaned() async throws {
    try await withServers(delay: .milliseconds(50)) { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("five registrations") { made(sandbox) >= 5 }
      try place.remove(".mcpauth")
      let result = try await run.finish()
      #expect(result.exit == 1, "\(result.all)")
      #expect(result.all.contains("error[store-failed]"))
      #expect(made(sandbox) < 10)
      let locked = try Set(place.lockedClients())
      for client in sandbox.clients() {
        #expect(locked.contains(client.clientID) || result.all.contains(client.clientID), "\(client.clientID)")
      }
    }
  }

  private func recover(_ place: Workplace, _ sandbox: Sandbox) async throws {
    // A plan looks, and leaves every byte as it was.
    let before = try place.snapshot()
    let plan = try await place.run("plan")
    #expect(plan.exit == 0 || plan.all.contains("registration-outcome-unknown"), "\(plan.all)")
    #expect(try place.snapshot() == before)

    let second = try await place.run("apply", "--format", "json")
    let open = try second.json()["servers"].array.filter { $0["action"].string == "blocked" }
    for server in open { #expect(server["error"]["code"].string == "registration-outcome-unknown", "\(second.out)") }
    #expect(second.exit == (open.isEmpty ? 0 : 1), "\(second.all)")
    #expect(repeated(sandbox) == [])
    try checkAccounted(place, sandbox)
    #expect(try place.lock()["servers"].object?.count == Self.count - open.count)

    let third = try await place.run("apply", "--retry-unknown")
    #expect(third.exit == 0, "\(third.all)")
    #expect(try place.lock()["servers"].object?.count == Self.count)
    try checkAccounted(place, sandbox)
    // Only what the person had repeated is there twice.
    #expect(repeated(sandbox).count <= open.count)
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    let events = (try? place.read(Workplace.state + "/journal.jsonl"))?.split(separator: "\n").count ?? 0
    #expect(events <= 1)
  }

  // MARK: Signals

  @Test(
    "Reliability#Signals: a signal: what is under way is finished and stored, exit 1 names what is left",
    arguments: [
      SIGINT, SIGTERM, SIGHUP,
    ])
  func signal(number: Int32) async throws {
    try await withServers(delay: .milliseconds(100)) { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("three registrations") { made(sandbox) >= 3 }
      run.send(number)
      let start = Date()
      let result = try await run.finish()
      #expect(Date().timeIntervalSince(start) < 6)
      #expect(result.exit == 1, "\(result.all)")
      #expect(made(sandbox) < 15)
      #expect(try Set(place.lockedClients()) == Set(sandbox.clients().map(\.clientID)))
      #expect(try place.lock()["orphans"].array.isEmpty)
      let left = sandbox.servers.filter { (try? place.entry($0).isMissing) ?? true }
      #expect(!left.isEmpty)
      for name in left { #expect(result.all.contains("! \(name): skipped: interrupted"), "\(name): \(result.all)") }
      let again = try await place.run("apply")
      #expect(again.exit == 0, "\(again.all)")
      #expect(sandbox.clients().count == Self.count)
      #expect(repeated(sandbox) == [])
    }
  }

  @Test("Reliability#Signals: a second signal ends at once, and the journal covers it")
  func secondSignal() async throws {
    try await withServers(delay: .seconds(3)) { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("a registration") { made(sandbox) >= 1 }
      run.send(SIGTERM)
      try await Task.sleep(for: .milliseconds(200))
      #expect(run.isRunning)
      let start = Date()
      run.send(SIGTERM)
      let result = try await run.finish()
      #expect(Date().timeIntervalSince(start) < 2)
      #expect(result.exit == -SIGTERM)
      let plan = try await place.run("plan", "--format", "json").json()
      let blocked = plan["servers"].array.filter { $0["action"].string == "blocked" }
      #expect(blocked.count == 1)
      #expect(blocked.first?["error"]["code"].string == "registration-outcome-unknown")
    }
  }

  @Test("Reliability#Signals: a signal when nothing is left undone: exit 0")
  func lateSignal() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") { $0.faults[.register] = SandboxFault(delay: .seconds(1)) }
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      let run = try place.start(["apply"])
      try await eventually("it is asked") { sandbox.requests().contains { $0.endpoint == .oauthMetadata } }
      try await Task.sleep(for: .milliseconds(400))
      run.send(SIGTERM)
      let result = try await run.finish()
      #expect(result.exit == 0, "\(result.all)")
      #expect(try place.lockedNames() == ["s"])
    }
  }

  // MARK: Two runs

  @Test(
    "Reliability#One-run-at-a-time: two applies at once: one works, the other waits or is refused; every server once")
  func twoAtOnce() async throws {
    try await withServers { place, sandbox in
      // Either may be the first.
      let first = try place.start(["apply", "--lock-timeout", "60s"])
      let second = try place.start(["apply", "--lock-timeout", "60s"])
      try await eventually("registrations began") { made(sandbox) > 0 }
      let third = try await place.run("apply")
      #expect(third.exit == 4, "\(third.all)")
      #expect(third.err.contains("pid \(first.pid)") || third.err.contains("pid \(second.pid)"), "\(third.err)")
      // What goes on is under way, not unknown.
      let plan = try await place.run("plan")
      #expect(!plan.all.contains("registration-outcome-unknown"), "\(plan.all)")
      let results = [try await first.finish(), try await second.finish()]
      #expect(results.map(\.exit) == [0, 0], "\(results)")
      #expect(sandbox.clients().count == Self.count)
      #expect(try Set(place.lockedClients()) == Set(sandbox.clients().map(\.clientID)))
    }
  }
}
