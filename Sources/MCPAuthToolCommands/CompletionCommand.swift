import ArgumentParser
import MCPAuthToolOutput

struct CompletionCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    abstract: "Prints completions for a shell.",
    discussion: """
      bash:  mcpauth completion bash > ~/.local/share/bash-completion/completions/mcpauth
      zsh:   mcpauth completion zsh > _mcpauth, in a folder of $fpath
      fish:  mcpauth completion fish > ~/.config/fish/completions/mcpauth.fish

      Server names are those of the inventory that the line names, or of servers.yaml, and of its lock file.

      example: source <(mcpauth completion bash)
      """)

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish

    fileprivate var completed: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: ArgumentHelp("Which shell.", valueName: "shell"))
  var shell: Shell

  func run(in context: ToolContext) async -> ToolExit {
    context.output.verbatim(Array((MCPAuthCommand.completionScript(for: shell.completed) + "\n").utf8))
    return .done
  }
}
