import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput

/// Words that are not commands, and values that are missing or not in a closed list. For `mcpauth help` the parser ignores such a word and shows the general
/// help; in other cases its message suggests nothing.
enum HelpTopic {
  /// - Returns: a message about the first word that is not a command; nil when there is none.
  static func mistake(in arguments: [String], of root: any ParsableCommand.Type) -> String? {
    let isHelp = arguments.first == "help"
    // A word of `secrets` may be a value. The parser's message hides it.
    guard isHelp || !HiddenArguments.areHidden(arguments) else { return nil }
    var command = root
    for word in arguments.dropFirst(isHelp ? 1 : 0) {
      if word.hasPrefix("-") {
        // Without `help`, the words after a flag may be its value.
        guard isHelp else { return nil }
        continue
      }
      let subcommands = command.configuration.subcommands
      if !isHelp, subcommands.isEmpty || word == "help" { return nil }
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

  /// - Parameter message: the parser's text about a value that is not in a list: the values are in quotes, or on lines that begin with `-`.
  /// - Returns: the text with the nearest value; nil for other texts, and where no value is near.
  static func nearestValue(to message: String) -> String? {
    guard let start = message.firstRange(of: "The value '"), let end = message.firstRange(of: "' is invalid for '"),
      let list = message.firstRange(of: "Please provide one of "), start.upperBound <= end.lowerBound,
      end.upperBound <= list.lowerBound
    else { return nil }
    let written = String(message[start.upperBound..<end.lowerBound])
    let stop = message.firstRange(of: "\nHelp:")?.lowerBound ?? message.endIndex
    guard list.upperBound <= stop else { return nil }
    let words = message[list.upperBound..<stop].split { " ,'.:\n".contains($0) }.map { String($0) }
    let values = words.filter { !["-", "or", "and", "the", "following"].contains($0) }
    guard let nearest = NearestName.suggestion(for: written, in: values) else {
      return nil
    }
    return String(message[..<stop]) + "\n  help: did you mean '\(nearest)'?" + String(message[stop...])
  }

  /// Finds the values with a second parse, in which the missing value is one that no list has.
  ///
  /// - Parameter message: the parser's text about a value that is missing.
  /// - Returns: the text with the values that can be given; nil for other texts, and where there is no list.
  static func valuesOfMissing(
    in message: String, _ arguments: [String], of root: any ParsableCommand.Type
  ) -> String? {
    var trial = arguments
    if let start = message.firstRange(of: "Missing expected argument '") {
      let name = message[start.upperBound...].prefix { $0 != " " && $0 != "'" }
      if name.hasPrefix("--") { trial.append(String(name)) }
    } else if !message.contains("Missing value for '") {
      return nil
    }
    trial.append("?")
    do {
      _ = try root.parseAsRoot(trial)
      return nil
    } catch {
      let text = root.fullMessage(for: error)
      guard let list = text.firstRange(of: "Please provide one of "),
        let end = text.firstRange(of: "\nHelp:"), list.upperBound <= end.lowerBound
      else { return nil }
      let stop = message.firstRange(of: "\nHelp:")?.lowerBound ?? message.endIndex
      let words = text[list.lowerBound..<end.lowerBound]
      return "\(message[..<stop]). \(words)\(message[stop...])"
    }
  }
}
