import MCPAuthCore
import MCPAuthSandbox
import Testing

/// An error code of a command other than `validate`, `plan` and `apply`, and how to cause it.
struct CommandCase: Sendable, CustomTestStringConvertible {
  var code: DiagnosticCode
  var isWarning = false
  var kinds: [String] = []
  var command: [String]
  /// Prepares the folder.
  var prepare: @Sendable (Workplace, Sandbox) async throws -> Void

  var testDescription: String { "\(code.rawValue): \(command.joined(separator: " "))" }

  /// Applies a server `s` of this kind first.
  static func afterApply(
    _ code: DiagnosticCode, isWarning: Bool = false, kind: String = "challenge", _ command: String...,
    then: @escaping @Sendable (Workplace, Sandbox) async throws -> Void = { _, _ in }
  ) -> CommandCase {
    CommandCase(code: code, isWarning: isWarning, kinds: [kind], command: command) { place, sandbox in
      try place.write(server: kind, sandbox)
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      try await then(place, sandbox)
    }
  }

  /// Servers with API keys. They are applied without a request.
  static func keys(_ code: DiagnosticCode, of servers: [String], _ command: String...) -> CommandCase {
    CommandCase(code: code, command: command) { place, _ in
      let blocks = servers.map {
        "\($0): {url: \"https://\($0.count).example/\($0)\", auth: api_key, api_key: {header: X-K, value: {env: KEY}}}"
      }
      try place.write(servers: blocks.joined(separator: "\n"))
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
    }
  }
}

enum CommandTable {
  static let all: [CommandCase] = [
    CommandCase(code: .fileExists, command: ["init", "--name", "Other"]) { place, _ in
      try place.write(servers: FlagsTests.none)
    },
    CommandCase(code: .importUnreadable, command: ["import", "--from", "vscode", "mcp.json"]) { place, _ in
      try place.write("{\"servers\": {\n  x\n}}", to: "mcp.json")
    },
    .keys(.storeUnsupported, of: ["a"], "state", "pull"),
    .afterApply(.moveRefused, "state", "move", "s", "renamed"),
    .afterApply(.redirectURIsDiffer, isWarning: true, "state", "move", "s", "renamed") { place, _ in
      try place.write(place.read("servers.yaml").replacing("  s:", with: "  renamed:"))
    },
    .afterApply(.goneFromInventory, isWarning: true, "state", "move", "s", "renamed") { place, _ in
      try place.write(servers: FlagsTests.none)
    },
    .afterApply(.stillInInventory, isWarning: true, "state", "forget", "s"),
    .afterApply(.mergeRefused, "state", "merge", "base.json", Workplace.lockFile, "other.json") { place, _ in
      try place.write("", to: "base.json")
      let lock = try place.read(Workplace.lockFile)
      try place.write(lock.replacing("\"lineage\": \"", with: "\"lineage\": \"0"), to: "other.json")
    },
    .afterApply(.mergeConflict, "state", "merge", "base.json", Workplace.lockFile, "other.json") { place, _ in
      try place.write(place.read(Workplace.lockFile), to: "base.json")
      try place.editEntry("s", ["client_id": "theirs"])
      try place.write(place.read(Workplace.lockFile), to: "other.json")
      try place.editEntry("s", ["client_id": "ours"])
    },
    .keys(.exportNameCollision, of: ["a-b", "a_b"], "export", "--to", "coder"),
    .afterApply(.consumerCannotSignIn, isWarning: true, kind: "confidential-basic", "export", "--to", "gemini"),
    .afterApply(.exportUnsafe, "export", "--to", "opencode") { place, _ in
      try place.editEntry("s", ["client_id": "{file:/etc/passwd}"])
    },
    .afterApply(.unsafeMerge, "export", "--to", "cursor", "--merge", "mcp.json") { place, _ in
      try place.write("{\"mcpServers\": [", to: "mcp.json")
    },
    .afterApply(.outputFailed, "export", "--to", "json", "--output", "missing/export.json"),
    .afterApply(.notApplied, isWarning: true, "export", "--to", "json") { place, sandbox in
      try place.write(server: "challenge", sandbox, more: "t: {url: \"https://t.example/mcp\"}")
    },
    .afterApply(.secretExpired, isWarning: true, kind: "confidential-basic", "export", "--to", "json") { place, _ in
      try place.editEntry("s", ["client_secret_expires_at": "2021-01-01T00:00:00Z"])
    },
    .afterApply(.exportIncomplete, isWarning: true, kind: "confidential-basic", "export", "--to", "dotenv"),
    .afterApply(.exportUnverified, isWarning: true, kind: "confidential-basic", "export", "--to", "copilot-cli"),
  ]
}
