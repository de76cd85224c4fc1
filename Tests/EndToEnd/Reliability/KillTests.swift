import Foundation
import MCPAuthSandbox
import Testing

/// Runs that are killed (Reliability#Order-of-writes, Reliability#One-run-at-a-time). One test at a time, because each needs the whole
/// processor.
@Suite(.serialized) struct KillTests {
  static let count = 30

  /// Thirty servers of one authorization server. Each gets its own client.
  private func withServers(
    delay: Duration = .milliseconds(20), gate: Gate? = nil, _ body: (Workplace, Sandbox) async throws -> Void
  ) async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = Self.count
    configuration.registrationDelay = delay
    if let gate { configuration.beforeAnswer = gate.holds(.register) }
    try await withSandbox(configuration) { sandbox in
      let names = sandbox.servers
      let place = try Workplace(servers: names.map { "\($0): {url: \"\(sandbox.url($0))\"}" }.joined(separator: "\n"))
      try await body(place, sandbox)
    }
  }

  private func made(_ sandbox: Sandbox) -> Int { sandbox.registrations("n-0001") }

  /// Reliability#Promise: checks that every client at the server is in the lock file or named.
  private func checkAccounted(_ place: Workplace, _ sandbox: Sandbox) throws {
    let locked = try Set(place.lockedClients())
    let orphans = try place.lock()["orphans"].array
    let unknown = Set(orphans.filter { $0["reason"].string == "outcome-unknown" }.compactMap { $0["server"].string })
    let named = Set(orphans.compactMap { $0["client_id"].string })
    for client in sandbox.clients() where !locked.contains(client.clientID) && !named.contains(client.clientID) {
      let server = client.redirectURIs.first?.split(separator: "/").last.map(String.init) ?? ""
      #expect(unknown.contains(server), "the client \(client.clientID) of \(server) is not in the lock")
    }
  }

  /// The redirect URIs that have more than one client.
  private func repeated(_ sandbox: Sandbox) -> [String] {
    Dictionary(grouping: sandbox.clients()) { $0.redirectURIs.first ?? "" }.filter { $0.value.count > 1 }.map(\.key)
  }

  /// The event after which the run is killed.
  enum Moment: Sendable, CustomTestStringConvertible {
    case requests(Int)
    case registrations(Int)
    case journalLines(Int)
    case records(Int)
    case lockFile

    var testDescription: String {
      switch self {
      case .requests(let count): "\(count) requests"
      case .registrations(let count): "\(count) registrations"
      case .journalLines(let count): "\(count) lines in the journal"
      case .records(let count): "\(count) secret records"
      case .lockFile: "the lock file"
      }
    }
  }

  private func has(_ moment: Moment, _ place: Workplace, _ sandbox: Sandbox) -> Bool {
    switch moment {
    case .requests(let count): sandbox.requests().count >= count
    case .registrations(let count): made(sandbox) >= count
    case .journalLines(let count): lines(place) >= count
    case .records(let count): place.names(in: Workplace.secrets).count { $0.hasSuffix(".json") } >= count
    case .lockFile: place.exists(Workplace.lockFile)
    }
  }

  private func lines(_ place: Workplace) -> Int {
    (try? place.read(Workplace.state + "/journal.jsonl"))?.split(separator: "\n").count ?? 0
  }

  static let moments: [Moment] =
    [.requests(1), .requests(45), .lockFile] + [1, 2, 9, 17, 29, 30].map { .registrations($0) }
    + [1, 2, 3, 24, 59].map { .journalLines($0) } + [1, 12, 30].map { .records($0) }

  @Test(
    "Reliability#Promise: after a kill at any moment, no server is registered twice, and every client is in the lock or named",
    arguments: moments)
  func killedOnce(moment: Moment) async throws {
    try await withServers { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("\(moment)") { has(moment, place, sandbox) || !run.isRunning }
      run.send(SIGKILL)
      _ = try await run.finish()
      try await recover(place, sandbox)
    }
  }

  @Test("Reliability#Promise: runs are killed repeatedly, until one ends by itself")
  func killedOften() async throws {
    try await withServers { place, sandbox in
      var kills = 0
      while kills < 25 {
        let goal: Moment = kills.isMultiple(of: 2) ? .registrations(made(sandbox) + 3) : .journalLines(lines(place) + 5)
        let run = try place.start(["apply"])
        try await eventually("\(goal)") { has(goal, place, sandbox) || !run.isRunning }
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
    "Reliability#Journal: an incomplete last line of the journal is removed",
    arguments: [1, 12, 90])
  func torn(bytes: Int) async throws {
    try await withServers { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("five registrations") { made(sandbox) >= 5 }
      run.send(SIGKILL)
      _ = try await run.finish()
      let journal = try place.read(Workplace.state + "/journal.jsonl")
      // Only the line that was being written can be incomplete.
      let line = try #require(journal.split(separator: "\n").last)
      try place.write(journal + line.prefix(bytes), to: Workplace.state + "/journal.jsonl")
      try await recover(place, sandbox)
    }
  }

  @Test(
    "Reliability#One-run-at-a-time: a run ends when its state folder is removed, and every client is stored or named")
  func cleaned() async throws {
    try await withServers(delay: .milliseconds(50)) { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("five registrations") { made(sandbox) >= 5 }
      try place.remove(".mcpauth")
      let atRemoval = made(sandbox)
      let result = try await run.finish()
      #expect(result.exit == 1, "\(result.all)")
      #expect(result.all.contains("error[store-failed]"))
      // At most the registration that was in progress.
      #expect(made(sandbox) <= atRemoval + 1)
      let locked = try Set(place.lockedClients())
      for client in sandbox.clients() {
        #expect(locked.contains(client.clientID) || result.all.contains(client.clientID), "\(client.clientID)")
      }
    }
  }

  private func recover(_ place: Workplace, _ sandbox: Sandbox) async throws {
    // A plan changes nothing.
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
    // Only registrations that --retry-unknown repeated exist twice.
    #expect(repeated(sandbox).count <= open.count)
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    let events = (try? place.read(Workplace.state + "/journal.jsonl"))?.split(separator: "\n").count ?? 0
    #expect(events <= 1)
  }

  // MARK: Signals

  @Test(
    "Reliability#Signals: exit code 1 names every server that was not applied", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signal(number: Int32) async throws {
    try await withServers(delay: .milliseconds(100)) { place, sandbox in
      let run = try place.start(["apply"])
      try await eventually("three registrations") { made(sandbox) >= 3 }
      try await run.interrupt(number)
      let atSignal = made(sandbox)
      let result = try await run.finish()
      #expect(result.exit == 1, "\(result.all)")
      // At most the registration that was in progress.
      #expect(made(sandbox) <= atSignal + 1)
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

  // MARK: Two runs

  @Test(
    "Reliability#One-run-at-a-time: of two applies at once, one waits; a third is refused; each server is registered once"
  )
  func twoAtOnce() async throws {
    // No registration is answered before the third run is refused, so the first run cannot end earlier.
    let gate = Gate()
    try await withServers(gate: gate) { place, sandbox in
      // Each of the two can be the first.
      let first = try place.start(["apply", "--lock-timeout", "60s"])
      let second = try place.start(["apply", "--lock-timeout", "60s"])
      try await eventually("a registration is under way") { !sandbox.clients().isEmpty }
      let third = try await place.run("apply")
      #expect(third.exit == 4, "\(third.all)")
      #expect(third.err.contains("pid \(first.pid)") || third.err.contains("pid \(second.pid)"), "\(third.err)")
      // A registration of a run that has not ended is not an unknown outcome.
      let plan = try await place.run("plan")
      #expect(!plan.all.contains("registration-outcome-unknown"), "\(plan.all)")
      await gate.open()
      let results = [try await first.finish(), try await second.finish()]
      #expect(results.map(\.exit) == [0, 0], "\(results)")
      #expect(sandbox.clients().count == Self.count)
      #expect(try Set(place.lockedClients()) == Set(sandbox.clients().map(\.clientID)))
    }
  }
}
