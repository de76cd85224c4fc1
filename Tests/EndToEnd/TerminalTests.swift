import Foundation
import MCPAuthSandbox
import Testing

/// `apply` on a terminal (PlanAndApply#Commands).
@Suite struct TerminalTests {
  static let question = "apply these changes? only 'yes' is accepted: "

  private func place(_ sandbox: Sandbox) throws -> Workplace {
    try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
  }

  @Test("PlanAndApply#Commands: on a terminal, apply shows the plan, asks, and applies it after yes")
  func yes() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox)
      let session = try await Terminal.run(place, ["apply"], [.init(wait: Self.question, send: "yes\n")])
      #expect(session.exit == 0, "\(session.shown)")
      #expect(session.unsent == 0)
      #expect(session.isRestored)
      let shown = try #require(session.shown.range(of: "1 to register"))
      let asked = try #require(session.shown.range(of: Self.question))
      #expect(shown.lowerBound < asked.lowerBound)
      #expect(sandbox.clients().count == 1)
      #expect(place.lockText != nil)
      // Without changes there is no question.
      let again = try await Terminal.run(place, ["apply"])
      #expect(again.exit == 0)
      #expect(!again.shown.contains(Self.question))
    }
  }

  @Test(
    "PlanAndApply#Messages: help is complete, however narrow the terminal is or claims to be",
    arguments: ["0", "20", "-1", "x", "39"])
  func narrowHelp(columns: String) async throws {
    let place = try Workplace()
    for arguments in [["--help"], ["plan", "--help"], ["apply", "--no-such-flag"]] {
      let wide = try await place.run(arguments, environment: ["COLUMNS": "80"])
      let narrow = try await place.run(arguments, environment: ["COLUMNS": columns])
      #expect(narrow.exit == wide.exit && narrow.all == wide.all, "\(narrow.all)")
    }
  }

  @Test("PlanAndApply#Messages: help is complete on a terminal of 20 columns")
  func narrowTerminal() async throws {
    let session = try await Terminal.run(try Workplace(), ["--help"], columns: 20)
    #expect(session.exit == 0 && session.shown.contains("Starts an inventory in this folder."), "\(session.shown)")
  }

  @Test(
    "PlanAndApply#Exit-codes: any answer other than yes changes nothing, and the exit code is 1",
    arguments: [
      "no\n", "y\n", "YES\n", "\n", "\u{4}", "\u{3}", "yes please\n",
    ])
  func no(answer: String) async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox)
      let session = try await Terminal.run(place, ["apply"], [.init(wait: Self.question, send: answer)])
      #expect(session.exit == 1, "\(session)")
      #expect(session.isRestored)
      #expect(sandbox.clients().isEmpty)
      #expect(place.lockText == nil)
      #expect(session.shown.contains("nothing was done"), "\(session.shown)")
    }
  }

  @Test("PlanAndApply#Messages: after the confirmation the progress is drawn, as with --yes")
  func progress() async throws {
    let gate = Gate()
    var configuration = SandboxConfiguration(kinds: ["challenge"])
    configuration.beforeAnswer = gate.holds(.register)
    try await withSandbox(configuration) { sandbox in
      let place = try place(sandbox)
      // The server never answers. The first Ctrl-C stops the run in order, the second one ends it.
      let session = try await Terminal.run(
        place, ["apply"],
        [
          .init(wait: Self.question, send: "yes\n"), .init(wait: "applying: 0 of 1 done", send: "\u{3}"),
          .init(wait: "interrupted: ", send: "\u{3}"),
        ])
      #expect(session.unsent == 0, "\(session.shown)")
      #expect(session.isRestored)
      await gate.open()
    }
  }

  @Test("PlanAndApply#Commands: with --yes there is no question; also if standard input is not a terminal")
  func unasked() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox)
      let session = try await Terminal.run(place, ["apply", "--yes"])
      #expect(session.exit == 0, "\(session.shown)")
      #expect(!session.shown.contains("only 'yes'"))
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("PlanAndApply#Messages: the results of apply wrap to the terminal", arguments: [40, 80])
  func wrapped(columns: Int) async throws {
    try await withSandbox(.init(kinds: ["challenge", "managed"])) { sandbox in
      let place = try Workplace(
        servers: """
          a-server-with-a-long-name: {url: "\(sandbox.url("managed"))"}
          s: {url: "\(sandbox.url("challenge"))"}
          """)
      let session = try await Terminal.run(place, ["apply", "--yes"], columns: columns)
      #expect(session.exit == 0, "\(session.shown)")
      let lines = TableTests.lines(session)
      let first = try #require(lines.firstIndex { $0.hasPrefix("+ a-server-with-a-long-name: ") }, "\(lines)")
      let wide = lines[first...].filter { $0.count > columns }
      #expect(wide == [])
      for name in ["a-server-with-a-long-name", "s"] {
        let client = try #require(try place.entry(name)["client_id"].string)
        #expect(lines.contains { $0.hasSuffix(columns == 80 ? client : String(client.suffix(8))) }, "\(lines)")
      }
    }
  }

  @Test("PlanAndApply#Commands: colours on a terminal; NO_COLOR, --color never and TERM=dumb turn them off")
  func colors() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    #expect(try await Terminal.run(place, ["plan"]).shown.contains("\u{1B}[32m"))
    for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      #expect(try await !Terminal.run(place, ["plan"], environment: environment).shown.contains("\u{1B}"))
    }
    #expect(try await !Terminal.run(place, ["plan", "--color", "never"]).shown.contains("\u{1B}"))
  }

  @Test("PlanAndApply#Commands: standard output in a pipe has no colours; the question is shown on the terminal")
  func piped() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox)
      let session = try await Terminal.run(
        place, ["apply", "--format", "json"], [.init(wait: Self.question, send: "yes\n")], pipesOutput: true)
      #expect(session.exit == 0, "\(session)")
      #expect(!session.piped.contains("\u{1B}"))
      #expect(try SchemaCheck("plan").problems(session.piped) == [])
      // The person sees the plan before the question.
      #expect(session.shown.contains("1 to register") || session.shown.contains("to register"), "\(session.shown)")
    }
  }
}
