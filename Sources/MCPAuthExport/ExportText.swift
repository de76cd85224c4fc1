internal import MCPAuthCore

/// Makes the text of one export, with warnings and notes about it.
struct ExportText {
  let options: ExportOptions
  private(set) var warnings: [Diagnostic] = []
  private(set) var notes: [String] = []
  private(set) var holdsSecrets = false

  mutating func write(_ servers: [ExportedServer]) throws(Diagnostic) -> [UInt8] {
    var values = SecretWriting(target: options.target, handling: options.secrets)
    values.isOpencodeV1 = try isOpencodeV1
    // Only values that are written were read.
    holdsSecrets = servers.contains { server in server.slots.contains { $0.slot.value != nil } }
    if let section = values.section {
      if values.isOpencodeV1 { notes.append("the file has the format of opencode 1, and keeps it") }
      let entries = servers.map { ExportEntry(name: $0.exportName, value: values.entry($0), kept: values.kept($0)) }
      return try FileMerge(options: options, section: section, shape: values.shape).text(entries)
    }
    switch options.target {
    case .coder:
      return JSONText.document(.array(servers.map { .object(values.coder($0)) }))
    case .toolhive:
      let configs = servers.map { JSON.object(values.toolhive($0)) }
      // toolhive reads one workload from a file. So one server that was named with `--only` is not written as a list.
      if options.only.count == 1, let config = configs.first { return JSONText.document(config) }
      notes.append("toolhive reads one workload from a file: use --only NAME, or an element of the list")
      return JSONText.document(.array(configs))
    case .json: return JSONText.document(values.plainDocument(servers))
    case .kubernetes: return try ExportKubernetes(values: values).text(servers)
    case .coderTerraform: return Array(try ExportTerraform(values: values).text(servers).utf8)
    case .dotenv:
      var dotenv = ExportDotenv(handling: options.secrets)
      let bytes = try dotenv.text(servers, onto: options.existing, file: options.existingFile)
      warnings += dotenv.warnings
      return bytes
    case .librechat, .claudeCode, .vscode, .cursor, .gemini, .codex, .opencode, .goose, .litellm, .copilotCLI, .mcpJSON:
      return []
    }
  }

  /// Whether the file that is updated has servers directly under `mcp`, the format of opencode 1.
  private var isOpencodeV1: Bool {
    get throws(Diagnostic) {
      guard options.target == .opencode, let existing = options.existing,
        let mcp = try JSONCEditor(existing, file: options.existingFile).root?["mcp"]?.object, mcp["servers"] == nil
      else { return false }
      return mcp.members.contains { $0.value.object?["type"] != nil }
    }
  }
}
