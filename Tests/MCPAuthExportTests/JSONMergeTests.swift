import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// Consumers#Export: `--merge` updates only the keys it owns.
@Suite struct JSONMergeTests {
  @Test("Consumers#Export: comments, order, indentation and other keys stay byte for byte")
  func keepsAllElse() throws {
    let before = """
      // my servers
      {
          "theme": "dark",   // not yours
          "mcpServers": {
              /* a program */
              "files": { "command": "npx", "args": ["-y", "files"] },
              "linear": {
                  "timeout": 5, "url": "https://mcp.linear.app/old",
                  "oauth": { "clientId": "old", "extra": [1, 2.50] },
                  "headers": {"X-Mine": "1"}  // keep
              } // linear
          },
          "last": 1e3,
      }

      """
    let after = """
      // my servers
      {
          "theme": "dark",   // not yours
          "mcpServers": {
              /* a program */
              "files": { "command": "npx", "args": ["-y", "files"] },
              "linear": {
                  "timeout": 5, "url": "https://mcp.linear.app/mcp",
                  "oauth": { "clientId": "client-of-linear", "extra": [1, 2.50], "callbackPort": 3118, "scopes": "read write" },
                  "headers": {"X-Mine": "1"},  // keep
                  "type": "http"
              }, // linear
              "docs": {
                  "type": "http",
                  "url": "https://docs.example.com/mcp"
              }
          },
          "last": 1e3,
      }

      """
    #expect(try ExportWorld().merge(.claudeCode, only: ["linear", "docs"], into: before) == after)
  }

  @Test(
    "Consumers#Export: a second merge changes nothing",
    arguments: ExportTarget.allCases.filter { $0.format == .json && $0.isMergeable })
  func idempotent(target: ExportTarget) throws {
    let world = try ExportWorld()
    let once = try world.merge(target, only: [], into: "{\n\t\"mine\": true\n}\n")
    #expect(once.hasPrefix("{\n\t\"mine\": true,\n\t\""))
    #expect(try world.merge(target, only: [], into: once) == once)
    // Exporting to a new file and merging into an empty one give the same text.
    #expect(try world.merge(target, only: [], into: "") == world.text(target))
  }

  @Test(
    "Consumers#Export: every form of the place where the servers go",
    arguments: [
      ("{}", "{\n  \"mcpServers\": {\n    \"docs\": {\n      \"url\": \"https://docs.example.com/mcp\"\n    }\n  }\n}"),
      (
        "{\"a\": 1}", "{\"a\": 1, \"mcpServers\": {\"docs\":{\"url\":\"https://docs.example.com/mcp\"}}}"
      ),
      (
        "{\n\t\"mcpServers\": {}\n}\n",
        "{\n\t\"mcpServers\": {\n\t\t\"docs\": {\n\t\t\t\"url\": \"https://docs.example.com/mcp\"\n\t\t}\n\t}\n}\n"
      ),
      (
        "{\r\n  \"mcpServers\": {\r\n    \"x\": {},\r\n  }\r\n}",
        "{\r\n  \"mcpServers\": {\r\n    \"x\": {},\r\n    \"docs\": {\r\n      \"url\": \"https://docs.example.com/mcp\"\r\n    },\r\n  }\r\n}"
      ),
      (
        "{ // none yet\n}",
        "{ // none yet\n  \"mcpServers\": {\n    \"docs\": {\n      \"url\": \"https://docs.example.com/mcp\"\n    }\n  }\n}"
      ),
      (
        "{\"mcpServers\": null}",
        "{\"mcpServers\": {\n  \"docs\": {\n    \"url\": \"https://docs.example.com/mcp\"\n  }\n}}"
      ),
    ])
  func shapes(before: String, after: String) throws {
    #expect(try ExportWorld().merge(.cursor, only: ["docs"], into: before) == after)
  }

  @Test(
    "Consumers#Export: keys that mcpauth owns and that have no value any more are removed; the user's own keys stay"
  )
  func stale() throws {
    let before = """
      {
        "mcpServers": {
          "docs": {
            "url": "https://docs.example.com/mcp",
            "auth": {
              "CLIENT_ID": "old",
              "CLIENT_SECRET": "old"
            },
            "mine": 1
          }
        }
      }
      """
    let after = """
      {
        "mcpServers": {
          "docs": {
            "url": "https://docs.example.com/mcp",
            "mine": 1
          }
        }
      }
      """
    #expect(try ExportWorld().merge(.cursor, only: ["docs"], into: before) == after)
    // If the last key is removed, the comma before it is removed too.
    let last = #"{"mcpServers": {"docs": {"url": "https://docs.example.com/mcp", "auth": {"CLIENT_ID": "x"}}}}"#
    #expect(
      try ExportWorld().merge(.cursor, only: ["docs"], into: last)
        == #"{"mcpServers": {"docs": {"url": "https://docs.example.com/mcp"}}}"#)
    let mixed =
      #"{"mcpServers": {"docs": {"url": "https://docs.example.com/mcp", "auth": {"CLIENT_ID": "x", "mine": 1}}}}"#
    #expect(
      try ExportWorld().merge(.cursor, only: ["docs"], into: mixed)
        == #"{"mcpServers": {"docs": {"url": "https://docs.example.com/mcp", "auth": {"mine": 1}}}}"#)
  }

