import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput

/// The arguments of `mcpauth help`. The parser ignores a word that is not a command and shows the general help.
enum HelpTopic {
  /// - Returns: a message about the first word that is not a command; nil when there is none, or when the command is not `help`.
  static func mistake(in arguments: [String], of root: any ParsableCommand.Type) -> String? {
    guard arguments.first == "help" else { return nil }
    var command = root
    for word in arguments.dropFirst() where !word.hasPrefix("-") {
      let subcommands = command.configuration.subcommands
      guard let next = subcommands.first(where: { $0._commandName == word }) else {
        let names = subcommands.map { $0._commandName }.sorted()
        // A command of `secrets` may be a value.
        let isHidden = command != root && HiddenArguments.areHidden(arguments)
        let shown = isHidden ? HiddenArguments.mark : "'\(Printable.line(word))'"
        guard !names.isEmpty else { return "error: '\(command._commandName)' has no command \(shown)\n" }
        let nearest = NearestName.of(word, in: names).map { "did you mean '\($0)'?" }
        let help = nearest ?? "there are " + names.joined(separator: ", ")
        return "error: there is no command \(shown)\n  help: \(help)\n"
      }
      command = next
    }
    return nil
  }
}
