package import MCPAuthCore
import MCPAuthToolOutput

/// `mcpauth(1)` in the macros of man(7): the help of each command, and what belongs to all commands.
package struct ManualPage {
  /// The commands as the argument parser describes them: `command` with `subcommands` and `arguments`.
  private let root: JSON

  package init(_ dump: JSON) {
    root = dump["command"] ?? .null
  }

  package var text: String {
    var page = ManualText()
    page.title("MCPAUTH", section: 1, date: ToolVersion.date, source: ToolVersion.userAgent)
    page.section("NAME")
    page.paragraph("mcpauth - reconciles OAuth clients for MCP servers with a version-controlled inventory")
    page.section("SYNOPSIS")
    page.paragraph("mcpauth COMMAND [ARGUMENTS] [OPTIONS]")
    page.section("DESCRIPTION")
    for text in ManualFacts.description { page.paragraph(text) }
    page.section("COMMANDS")
    for command in Self.shown(root["subcommands"]) { Self.describe(command, [], in: &page) }
    page.section("EXIT STATUS")
    for fact in ManualFacts.exitCodes { page.item(fact.name, fact.meaning) }
    page.section("FILES")
    for fact in ManualFacts.files { page.item(fact.name, fact.meaning) }
    page.section("ENVIRONMENT")
    for fact in ManualFacts.environment { page.item(fact.name, fact.meaning) }
    page.section("STANDARDS")
    page.paragraph(ManualFacts.standards)
    return page.text
  }

  // MARK: Commands

  private static func describe(_ command: JSON, _ above: [String], in page: inout ManualText) {
    let path = above + [command["commandName"]?.string ?? ""]
    let subcommands = shown(command["subcommands"])
    if subcommands.isEmpty {
      page.subsection((["mcpauth"] + path).joined(separator: " "))
      page.paragraph(command["abstract"]?.string ?? "")
      page.literal(usage(command, path))
      page.discussion(command["discussion"]?.string ?? "")
      for argument in shown(command["arguments"]) {
        page.item(name(of: argument), meaning(of: argument))
      }
    }
    for subcommand in subcommands { describe(subcommand, path, in: &page) }
  }

  private static func shown(_ list: JSON?) -> [JSON] {
    (list?.array ?? []).filter { item in
      // The command `help`, and the flags that every command has.
      let flag = item["preferredName"]?["name"]?.string
      let isCommon = item["commandName"]?.string == "help" || flag == "help" || flag == "version"
      return item["shouldDisplay"]?.bool != false && !isCommon
    }
  }

  private static func usage(_ command: JSON, _ path: [String]) -> String {
    let arguments = shown(command["arguments"])
    var words = ["mcpauth"] + path
    for argument in arguments where argument["kind"]?.string == "positional" {
      let name = "<\(argument["valueName"]?.string ?? "")>" + (argument["isRepeating"]?.bool == true ? " ..." : "")
      words.append(argument["isOptional"]?.bool == true ? "[\(name)]" : name)
    }
    for argument in arguments where argument["kind"]?.string == "option" && argument["isOptional"]?.bool != true {
      words.append(name(of: argument))
    }
    if arguments.contains(where: { $0["kind"]?.string != "positional" }) { words.append("[<options>]") }
    return words.joined(separator: " ")
  }

  /// `-f, --file <file>`
  private static func name(of argument: JSON) -> String {
    let value = "<\(argument["valueName"]?.string ?? "")>"
    if argument["kind"]?.string == "positional" { return value }
    let names = (argument["names"]?.array ?? []).map { name in
      (name["kind"]?.string == "long" ? "--" : "-") + (name["name"]?.string ?? "")
    }
    return names.joined(separator: ", ") + (argument["kind"]?.string == "option" ? " " + value : "")
  }

  private static func meaning(of argument: JSON) -> String {
    var text = argument["abstract"]?.string ?? ""
    let values = (argument["allValues"]?.array ?? []).compactMap(\.string)
    if !values.isEmpty { text += " One of " + values.joined(separator: ", ") + "." }
    if let fallback = argument["defaultValue"]?.string { text += " Default: \(fallback)." }
    return text
  }
}
