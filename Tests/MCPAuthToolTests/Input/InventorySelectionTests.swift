import MCPAuthCore
import Testing

@testable import MCPAuthToolInput

@Suite struct InventorySelectionTests {
  private static let folders: [String: [String: Bool]] = [
    ".": ["servers.yaml": false, "teams": true, ".github": true, "odd[1].yaml": false],
    "teams": ["a": true, "b": true, "README.md": false, "all.yml": false],
    "teams/a": ["servers.yaml": false, "ci.yaml": false], "teams/b": ["servers.yaml": false, "deep": true],
    "teams/b/deep": ["servers.yaml": false], ".github": ["servers.yaml": false], "empty": ["ci.yaml": false],
    "/": ["abs": true], "/abs": ["x.yaml": false],
  ]

  private static let selection = InventorySelection(
    list: { folder in folders[folder.hasPrefix("./") ? String(folder.dropFirst(2)) : folder] },
    isInventory: { !$0.hasSuffix("ci.yaml") })

  @Test(
    "PlanAndApply#Flags: files as given, folders, and patterns, each file once",
    arguments: [
      (["servers.yaml"], ["servers.yaml"]),
      (["not-there.yaml"], ["not-there.yaml"]),
      (["teams/a"], ["teams/a/servers.yaml"]),
      (["teams"], ["teams/all.yml"]),
      (["teams/*/servers.yaml"], ["teams/a/servers.yaml", "teams/b/servers.yaml"]),
      (
        ["**/servers.yaml"],
        ["servers.yaml", "teams/a/servers.yaml", "teams/b/deep/servers.yaml", "teams/b/servers.yaml"]
      ),
      (["teams/b/**/*.yaml"], ["teams/b/deep/servers.yaml", "teams/b/servers.yaml"]),
      (["teams/?/serv*s.y?ml"], ["teams/a/servers.yaml", "teams/b/servers.yaml"]),
      (["teams/[b-z]/servers.yaml"], ["teams/b/servers.yaml"]),
      (["teams/[!b]/servers.yaml"], ["teams/a/servers.yaml"]),
      ([".github/*.yaml"], [".github/servers.yaml"]),
      (["/abs/*.yaml"], ["/abs/x.yaml"]),
      (["odd[1].yaml"], ["odd[1].yaml"]),
      (
        ["teams/b", "teams/a/servers.yaml", "./teams/b/servers.yaml"], ["teams/b/servers.yaml", "teams/a/servers.yaml"]
      ),
    ])
  func selects(arguments: [String], expected: [String]) throws {
    #expect(try Self.selection.files(arguments) == expected)
  }

  @Test(
    "PlanAndApply#Flags: an argument that matches no inventory is an error, with a solution",
    arguments: ["empty", "teams/*/nothing.yaml", "*.json"])
  func nothing(argument: String) throws {
    let error = #expect(throws: Diagnostic.self) { try Self.selection.files([argument]) }
    #expect(error?.code == .inventoryUnreadable)
    #expect(error?.help.isEmpty == false)
  }

  @Test(
    "PlanAndApply#Flags: of the YAML files in a folder, inventories are those with 'servers' in the first column",
    arguments: [
      ("version: 1\nservers:\n  a: {}\n", true), ("\"servers\" : {}\n", true), ("servers:\r\n", true),
      ("on: push\njobs:\n  servers: 1\n", false), ("serversides: 1\n", false), ("", false),
    ])
  func inventories(text: String, isOne: Bool) {
    #expect(InventorySelection.looksLikeInventory(Array(text.utf8)) == isOne)
  }

  @Test(
    "a star matches anything but a leading dot, and backtracks if the rest needs it",
    arguments: [
      ("*", "a", true), ("*", "", true), ("*", ".a", false), (".*", ".a", true), ("a*b*c", "aXbYbZc", true),
      ("a*b*c", "aXbYbZ", false), ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[", "[", true), ("[]]", "]", true),
      ("é?", "éü", true), ("**", "abc", true),
    ])
  func names(pattern: String, name: String, matches: Bool) {
    #expect(GlobPattern.matches(Substring(pattern), name) == matches)
  }
}
