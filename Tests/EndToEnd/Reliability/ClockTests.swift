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
}
