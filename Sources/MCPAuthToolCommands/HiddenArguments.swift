import ArgumentParser
import MCPAuthCore

/// Hides arguments in the usage errors of `mcpauth secrets` (SecretStores#Commands). Each argument may be a value that was meant for standard input.
enum HiddenArguments {
  static let mark = "(not shown)"

  /// Whether the command is `secrets`, or what looks like it: `secret`, `secerts`.
  static func areHidden(_ arguments: [String]) -> Bool {
    let words = arguments.filter { !$0.hasPrefix("-") }
    guard let word = (words.first == "help" ? words.dropFirst() : words[...]).first?.lowercased() else { return false }
    return word.hasPrefix("secret") || NearestName.of(word, in: ["secrets"]) != nil
  }

  /// - Parameter message: the text of the parser: the error, and then the usage.
  static func hide(_ message: String, _ arguments: [String]) -> String {
    let commands = SecretsCommand.configuration.subcommands.map { $0._commandName }
    let values = values(in: arguments.filter { !commands.contains($0) && $0 != "secrets" && $0 != "secret" })
    // The longest first: a value may contain another one.
    let hidden = values.sorted { $0.utf8.count > $1.utf8.count }.reduce(message) { text, value in
      text.replacing("'\(value)'", with: mark)
    }
    let end = hidden.firstRange(of: "\nHelp:") ?? hidden.firstRange(of: "\nUsage:")
    let error = String(hidden[..<(end?.lowerBound ?? hidden.endIndex)])
    let isRepeated = values.contains { !$0.hasPrefix("-") && $0.utf8.count >= 4 && error.contains($0) }
    guard hidden != message || isRepeated else { return message }
    let rest = end.map { String(hidden[$0.lowerBound...]) } ?? ""
    return (isRepeated ? "Error: an argument of mcpauth secrets is wrong \(mark)" : error) + "\n"
      + help(arguments, commands).map { "  help: " + $0 }.joined(separator: "\n") + (isRepeated ? "" : rest)
  }

  private static func help(_ arguments: [String], _ commands: [String]) -> [String] {
    let words = arguments.filter { !$0.hasPrefix("-") }
    var help = [
      "arguments are not shown here, because one may be a secret",
      "send a value on standard input: mcpauth secrets set KEY < FILE",
    ]
    if words.first != "secrets" {
      help.append("the command is mcpauth secrets")
    } else if words.count > 1, !commands.contains(words[1]) {
      help.append("the commands are \(commands.joined(separator: ", "))")
    }
    return help
  }

  /// The arguments, and the parts of `--option=value`.
  private static func values(in arguments: [String]) -> [String] {
    var values: [String] = []
    for argument in arguments {
      values.append(argument)
      guard let sign = argument.firstIndex(of: "=") else { continue }
      values.append(String(argument[argument.index(after: sign)...]))
      let name = String(argument[..<sign])
      if !name.allSatisfy({ $0 == "-" || ("a"..."z").contains($0) }) { values.append(name) }
    }
    return values.filter { !$0.isEmpty }
  }
}
