import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization
import Testing

@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct ProgressTests {
  private static let record = RequestRecord(method: "GET", url: "https://a/x", status: 429)

  /// A narrator whose clock and ticks are controlled by the test.
  private final class World: Sendable {
    private final class Written: Sendable {
      let text = Mutex("")
    }

    private let written = Written()
    let now = Mutex(0)
    let isInterrupted = Mutex(false)
    let output: Output

    init() {
      let written = written  // not the world, which owns the output
      output = Output { _, bytes throws(Output.Failure) in
        written.text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
      }
    }

    func narrator(_ settings: ReportSettings) -> ProgressReporter {
      var settings = settings
      settings.isInterrupted = { [self] in isInterrupted.withLock { $0 } }
      return ProgressReporter(settings, output, uptime: { [self] in now.withLock { $0 } })
    }

    func taken() -> String {
      written.text.withLock { text in
        defer { text = "" }; return text
      }
    }
  }

  @Test("PlanAndApply#Formats: the number of servers that are done, in progress, failed, or waiting")
  func counts() {
    var progress = RunProgress()
    for event: RunEvent in [
      .looking(servers: 4), .discovering(server: "a"), .discovering(server: "b"), .discovering(server: "c"),
      .discovered(server: "a", problem: nil), .discovered(server: "b", problem: .unreachable),
      .waiting(server: "c", milliseconds: 11_500),
    ] { progress.note(event, now: 1000) }
    #expect(progress.line == "looking at servers: 2 of 4 done, 1 failed, 1 under way")
    #expect(progress.waitingLine(now: 2000) == "asked to wait: c 11 s")
    #expect(progress.lines(now: 2000, width: 30).allSatisfy { DisplayWidth.of($0) < 30 })
    progress.note(.requested(server: "c", Self.record), now: 3000)
    #expect(progress.waitingLine(now: 3000) == nil)
    progress.note(.discovered(server: "c", problem: nil), now: 3000)
    #expect(!progress.isOver)
    progress.note(.beginning(changes: 1), now: 3000)
    progress.note(.applied(Samples.run.results[1]), now: 3000)
    #expect(progress.line == "applying: 0 of 1 done")
    progress.note(.applied(Samples.run.results[0]), now: 3000)
    #expect(progress.isOver)
  }

  @Test(
    "PlanAndApply#Formats: on a terminal lines are drawn in place, and removed before any other output, and at the end"
  )
  func drawn() {
    let world = World()
    let narrator = world.narrator(ReportSettings(width: 40, drawsProgress: true))
    narrator.happened(.looking(servers: 2))
    narrator.happened(.discovering(server: "a"))
    narrator.tick()
    #expect(world.taken() == "")  // the run may end soon
    world.now.withLock { $0 = 400 }
    narrator.tick()
    let line = "looking at servers: 0 of 2 done, 1 und…\n"
    #expect(world.taken() == line)
    narrator.tick()
    #expect(world.taken() == "\u{1B}[1A\r\u{1B}[J" + line)
    world.output.text("warning: x\n", to: .error)
    #expect(world.taken() == "\u{1B}[1A\r\u{1B}[Jwarning: x\n")
    narrator.tick()
    #expect(world.taken() == line)
    world.output.end(.done)
    #expect(world.taken() == "\u{1B}[1A\r\u{1B}[J")
    narrator.tick()
    #expect(world.taken() == "")
  }

  @Test("PlanAndApply#Formats: nothing is drawn after a question")
  func question() {
    let world = World()
    world.output.text("apply these changes? ", to: .error)
    world.output.status(["x"])
    #expect(world.taken() == "apply these changes? ")
  }

  @Test("PlanAndApply#Formats: in a log at most one line every ten seconds")
  func logged() {
    let world = World()
    let narrator = world.narrator(ReportSettings())
    narrator.happened(.looking(servers: 100))
    for index in 0..<60 {
      world.now.withLock { $0 += 500 }
      narrator.happened(.discovering(server: "s\(index)"))
      narrator.happened(.discovered(server: "s\(index)", problem: nil))
      narrator.tick()
    }
    #expect(
      world.taken() == """
        looking at servers: 20 of 100 done
        looking at servers: 40 of 100 done
        looking at servers: 60 of 100 done

        """)
    world.output.end(.done)
  }

  @Test("Reliability#Signals: a signal ends the drawing, and is acknowledged once")
  func interrupted() {
    let world = World()
    let narrator = world.narrator(ReportSettings(width: 80, drawsProgress: true))
    narrator.happened(.beginning(changes: 3))
    world.now.withLock { $0 = 400 }
    narrator.tick()
    _ = world.taken()
    world.isInterrupted.withLock { $0 = true }
    narrator.tick()
    narrator.tick()
    #expect(
      world.taken()
        == "\u{1B}[1A\r\u{1B}[Jinterrupted: requests that have begun are completed; a second signal ends the run at once\n"
    )
    world.output.end(.failed)
  }

  @Test(
    "PlanAndApply#Formats: --verbose prints each request and decision, and nothing is drawn; --quiet prints nothing"
  )
  func verbose() {
    let world = World()
    let events: [RunEvent] = [
      .looking(servers: 1), .discovering(server: "a"), .requested(server: "a", Self.record),
      .waiting(server: "a", milliseconds: 1500), .discovered(server: "a", problem: .unreachable),
      .decided(Samples.github),
      .applied(Samples.run.results[2]),
    ]
    let narrator = world.narrator(ReportSettings(isVerbose: true, drawsProgress: true))
    for event in events { narrator.happened(event) }
    #expect(
      world.taken() == """
        a: discovering
        a: GET https://a/x 429
        a: waiting 2 s before the next request
        a: unreachable
        github: decided: blocked (registration-unsupported)
        notion: failed, registration-rejected

        """)
    let quiet = world.narrator(ReportSettings(isQuiet: true, drawsProgress: true))
    for event in events { quiet.happened(event) }
    world.now.withLock { $0 = 60_000 }
    quiet.tick()
    #expect(world.taken() == "")
  }
}
