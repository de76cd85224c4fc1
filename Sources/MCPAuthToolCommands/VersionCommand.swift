import ArgumentParser
import MCPAuthToolOutput

struct VersionCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Prints the version.",
    discussion: """
      It prints the same line as mcpauth --version.

      example: mcpauth version
      """)

  func run(in context: ToolContext) async -> ToolExit {
    context.output.text(MCPAuthCommand.versionLine + "\n")
    return .done
  }
}
