import MCPAuthCore
import MCPAuthPlan

/// A plan as a person reads it: a line per change, what changes below it, a count at the end.
struct PlanText {
  let style: Style
  /// Columns of the terminal.
  let width: Int
  /// Also lists what stays as it is.
  var isVerbose = false
  /// Leaves warnings out.
  var isQuiet = false

  /// The order of the groups: what needs a person stands last, next to the count.
  private static let groups: [Action] = [.register, .update, .replace, .remove, .unchanged, .blocked]

  func render(_ plan: Plan, source: SourceText) -> String {
    let shown = Self.groups.filter { $0 != .unchanged || isVerbose }
      .flatMap { action in plan.changes.filter { $0.action == action } }
    // What stays as it is may still deserve a word.
    let warned = isVerbose || isQuiet ? [] : plan.changes.filter { $0.action == .unchanged && !$0.warnings.isEmpty }
    let listed = shown + warned
    let mask = SourceMask(source, diagnostics: [])
    var text = ""
    if !listed.isEmpty { text += "plan for " + style(Printable.line(plan.inventory), .bold) + "\n\n" }
    let heads = Columns.align(listed.map(row))
    for (change, head) in zip(listed, heads) {
      text += headline(change, head) + details(change, mask)
    }
    if !listed.isEmpty { text += "\n" }
    if !isQuiet { text += plan.warnings.map { diagnostics.render($0, mask: mask) }.joined() }
    return text + summary(plan) + "\n"
  }

  /// `plan: 2 to register, 1 to replace, 0 to remove, 1 blocked, 38 unchanged`
  func summary(_ plan: Plan) -> String {
    let unchanged = "\(plan.count(.unchanged)) unchanged"
    guard plan.hasChanges || plan.isBlocked else { return "plan: nothing to do, " + unchanged }
    let parts: [(Action, String)] = [
      (.register, "to register"), (.update, "to update"), (.replace, "to replace"), (.remove, "to remove"),
      (.blocked, "blocked"),
    ]
    let counts = parts.map { action, words in
      let count = plan.count(action)
      let text = "\(count) \(words)"
      return count > 0 ? style(text, Style.look(of: action)) : text
    }
    return "plan: " + (counts + [unchanged]).joined(separator: ", ")
  }

  // MARK: Parts

  private var diagnostics: DiagnosticText { DiagnosticText(style: style, width: width) }

  private func row(_ change: Change) -> [String] {
    [
      change.action.sign + " " + Printable.line(change.server), Self.words(change),
      change.reasons.map(\.name).joined(separator: ", "),
      change.issuer.map { ForeignText.printable($0) } ?? "", change.clientID.map { ForeignText.printable($0) } ?? "",
    ]
  }

  /// The aligned row with its sign and name in the action's colour.
  private func headline(_ change: Change, _ row: String) -> String {
    let name = change.action.sign + " " + Printable.line(change.server)
    return "  " + style(name, Style.look(of: change.action)) + row.dropFirst(name.count) + "\n"
  }

  private func details(_ change: Change, _ mask: SourceMask) -> String {
    var text = ""
    if change.makesUsersReconnect { text += "      " + style("users must reconnect", .bold) + "\n" }
    let fields = change.fields.map { field in
      [Printable.line(field.field) + ":", "\(Self.value(field.old)) -> \(Self.value(field.new))"]
    }
    for line in Columns.align(fields) { text += "      " + line + "\n" }
    if let error = change.error { text += diagnostics.render(error, mask: mask, indentation: 4) }
    if !isQuiet {
      for warning in change.warnings { text += diagnostics.render(warning, mask: mask, indentation: 4) }
    }
    return text
  }

  private static func value(_ text: String?) -> String {
    guard let text else { return "(none)" }
    return text.isEmpty ? "(empty)" : ForeignText.printable(text)
  }

  /// What will be done, in words.
  static func words(_ change: Change) -> String {
    switch (change.action, change.step) {
    case (.register, .register): "register a client"
    case (.register, .discoverFirst): "register after discovery"
    case (.register, .write), (.register, .nothing), (.register, .updateInPlace), (.register, .remove):
      "add to the lock"
    case (.update, .updateInPlace): "update the client in place"
    case (.update, .discoverFirst): "update after discovery"
    case (.update, .write), (.update, .nothing), (.update, .register), (.update, .remove): "update the lock"
    case (.replace, .discoverFirst): "replace the client after discovery"
    case (.replace, _): "replace the client"
    case (.remove, _):
      switch (change.entry?.registration, change.entry?.managed) {
      case (.dcr, true): "remove, and delete the client"
      case (.dcr, _): "remove; the client stays at its server"
      default: "remove"
      }
    case (.blocked, _): "blocked"
    case (.unchanged, _): "unchanged"
    }
  }
}
