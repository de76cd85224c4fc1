import Foundation
import MCPAuthSandbox
import Testing

/// What to commit after an apply that changed something (PlanAndApply#Approval). Tests of the binary.
@Suite struct CommitAdviceTests {
  private static let label = "to commit what changed: "

  @Test("PlanAndApply#Approval: in a git work tree, a changed apply names the files to commit, as a command")
  func committed() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let key = try await AgeKey.make()
      let place = try Workplace(
        servers: "t: {url: \"\(sandbox.url("confidential-basic"))\"}", head: AgeKey.head(key))
      try await place.git("init", "-q", "-b", "main")
      let first = try await place.run("apply", environment: key.environment)
      #expect(first.exit == 0, "\(first.all)")
      #expect(first.err == Self.label + "git add servers.lock.json servers.secrets\n", "\(first.all)")
      // It works as it is.
      try await place.git("add", "servers.lock.json", "servers.secrets")
      // Nothing changed, or the output is not for a person who commits.
      #expect(try await place.run("apply", environment: key.environment).err.isEmpty)
      for more in [["--quiet"], ["--format", "json"], ["--format", "github"], ["--format", "markdown"]] {
        let rotated = try await place.run(["rotate", "t"] + more, environment: key.environment)
        #expect(rotated.exit == 0 && !rotated.all.contains(Self.label), "\(rotated.all)")
      }
      let rotated = try await place.run("rotate", "t", environment: key.environment)
      #expect(rotated.err.contains(Self.label + "git add servers.lock.json servers.secrets\n"), "\(rotated.all)")
    }
  }

  @Test("PlanAndApply#Approval: the command is quoted for a shell; outside of a git work tree there is none")
  func quoted() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace()
      try FileManager.default.createDirectory(at: place.path("my team"), withIntermediateDirectories: true)
      let text = """
        version: 1
        client: {name: x, redirect_uris: ["http://127.0.0.1:7777/cb"]}
        servers:
          s: {url: "\(sandbox.url("challenge"))", oauth2: {generation: GENERATION}}

        """
      try place.write(text.replacingOccurrences(of: "GENERATION", with: "0"), to: "my team/prod.yaml")
      let outside = try await place.run("apply", "my team/prod.yaml")
      #expect(outside.exit == 0 && !outside.all.contains(Self.label), "\(outside.all)")
      try await place.git("init", "-q", "-b", "main")
      try place.write(text.replacingOccurrences(of: "GENERATION", with: "1"), to: "my team/prod.yaml")
      let inside = try await place.run("apply", "my team/prod.yaml")
      #expect(inside.exit == 0, "\(inside.all)")
      #expect(inside.err.contains(Self.label + "git add 'my team/prod.lock.json'\n"), "\(inside.all)")
    }
  }
}
