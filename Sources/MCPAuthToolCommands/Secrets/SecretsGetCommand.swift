import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsGetCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Prints a value: a server's, or a stored one.",
    usage:
      "mcpauth secrets get <name> [--field <field>] [<options>]\n       mcpauth secrets get --stored <key> [<options>]",
    discussion: """
      Prints the value and one line end, and nothing else. Output to a terminal needs --show. For a server, the record that the lock file \
      names is used, or the reference in the inventory. A name that is no server is the key of a stored secret. In a job of GitHub Actions \
      the value is masked in the log first.

      example: CLIENT_SECRET=$(mcpauth secrets get linear)
      """)

  @Argument(
    help: ArgumentHelp("The server, or the key of a stored secret.", valueName: "name"), completion: .serverNames)
  var name: String?

  @Option(help: ArgumentHelp("A stored secret, also if a server has that name.", valueName: "key"))
  var stored: String?

  @Option(help: ArgumentHelp("Which of the server's values.", valueName: "field"))
  var field: SecretField?

  @Flag(help: "Allow standard output to be a terminal.")
  var show = false

  @OptionGroup var state: StateOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if (name == nil) == (stored == nil) { throw ValidationError("name a server, or a stored secret with --stored") }
    if stored != nil, field != nil { throw ValidationError("--field needs a server: a stored secret has no fields") }
  }

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    guard show || !context.terminal.isOutput else {
      throw .usage(
        message: "standard output is a terminal, and the secret would be shown there",
        help: "send it where it is needed: mcpauth secrets get … | …\n  help: or show it: --show")
    }
    let found = try await find(session)
    if !common.quiet, !found.help.isEmpty {
      context.output.text(found.help.map { "help: \($0)\n" }.joined(), to: .error)
    }
    let printed = PrintedSecret(
      inventory: session.source.file, name: found.isStored ? nil : name,
      stored: found.isStored ? stored ?? name : nil, field: found.isStored ? nil : field ?? .clientSecret,
      value: found.value)
    printed.write(isDocument: common.format == .json, in: context)
    return .done
  }

  private func find(_ session: InventorySession) async throws(RunFailure) -> SecretGetResult {
    if let stored {
      return try await session.run { run throws(Diagnostic) in
        SecretGetResult(value: try await run.secrets().getStored(stored), isStored: true, help: [])
      }
    }
    return try await session.run(naming: { run throws(Diagnostic) in try await run.secrets().get(name ?? "", field) })
  }
}

extension SecretField: ExpressibleByArgument {}
