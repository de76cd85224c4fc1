import Foundation
import MCPAuthSandbox
import Testing

/// Many failures with one cause (PlanAndApply#Messages). Tests of the binary.
@Suite struct FailureCauseTests {
  @Test("PlanAndApply#Messages: many failures with one cause are shown once, with all names in the summary")
  func apply() async throws {
    try await withSandbox(.init(kinds: ["teapot", "challenge"])) { sandbox in
      let failing = (1...5).map { "s\($0): {url: \"\(sandbox.url("teapot"))\"}" }
      let servers = failing + ["good: {url: \"\(sandbox.url("challenge"))\"}"]
      let place = try Workplace(servers: servers.joined(separator: "\n"))
      let run = try await place.run("apply")
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.out.contains("\nfailed (registration-rejected): s1, s2, s3, s4, s5\n"), "\(run.out)")
      #expect(run.out.hasSuffix("\napply: 1 registered, 5 failed\n"), "\(run.out)")
      #expect(run.out.components(separatedBy: ": failed: registration-rejected").count == 4, "\(run.out)")
      #expect(run.err.components(separatedBy: "error[registration-rejected]").count == 2, "\(run.err)")
      #expect(run.err.contains("s1, s2, s3 and 2 more:\n"), "\(run.err)")
      #expect(run.err.contains("note: the same for 5 servers"), "\(run.err)")
      // The document has each failure.
      let document = try await place.run("apply", "--format", "json").json()
      let codes = document["servers"].array.compactMap { $0["error"]["code"].string }
      #expect(codes == Array(repeating: "registration-rejected", count: 5))
    }
  }

  @Test("PlanAndApply#Messages: a plan shows one cause of many blocked servers once")
  func plan() async throws {
    // Nothing listens on the discard port.
    let place = try Workplace(
      servers: (1...5).map { "s\($0): {url: \"http://127.0.0.1:9/\($0)/mcp\"}" }.joined(separator: "\n"))
    let run = try await place.run("plan")
    #expect(run.exit == 1, "\(run.all)")
    #expect(run.out.components(separatedBy: "error[unreachable]").count == 2, "\(run.out)")
    for index in 1...5 { #expect(run.out.contains("  ! s\(index)  blocked  unreachable\n"), "\(run.out)") }
    #expect(run.out.contains("note: the same for 5 servers"), "\(run.out)")
  }
}
