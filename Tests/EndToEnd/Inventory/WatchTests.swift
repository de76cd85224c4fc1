import Foundation
import Testing

/// `validate --watch` (PlanAndApply#Commands).
@Suite struct WatchTests {
  private static func servers(_ count: Int, _ more: String = "") -> String {
    (1...count).map { "s\($0): {url: \"https://s\($0).example/mcp\"\(more)}" }.joined(separator: "\n")
  }

  /// Replaces a file at once, so that no half of it is seen.
  private static func replace(_ name: String, with text: String, in place: Workplace) throws {
    try place.write(text, to: ".new")
    try #require(rename(place.path(".new").path, place.path(name).path) == 0)
  }

  private static func replaceInventory(_ servers: String, in place: Workplace) throws {
    try replace("servers.yaml", with: Workplace(servers: servers).read("servers.yaml"), in: place)
  }

  /// How often a text was printed.
  private static func count(_ text: String, in output: String) -> Int { output.components(separatedBy: text).count - 1 }

  @Test(
    "PlanAndApply#Commands: each change is validated once, with its time; a signal ends it with exit code 0",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func changes(_ signal: Int32) async throws {
    let place = try Workplace(servers: Self.servers(1))
    let running = try place.start(["validate", "--watch"])
    try await eventually("it is valid") { running.outputSoFar.contains("servers.yaml: valid, 1 server\n") }
    try Self.replaceInventory(Self.servers(2), in: place)
    try await eventually("a change is seen") { running.outputSoFar.contains("servers.yaml: valid, 2 servers\n") }
    try Self.replaceInventory(Self.servers(1, ", bogus: 1"), in: place)
    try await eventually("a mistake is reported") { running.errorsSoFar.contains("help: mcpauth explain") }
    #expect(running.errorsSoFar.contains("error[unknown-key]"))
    try FileManager.default.removeItem(at: place.path("servers.yaml"))
    try await eventually("a file that is gone is reported") { running.errorsSoFar.contains("inventory-unreadable") }
    try Self.replaceInventory(Self.servers(3), in: place)
    try await eventually("it is valid again") { running.outputSoFar.contains("servers.yaml: valid, 3 servers\n") }
    running.send(signal)
    let run = try await running.finish()
    #expect(run.exit == 0, "\(run.all)")
    #expect(run.err.hasPrefix("watching for changes; Ctrl-C ends it\n"), "\(run.err)")
    let times = run.err.matches(of: /(?m)^validated at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    #expect(times.count == 5, "\(run.err)")
    // The mistake that was corrected is not explained again at the end.
    #expect(Self.count("mcpauth explain unknown-key", in: run.err) == 1, "\(run.err)")
    #expect(!run.all.contains("\u{1B}"))
  }

  @Test("PlanAndApply#Commands: a new file in a folder is validated; an unchanged content is not validated again")
  func folder() async throws {
    let place = try Workplace(servers: Self.servers(1))
    let running = try place.start(["validate", "--watch", "."])
    try await eventually("it is valid") { running.outputSoFar.contains("valid, 1 server\n") }
    let text = try place.read("servers.yaml")
    // The same content, and a file that is no inventory.
    try Self.replace("servers.yaml", with: text, in: place)
    try Self.replace("other.yaml", with: "a: b\n", in: place)
    try Self.replace("staging.yaml", with: text, in: place)
    try await eventually("the new file is seen") { running.outputSoFar.contains("staging.yaml: valid, 1 server\n") }
    running.send(SIGINT)
    let run = try await running.finish()
    #expect(run.exit == 0, "\(run.all)")
    #expect(Self.count("servers.yaml: valid", in: run.out) == 2 && !run.all.contains("other.yaml"), "\(run.all)")
  }

  @Test("PlanAndApply#Commands: it ends when the reader of its output has ended, without another change")
  func closedPipe() async throws {
    let place = try Workplace(servers: Self.servers(1))
    let running = try place.start(
      ["validate", "--watch"], through: ["bash", "-c", "exec \"$0\" \"$@\" > >(head -n 1)"])
    try await eventually("it has ended") { !running.isRunning }
    try #require(!running.isRunning)
    let run = try await running.finish()
    #expect(run.exit == 0 && !run.err.contains("error"), "\(run.all)")
  }

  @Test("PlanAndApply#Commands: on a terminal Ctrl-C ends it, and nothing is cleared")
  func terminal() async throws {
    let place = try Workplace(servers: Self.servers(1))
    let session = try await Terminal.run(
      place, ["validate", "--watch", "--color", "never"], [.init(wait: "valid, 1 server", send: "\u{3}")])
    #expect(session.exit == 0 && session.unsent == 0, "\(session.shown)")
    #expect(session.shown.contains("validated at ") && !session.shown.contains("\u{1B}"), "\(session.shown)")
    #expect(session.isRestored)
  }
}