  @Test("Consumers#Export: an omitted secret is left unchanged; the secret of a client that is now public is removed")
  func omittedSecret() throws {
    let file = """
      {
        "mcpServers": {
          "github": {
            "url": "https://api.githubcopilot.com/mcp/",
            "auth": {
              "CLIENT_ID": "Iv1.0123456789abcdef",
              "CLIENT_SECRET": "typed in by hand",
              "scopes": [
                "repo",
                "read:org"
              ]
            }
          }
        }
      }
      """
    var world = try ExportWorld()
    #expect(try world.merge(.cursor, .omit, only: ["github"], into: file) == file)
    world.lock.servers["github"]?.client?.authMethod = .publicClient
    #expect(try !world.merge(.cursor, .omit, only: ["github"], into: file).contains("CLIENT_SECRET"))
  }

  @Test("Consumers#Export: a server that a user disabled stays disabled")
  func initialKeys() throws {
    let file = #"{"mcp": {"docs": {"type": "remote", "url": "https://docs.example.com/mcp", "enabled": false}}}"#
    #expect(try ExportWorld().merge(.opencode, only: ["docs"], into: file) == file)
  }

  @Test("Consumers#opencode: a file of version 1 keeps its version; every other file gets the servers of version 2")
  func opencodeVersions() throws {
    let world = try ExportWorld()
    let first = #"{"mcp": {"other": {"type": "remote", "url": "https://other.example/mcp"}}}"#
    let kept = try world.merge(.opencode, only: ["linear"], into: first)
    #expect(kept.contains("clientId") && kept.contains("redirectUri") && !kept.contains("\"servers\""))
    for second in [
      #"{"mcp": {"servers": {}, "timeout": {"startup": 1}}}"#, #"{"mcp": {"timeout": {"startup": 1}}}"#, "{}",
    ] {
      let text = try world.merge(.opencode, only: ["linear"], into: second)
      #expect(text.contains("\"servers\"") && text.contains("client_id") && !text.contains("clientId"))
      #expect(try world.merge(.opencode, only: ["linear"], into: text) == text)
    }
  }

  @Test(
    "Consumers#Export: a file that cannot be edited safely is refused, with the reason",
    arguments: [
      ("[]", "it holds a list, not an object"),
      ("{\"mcpServers\": []}", "'mcpServers' is a list there, not an object"),
      ("{\"mcpServers\": {\"docs\": 1}}", "'docs' is a number there, not an object"),
      ("{\"a\": 1 \"b\": 2}", "',' or '}' is missing here"),
      ("{\"a\": 1, \"a\": 2}", "'a' is defined twice"),
      ("{\"a\": tru}", "unexpected character"),
      ("{\"a\": \"", "a string that does not end"),
      ("/* ", "a comment that does not end"),
      ("// nothing", "it has comments, but no object"),
      (
        "{\"mcpServers\": {\"docs\": {\"command\": \"npx\"}}}",
        "the server 'docs' there is not from mcpauth: it is a program on the user's own machine"
      ),
      (
        "{\"mcpServers\": {\"docs\": {\"url\": \"https://other.example/mcp\"}}}",
        "the server 'docs' there is not from mcpauth: it has the URL https://other.example/mcp"
      ),
    ])
  func refused(file: String, reason: String) throws {
    let options = ExportOptions(.cursor, only: ["docs"], existing: Array(file.utf8), existingFile: "mcp.json")
    let refusal = try ExportWorld().refusal(options)
    #expect(refusal?.code == .unsafeMerge)
    #expect(refusal?.message.hasSuffix("cannot be updated: " + reason) == true, "\(refusal?.message ?? "")")
    #expect(refusal?.help.isEmpty == false)
  }

  @Test("Consumers#Export: a byte order mark and a deeply nested file are accepted")
  func oddFiles() throws {
    let mark = "\u{FEFF}{\"mcpServers\": {\"docs\": {\"url\": \"https://docs.example.com/mcp\"}}}"
    #expect(try ExportWorld().merge(.cursor, only: ["docs"], into: mark) == mark)
    let deep = "{\"a\": " + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}"
    let options = ExportOptions(.cursor, only: ["docs"], existing: Array(deep.utf8))
    #expect(try ExportWorld().refusal(options)?.code == .unsafeMerge)
  }
}
