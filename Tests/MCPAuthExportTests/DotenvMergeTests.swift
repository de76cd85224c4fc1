import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// Consumers#Export: `--merge` of a dotenv file sets its own names.
@Suite struct DotenvMergeTests {
  @Test("Consumers#Export: names of the inventory are set in their lines, or at the end; all other lines are kept")
  func sets() throws {
    let before = """
      # mine
      A=1
      export SEARCH_API_KEY = "old" # old

      LONG="first
      MCP_GITHUB_CLIENT_SECRET=not this one
      "
      MCP_GITHUB_CLIENT_SECRET_2=x
      """
    let after = """
      # mine
      A=1
      export SEARCH_API_KEY=yes

      LONG="first
      MCP_GITHUB_CLIENT_SECRET=not this one
      "
      MCP_GITHUB_CLIENT_SECRET_2=x
      MCP_GITHUB_CLIENT_SECRET=6.02e23

      """
    let merged = try ExportWorld().merge(.dotenv, .inline, only: ["search", "github"], into: before)
    #expect(merged == after)
    #expect(try ExportWorld().merge(.dotenv, .inline, only: ["search", "github"], into: merged) == after)
  }

  @Test("Consumers#Export: CRLF is kept, an empty file is filled, no name is set without a value")
  func shapes() throws {
    let world = try ExportWorld()
    #expect(
      try world.merge(.dotenv, .inline, only: ["search"], into: "A=1\r\n") == "A=1\r\nSEARCH_API_KEY=yes\r\n")
    #expect(try world.merge(.dotenv, .inline, only: ["search"], into: "") == "SEARCH_API_KEY=yes\n")
    #expect(
      try world.merge(.dotenv, .omit, only: ["search"], into: "SEARCH_API_KEY=old\n")
        == "SEARCH_API_KEY=old\n")
  }

  @Test("Consumers#Export: a value of the inventory that has several lines in the file is refused")
  func refused() throws {
    let file = "SEARCH_API_KEY='a\nb'\n"
    let options = ExportOptions(.dotenv, secrets: .inline, only: ["search"], existing: Array(file.utf8))
    #expect(try ExportWorld().refusal(options)?.code == .unsafeMerge)
  }
}
