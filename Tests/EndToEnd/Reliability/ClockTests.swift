import Foundation
import MCPAuthSandbox
import Testing

/// A machine with a wrong clock (Reliability#Bad-circumstances), simulated with faketime.
@Suite struct ClockTests {
  static let faketime = ["/usr/bin/faketime", "/usr/local/bin/faketime"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(
    "Reliability#Bad-circumstances: a clock that is wrong by more than an hour is a warning, and no client is renewed",
    .enabled(if: faketime != nil, "faketime is not installed"),
    arguments: [("+59m", 0, false), ("+2h", 0, true), ("-2h", 0, true), ("+84d", 1, true)])
  func wrong(by offset: String, renewals: Int, isTold: Bool) async throws {
    let faketime = try #require(Self.faketime)
    try await withSandbox(SandboxConfiguration(kinds: ["expiring", "challenge"])) { sandbox in
      let place = try Workplace(servers: "e: {url: \"\(sandbox.url("expiring"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let before = place.lockText
      let plan = try await place.start(
        ["plan", "--refresh", "--detailed-exitcode"], through: [faketime, "-f", offset]
      ).finish()
      #expect(plan.exit == 0, "\(plan.all)")
      #expect(plan.all.contains("clock-wrong") == isTold, "\(plan.all)")
      let apply = try await place.start(["apply"], through: [faketime, "-f", offset]).finish()
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(place.lockText == before)
      #expect(sandbox.registrations("expiring") == 1)
      // With a correct clock this would be a renewal.
      if renewals > 0 { #expect(plan.all.contains("seems to be due for renewal"), "\(plan.all)") }
    }
  }

  @Test(
    "Registration#Loss-of-a-client: a server whose clock is a year off has no lost client and no expired secret",
    arguments: [-365, 365])
  func wrongServer(days: Int) async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["expiring", "confidential-post"])) { sandbox in
      let kinds = ["expiring", "confidential-post"]
      let place = try Workplace(
        servers: kinds.map { "\($0): {url: \"\(sandbox.url($0))\"}" }.joined(separator: "\n"))
      #expect(try await place.run("apply").exit == 0)
      let files = try place.snapshot()
      let date = Self.httpDate(Date(timeIntervalSinceNow: Double(days) * 86_400))
      // It refuses every client, then it accepts them. In both cases its clock says nothing about a client.
      for (status, error, isTold) in [(401, "invalid_client", true), (400, "invalid_grant", false)] {
        let answer = SandboxAnswer.oauthError(status, error, "at \(date)", fields: [.init("Date", date)])
        for kind in kinds { sandbox.change(kind) { $0.faults[.token] = SandboxFault(answer) } }
        for command in ["plan", "apply"] {
          let run = try await place.run(command, "--verify", "--format", "json")
          #expect(run.exit == 0, "\(run.all)")
          for server in try run.json()["servers"].array {
            #expect(server["action"].string == "unchanged", "\(run.all)")
            let warnings = server["warnings"].array.compactMap { $0["code"].string }
            #expect(warnings.contains("clock-wrong") == isTold, "\(run.all)")
          }
        }
      }
      #expect(try place.snapshot() == files)
      #expect(kinds.map { sandbox.registrations($0) } == [1, 1])
    }
  }

  private static func httpDate(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.string(from: date)
  }
}
