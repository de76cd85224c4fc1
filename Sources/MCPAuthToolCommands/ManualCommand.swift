import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput
import MCPAuthToolRendering

struct ManualCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "man",
    abstract: "Prints the manual page.",
    discussion: """
      Prints all commands, flags, files, environment variables and exit codes as a page for man.

      example: mcpauth man > ~/.local/share/man/man1/mcpauth.1
      """)

  func run(in context: ToolContext) async -> ToolExit {
    do throws(JSONParser.Problem) {
      let commands = try JSONParser.parse(Array(MCPAuthCommand._dumpHelp().utf8))
      context.output.verbatim(Array(ManualPage(commands).text.utf8))
      return .done
    } catch {
      // The parser's own description of the commands, made in this process.
      preconditionFailure("the commands cannot be described: \(error)")
    }
  }
}
