package import ArgumentParser
package import MCPAuthToolOutput

/// The root of the command line.
package struct MCPAuthCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "mcpauth",
    abstract: "Reconciles OAuth clients for MCP servers with a version-controlled inventory.",
    discussion: """
      example: mcpauth plan on a pull request, mcpauth apply servers.yaml after the merge

      exit codes: 0 done; 1 a server failed or is blocked; 2 plan --detailed-exitcode, and there are changes; \
      3 the inventory is invalid; 4 another run holds the lock; 64 wrong usage
      """,
    version: versionLine,
    subcommands: [
      InitCommand.self, AddCommand.self, ValidateCommand.self, PlanCommand.self, ApplyCommand.self,
      RotateCommand.self, ImportCommand.self, StatusCommand.self, InspectCommand.self, VerifyCommand.self,
      StateCommand.self, OrphansCommand.self, ExportCommand.self, ClientMetadataCommand.self, SecretsCommand.self,
      SchemaCommand.self, ExplainCommand.self, CompletionCommand.self, ManualCommand.self, VersionCommand.self,
    ])

  static let versionLine = "mcpauth " + ToolVersion.current

  package init() {}

  /// Parses the arguments and runs the command. Everything is printed through the context.
  package static func run(_ arguments: [String], in context: ToolContext) async -> ToolExit {
    if let mistake = HelpTopic.mistake(in: arguments, of: Self.self) {
      context.output.text(mistake, to: .error)
      return .usage
    }
    var exit: ToolExit
    do {
      var command = try parseAsRoot(arguments)
      if let command = command as? any ToolCommand {
        var context = context
        if let command = command as? any InventoryCommand { context.assignments = command.variables.values }
        exit = await command.run(in: context)
      } else {
        // The arguments are `help`, or name no command.
        try command.run()
        exit = .done
      }
    } catch {
      exit = show(error, of: arguments, in: context)
    }
    context.explain(context.output.errors.hint)
    context.output.end(exit)
    if exit == .done || exit == .changes, context.output.hasLostResults { exit = .failed }
    return exit
  }

  /// Prints the parser's text: help, the version, or what is wrong with the arguments.
  private static func show(_ error: any Error, of arguments: [String], in context: ToolContext) -> ToolExit {
    var message = fullMessage(for: error)
    if exitCode(for: error).isSuccess {
      context.output.text(message.hasSuffix("\n") ? message : message + "\n")
      return .done
    }
    if HiddenArguments.areHidden(arguments) {
      message = HiddenArguments.hide(message, arguments)
    } else if let values = HelpTopic.valuesOfMissing(in: message, arguments, of: Self.self) {
      message = values
    }
    let prefix = "Error: "
    if let help = HelpTopic.nearestValue(to: message) { message = help }
    let words = message.hasPrefix(prefix) ? "error: " + message.dropFirst(prefix.count) : message
    context.output.text(Printable.lines(words).joined(separator: "\n") + "\n", to: .error)
    return .usage
  }
}
