import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// Consumers#Export: `--merge` of TOML keeps the rest byte for byte.
@Suite struct TOMLMergeTests {
  @Test("Consumers#Export: comments, order and values of everything else stay byte for byte")
  func keepsAllElse() throws {
    let before = """
      # codex
      model = "o9"   # best
      when = 1979-05-27 07:32:00Z
      list = [ 1,
        2, # two
      ]

      [mcp_servers.files]
      command = "npx"
      args = ["-y", 'files']

      [mcp_servers.linear] # mine
      startup_timeout_sec = 20
      url = 'https://mcp.linear.app/old' # where
      scopes = [
        "read", # only
      ]

      [mcp_servers.linear.oauth]
      client_id = "old"

      [[profiles]]
      name = \"\"\"
      [mcp_servers.fake]
      \"\"\"

      [tui]
      x = 0x1F

      """
    let after = """
      # codex
      model = "o9"   # best
      when = 1979-05-27 07:32:00Z
      list = [ 1,
        2, # two
      ]

      [mcp_servers.files]
      command = "npx"
      args = ["-y", 'files']

      [mcp_servers.linear] # mine
      startup_timeout_sec = 20
      url = "https://mcp.linear.app/mcp" # where
      scopes = ["read", "write"]
      enabled = true

      [mcp_servers.linear.oauth]
      client_id = "client-of-linear"
      callback_port = 3118
      callback_url = "http://localhost:3118/callback"

      [mcp_servers.search]
      url = "https://search.example.com/mcp"
      enabled = true

      [mcp_servers.search.env_http_headers]
      X-API-Key = "SEARCH_API_KEY"

      [[profiles]]
      name = \"\"\"
      [mcp_servers.fake]
      \"\"\"

      [tui]
      x = 0x1F

      """
    #expect(try ExportWorld().merge(.codex, only: ["linear", "search"], into: before) == after)
  }

  @Test("Consumers#Export: a second merge changes nothing")
  func idempotent() throws {
    let world = try ExportWorld()
    let once = try world.merge(.codex, only: [], into: "mine = true\n")
    #expect(once == "mine = true\n\n" + (try world.text(.codex)))
    #expect(try world.merge(.codex, only: [], into: once) == once)
    #expect(try world.merge(.codex, only: [], into: "") == world.text(.codex))
  }

  @Test(
    "Consumers#Export: every notation of the place where the server is",
    arguments: [
      ("# nothing", "# nothing\n[mcp_servers.docs]\nurl = \"https://docs.example.com/mcp\"\nenabled = true\n"),
      (
        "[mcp_servers.docs]\nurl = \"https://docs.example.com/x\"",
        "[mcp_servers.docs]\nurl = \"https://docs.example.com/mcp\"\nenabled = true"
      ),
      (
        "[mcp_servers]\ndocs = { url = \"https://docs.example.com/x\", mine = 1 }\n",
        "[mcp_servers]\ndocs = { url = \"https://docs.example.com/mcp\", mine = 1, enabled = true }\n"
      ),
      (
        "mcp_servers.docs.url = \"https://docs.example.com/x\"\nb = 1\n",
        "mcp_servers.docs.url = \"https://docs.example.com/mcp\"\nmcp_servers.docs.enabled = true\nb = 1\n"
      ),
      (
        "[mcp_servers]\ndocs.\"url\" = \"https://docs.example.com/x\"\n",
        "[mcp_servers]\ndocs.\"url\" = \"https://docs.example.com/mcp\"\ndocs.enabled = true\n"
      ),
      (
        "[mcp_servers.docs.mine]\na = 1\n",
        "[mcp_servers.docs.mine]\na = 1\n\n[mcp_servers.docs]\nurl = \"https://docs.example.com/mcp\"\nenabled = true\n"
      ),
      (
        "[a]\r\nb = 1\r\n",
        "[a]\r\nb = 1\r\n\r\n[mcp_servers.docs]\r\nurl = \"https://docs.example.com/mcp\"\r\nenabled = true\r\n"
      ),
      (
        "[mcp_servers.docs]\nurl = \"https://docs.example.com/mcp\"\nenabled = false\nscopes = [\"old\"] # gone\n\n[mcp_servers.docs.oauth]\nclient_id = \"old\"\n\n[z]\n",
        "[mcp_servers.docs]\nurl = \"https://docs.example.com/mcp\"\nenabled = false\n\n[z]\n"
      ),
    ])
  func shapes(before: String, after: String) throws {
    #expect(try ExportWorld().merge(.codex, only: ["docs"], into: before) == after)
  }

  @Test(
    "Consumers#Export: a file that cannot be edited safely is refused, with the reason",
    arguments: [
      ("a = \n", "a value is missing here"),
      ("a = 1\na = 2\n", "'a' is defined twice"),
      ("[a]\n[a]\n", "'a' is defined twice"),
      ("[a\n", "']' is missing here"),
      ("a = \"x\n", "a string that does not end"),
      ("a = \"\\q\"\n", "an unknown escape"),
      ("a = 1 b = 2\n", "unexpected text after the value"),
      ("mcp_servers = 1\n", "'mcp_servers' is a number there, not an object"),
      ("[[mcp_servers]]\nx = 1\n", "'mcp_servers' is a list there, not an object"),
      (
        "[mcp_servers.docs]\ncommand = \"npx\"\n",
        "the server 'docs' there is not from mcpauth: it is a program on the user's own machine"
      ),
      (
        "[mcp_servers]\ndocs = { url = \"https://docs.example.com/mcp\", scopes = [] }\n",
        "'mcp_servers.docs.scopes' is in an inline table"
      ),
    ])
  func refused(file: String, reason: String) throws {
    let options = ExportOptions(.codex, only: ["docs"], existing: Array(file.utf8), existingFile: "config.toml")
    let refusal = try ExportWorld().refusal(options)
    #expect(refusal?.code == .unsafeMerge)
    #expect(refusal?.message.hasSuffix("cannot be updated: " + reason) == true, "\(refusal?.message ?? "")")
  }
}
