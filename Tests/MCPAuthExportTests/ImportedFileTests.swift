import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// GettingStarted#Import-what-you-have: which values of a consumer's file are secrets.
@Suite struct ImportedFileTests {
  private func file(_ format: ImportFormat, _ text: String) throws -> ImportedFile {
    try ImportedFile(Array(text.utf8), as: format, file: "source")
  }

  /// The values that are stored, and the lines of the inventory.
  private func stored(_ file: ImportedFile) -> (values: [String], lines: String) {
    (file.servers.flatMap(\.secrets).map { $0.value.open() }, InventoryEditor.lines(of: file.servers.map(\.server)))
  }

  @Test("GettingStarted#Import-what-you-have: what server.json marks as a secret is never in the inventory")
  func registry() throws {
    let file = try file(
      .registry,
      #"""
      {"servers": [
        {"name": "a", "remotes": [{"url": "https://a.example/{path}/mcp",
          "variables": {"path": {"value": "hunter2", "isSecret": true}}}]},
        {"name": "b", "remotes": [{"url": "https://b.example/{area}/mcp",
          "variables": {"area": {"value": "eu"}, "unused": {"value": "hunter3", "isSecret": true}},
          "headers": [{"name": "X-Pin", "value": "hunter4", "isSecret": true}, {"name": "X-Area", "value": "eu"}]}]}]}
      """#)
    #expect(file.leftOut.map(\.source) == ["a"])
    #expect(file.leftOut.first?.reason == "its URL has the secret variable 'path'")
    let stored = stored(file)
    #expect(stored.values == ["hunter4"])
    #expect(stored.lines.contains("url: https://b.example/eu/mcp\n") && stored.lines.contains("X-Area: "))
    #expect(!stored.lines.contains("hunter"), "\(stored.lines)")
  }

  @Test(
    "GettingStarted#Import-what-you-have: a header is stored if its name or one of its words looks like a secret",
    arguments: [
      ("X-Password", "a", true), ("X-Auth", "a", true), ("My-Credentials", "a", true),
      ("X-A", "SSWS 00abcdefghijklmnopqrstuvwxyz", true), ("X-A", "ApiKey 0123456789abcdef0123", true),
      ("X-A", "some-id:0123456789abcdef", true), ("X-A", "https://a.example/s/0123456789abcdef0123", true),
      ("X-A", "https://tenant.example/eu/v1", false), ("X-Region", "eu", false), ("X-A", "a few words, and 1", false),
    ])
  func header(name: String, value: String, isStored: Bool) throws {
    let headers = #"{"\#(name)": "\#(value)"}"#
    let file = try file(
      .cursor, #"{"mcpServers": {"a": {"url": "https://a.example/mcp", "headers": \#(headers)}}}"#)
    let stored = stored(file)
    #expect(stored.values == (isStored ? [value] : []))
    #expect(stored.lines.contains("stored: ") == isStored, "\(stored.lines)")
  }

  @Test(
    "GettingStarted#Import-what-you-have: a message shows the inside of a placeholder only if it is a name",
    arguments: [
      (
        ImportFormat.claudeCode,
        #"{"mcpServers": {"a": {"url": "https://a.example", "headers": {"X-A": "a ${S3CRET!}"}}}}"#
      ),
      (
        .registry,
        #"{"name": "a", "remotes": [{"url": "https://a.example", "headers": [{"name": "X-A", "value": "{S3CRET!}"}]}]}"#
      ),
      (.codex, "[mcp_servers.a]\nurl = \"https://a.example\"\nbearer_token_env_var = \"sk-S3CRET\"\n"),
      (.codex, "[mcp_servers.a]\nurl = \"https://a.example\"\nenv_http_headers = {X-A = \"sk-S3CRET\"}\n"),
    ])
  func placeholder(format: ImportFormat, text: String) throws {
    let file = try file(format, text)
    let words = file.leftOut.map(\.reason) + file.servers.flatMap(\.notes)
    #expect(words.count == 1 && !words.joined().contains("S3CRET"), "\(words)")
    #expect(!stored(file).lines.contains("S3CRET"))
  }

  @Test("GettingStarted#Import-what-you-have: a note names the variable whose default is left out; scopes with commas")
  func defaultsAndScopes() throws {
    let file = try file(
      .cursor,
      #"""
      {"mcpServers": {
        "a": {"url": "https://a.example/mcp", "headers": {"X-Region": "${REGION:-eu-1}", "X-B": "${B}"}},
        "b": {"url": "https://b.example/mcp", "auth": {"CLIENT_ID": "c", "scopes": "read,write admin"}}}}
      """#)
    #expect(file.servers.first?.variables == ["REGION", "B"])
    #expect(file.servers.first?.notes == ["set REGION where mcpauth runs: the default of REGION is left out"])
    guard case .client(let client)? = file.servers.last?.server.credentials else {
      Issue.record("no client")
      return
    }
    #expect(client.scopes == ["read", "write", "admin"])
  }

  @Test(
    "GettingStarted#Import-what-you-have: a URL with a secret is left out",
    arguments: [
      ("https://0123456789abcdef0123.example/mcp", false), ("https://a.example/my-long-server-name-v2/mcp", false),
      ("https://a.example/01234567-89ab-cdef-0123-456789abcdef/mcp?team=acme", false),
      ("https://a.example/s/0123456789abcdef0123456789abcdef01234567/mcp", true),
      ("https://a.example/mcp?code=AbCdEf0123456789abcd%3D%3D", true),
      ("https://a.example/mcp?x=glpat-abcdefghijklmno", true),
    ])
  func url(_ url: String, isLeftOut: Bool) throws {
    let file = try file(.cursor, #"{"mcpServers": {"a": {"url": "\#(url)"}}}"#)
    #expect(file.leftOut.count == (isLeftOut ? 1 : 0))
    #expect(file.servers.count == (isLeftOut ? 0 : 1))
  }
}
