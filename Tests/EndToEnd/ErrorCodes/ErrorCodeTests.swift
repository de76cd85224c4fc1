import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

/// Every code that a user can meet, met through the binary.
@Suite struct ErrorCodeTests {
  @Test("ErrorCodes#What-a-failure-says: each code is provoked by a row of the table, or it is said why it cannot be")
  func complete() {
    let provoked = Set(ErrorTable.all.map(\.code.rawValue))
    let missing = DiagnosticCode.allCases.map(\.rawValue).filter {
      !provoked.contains($0) && ErrorTable.notHere[$0] == nil
    }
    #expect(missing == [])
    #expect(provoked.intersection(ErrorTable.notHere.keys) == [])
  }

  @Test(
    "ErrorCodes#What-a-failure-says: a failure says its code, as text and as JSON, and ends with its exit code",
    arguments: ErrorTable.all)
  func provoked(row: ErrorCase) async throws {
    var configuration = SandboxConfiguration(kinds: row.kinds)
    configuration.registrationDelay = row.delay
    try await withSandbox(configuration) { sandbox in
      let text = try await run(row, sandbox, "text")
      #expect(text.exit == row.exit, "\(text.all)")
      #expect(row.isNamed(in: text.all), "\(text.all)")

      sandbox.reset()
      let json = try await run(row, sandbox, "json")
      #expect(json.exit == row.exit, "\(json.all)")
      let document = try json.json()
      #expect(row.stands(in: document), "\(json.out)")
      let problems = try SchemaCheck("plan").problems(json.out)
      #expect(problems == [])
    }
  }

  private func run(_ row: ErrorCase, _ sandbox: Sandbox, _ format: String) async throws -> Run {
    let place = try Workplace()
    let kept = try await row.prepare(place, sandbox)
    let run = try place.start(row.command + ["--format", format], environment: row.environment)
    try await row.meanwhile?(run, sandbox)
    let result = try await run.finish()
    return withExtendedLifetime(kept) { result }
  }
}
