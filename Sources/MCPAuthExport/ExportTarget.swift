package import MCPAuthPlan

/// The targets of an export (Consumers#Export). The raw value is the word after `--to`.
package enum ExportTarget: String, Sendable, CaseIterable {
  case coder
  case coderTerraform = "coder-terraform"
  case librechat
  case claudeCode = "claude-code"
  case vscode, cursor, gemini, codex, opencode, goose, litellm, toolhive, kubernetes, dotenv, json
  case copilotCLI = "copilot-cli"
  /// `.mcp.json`, which several programs read.
  case mcpJSON = "mcp-json"

  /// The format of the target's file.
  package enum Format: Sendable {
    case json, yaml, toml, hcl, dotenv
  }

  package var format: Format {
    switch self {
    case .coder, .claudeCode, .vscode, .cursor, .gemini, .opencode, .toolhive, .json, .copilotCLI, .mcpJSON: .json
    case .librechat, .goose, .litellm, .kubernetes: .yaml
    case .codex: .toml
    case .coderTerraform: .hcl
    case .dotenv: .dotenv
    }
  }

  /// Whether the target's file can say "the value that NAME has" instead of a value.
  package var hasReferences: Bool {
    switch self {
    case .coderTerraform, .librechat, .claudeCode, .vscode, .cursor, .gemini, .codex, .opencode, .goose, .litellm,
      .json, .copilotCLI, .mcpJSON:
      true
    case .coder, .toolhive, .kubernetes, .dotenv: false
    }
  }

  /// Whether the target's file can contain the value of a client secret.
  package var holdsSecretValues: Bool {
    switch self {
    case .claudeCode, .vscode, .goose, .copilotCLI, .mcpJSON: false
    case .coder, .coderTerraform, .librechat, .cursor, .gemini, .codex, .opencode, .litellm, .toolhive, .kubernetes,
      .dotenv, .json:
      true
    }
  }

  /// Whether the target's file can also contain other entries, and mcpauth can distinguish its own entries from them.
  package var isMergeable: Bool { section != nil || self == .dotenv }

  /// The program that signs in with the content of the file; nil for files that several programs, or none, read.
  package var consumer: Consumer? {
    switch self {
    case .coderTerraform: .coder
    case .kubernetes, .dotenv, .json, .mcpJSON: nil
    default: Consumer(rawValue: rawValue)
    }
  }

  /// The name of a server in the target's file.
  func name(of server: String) -> String {
    switch self {
    case .kubernetes: ExportNames.kubernetes(server)
    case .mcpJSON: Consumer.claudeCode.facts.names.value.mapped(server)
    default: consumer?.facts.names.value.mapped(server) ?? server
    }
  }

  /// The path to the member of the target's file that holds the servers by name.
  var section: [String]? {
    switch self {
    case .librechat, .claudeCode, .cursor, .gemini, .copilotCLI, .mcpJSON: ["mcpServers"]
    case .vscode: ["servers"]
    case .opencode: ["mcp", "servers"]
    case .codex, .litellm: ["mcp_servers"]
    case .goose: ["extensions"]
    case .coder, .coderTerraform, .toolhive, .kubernetes, .dotenv, .json: nil
    }
  }

  /// The text that refers to a value by name; nil if the target has no references, or none for this field.
  func reference(to name: String) -> String? {
    switch self {
    case .librechat, .claudeCode, .gemini, .goose, .copilotCLI, .mcpJSON: "${\(name)}"
    case .vscode, .cursor: "${env:\(name)}"
    case .opencode: "{env:\(name)}"
    case .litellm: "os.environ/\(name)"
    case .coderTerraform: "var.\(name)"
    case .coder, .codex, .toolhive, .kubernetes, .dotenv, .json: nil
    }
  }
}

/// `--secrets` (Consumers#Export).
package enum SecretHandling: String, Sendable, CaseIterable {
  /// The name under which the target finds the value.
  case reference
  /// The value itself.
  case inline
  /// Nothing: the secret is left out.
  case omit

  /// The default: a reference if the target has references, otherwise nothing.
  package static func standard(for target: ExportTarget) -> SecretHandling {
    target.hasReferences ? .reference : .omit
  }
}
