import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

/// Causes every error code with the binary.
@Suite struct ErrorCodeTests {
  @Test("ErrorCodes#What-a-failure-says: every code has a test with the binary")
  func complete() throws {
    let rows = Set(ErrorTable.all.map(\.code) + CommandTable.all.map(\.code))
    let missing = DiagnosticCode.allCases.filter { !rows.contains($0) && ErrorTable.elsewhere[$0] == nil }
    #expect(missing.map(\.rawValue) == [])
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    for (code, file) in ErrorTable.elsewhere {
      #expect(!rows.contains(code))
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      #expect(text.contains("\"\(code.rawValue)\""), "\(file) does not name \(code.rawValue)")
    }
  }

  @Test("ErrorCodes#What-a-failure-says: other commands print their codes as text", arguments: CommandTable.all)
  func commands(row: CommandCase) async throws {
    try await withSandbox(SandboxConfiguration(kinds: row.kinds)) { sandbox in
      let place = try Workplace()
      try await row.prepare(place, sandbox)
      let run = try await place.run(row.command)
      #expect(run.exit == (row.isWarning ? 0 : 1), "\(run.all)")
      #expect(run.all.contains("\(row.isWarning ? "warning" : "error")[\(row.code.rawValue)]"), "\(run.all)")
    }
  }

  @Test(
    "ErrorCodes#What-a-failure-says: a failure prints its code as text and as JSON, and ends with its exit code",
    arguments: ErrorTable.all)
  func provoked(row: ErrorCase) async throws {
    var configuration = SandboxConfiguration(kinds: row.kinds)
    let gate = Gate()
    if row.holdsRegistrations { configuration.beforeAnswer = gate.holds(.register) }
    try await withSandbox(configuration) { sandbox in
      let text = try await run(row, sandbox, gate, "text")
      #expect(text.exit == row.exit, "\(text.all)")
      #expect(row.isNamed(in: text.all), "\(text.all)")

      sandbox.reset()
      let json = try await run(row, sandbox, gate, "json")
      #expect(json.exit == row.exit, "\(json.all)")
      let document = try json.json()
      #expect(row.stands(in: document), "\(json.out)")
      let schema = ["verify", "secrets"].first { $0 == row.command.first } ?? "plan"
      let problems = try SchemaCheck(schema).problems(json.out)
      #expect(problems == [])
    }
  }

  private func run(_ row: ErrorCase, _ sandbox: Sandbox, _ gate: Gate, _ format: String) async throws -> Run {
    let place = try Workplace()
    let kept = try await row.prepare(place, sandbox)
    let run = try place.start(row.command + ["--format", format], environment: row.environment)
    await gate.close()
    try await row.meanwhile?(run, sandbox)
    await gate.open()
    let result = try await run.finish()
    return withExtendedLifetime(kept) { result }
  }
}
