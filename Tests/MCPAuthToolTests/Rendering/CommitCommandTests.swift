import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

/// The command that commits what a run changed (PlanAndApply#Approval).
@Suite struct CommitCommandTests {
  private func printed(_ paths: [String]) -> String {
    let world = ToolWorld()
    ReportSettings().report(to: world.context.output).committable(paths)
    return world.printed.error
  }

  @Test("PlanAndApply#Approval: a path is quoted for a shell")
  func quoted() {
    let text = printed(["my team/servers.lock.json", "my team/servers.secrets"])
    #expect(text == "to commit what changed: git add 'my team/servers.lock.json' 'my team/servers.secrets'\n")
  }

  @Test(
    "PlanAndApply#Approval: git does not read a path as a pattern or an option",
    arguments: [
      ":(top) a.lock.json", "a *.lock.json", "a ?.lock.json", "a [b].lock.json", "a \\b.lock.json", "- a.lock.json",
    ])
  func literal(path: String) {
    #expect(printed([path]) == "to commit what changed: git --literal-pathspecs add -- '\(path)'\n")
  }

  @Test(
    "PlanAndApply#Approval: no command for a path that cannot be printed as it is",
    arguments: ["a\u{1B}[2J.lock.json", "a\nb.lock.json", "a\u{202E}b.lock.json", "a##[b.lock.json"])
  func harmful(path: String) {
    #expect(printed(["servers.lock.json", path]).isEmpty)
  }
}
