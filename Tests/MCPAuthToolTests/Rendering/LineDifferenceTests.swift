import Testing

@testable import MCPAuthToolRendering

/// GettingStarted#Add-a-server: the lines that `--dry-run` and a question show.
@Suite struct LineDifferenceTests {
  private func lines(_ before: String, _ after: String, context: Int = 1) -> [String] {
    LineDifference(from: Array(before.utf8), to: Array(after.utf8), context: context).lines
  }

  @Test(
    "GettingStarted#Add-a-server: only the changed lines are shown, with the lines around them",
    arguments: [
      ("a\nb\nc\n", "a\nb\nx\nc\n", ["  b", "+ x", "  c"]), ("a\nb\nc\n", "a\nx\nc\n", ["  a", "- b", "+ x", "  c"]),
      ("a\na\n", "a\na\na\n", ["  a", "+ a"]), ("a\n", "a\n", []), ("", "a\n", ["+ a"]),
      ("a\r\nb\r\n", "a\r\n", ["  a", "- b"]),
    ])
  func changed(_ before: String, _ after: String, _ expected: [String]) {
    #expect(lines(before, after) == expected)
  }
}
