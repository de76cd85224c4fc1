import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// A plan as text: a line for each change, its details below, and the counts at the end.
struct PlanText {
  let style: Style
  /// How many columns a quoted line of a file may take.
  let width: Int
  /// Columns after which text is wrapped; nil: never.
  var wrap: Int?
  /// Also lists unchanged servers.
  var isVerbose = false
  /// Lists only blocked servers and the counts.
  var isQuiet = false

  /// The order of the groups. Blocked servers, which need an action of the user, are last, next to the counts.
  static let groups: [Action] = [.register, .add, .update, .replace, .remove, .unchanged, .blocked]

  func render(_ plan: Plan, source: SourceText) -> String {
    let (changes, obstacles) = SharedObstacles.separated(plan.changes)
    let listed = shown(changes)
    let mask = SourceMask(source, diagnostics: [])
    let table = PlanTable(listed, wrap: wrap)
    let many = FailureCause.many(listed.compactMap { change in change.error.map { (change.server, $0) } })
    var shared: Set<FailureCause> = []
    var text = ""
    let sends = newSends(plan)
    let isEmpty = listed.isEmpty && sends.isEmpty && (isQuiet || plan.storeChanges.isEmpty)
    if !isEmpty { text += "plan for " + style(Printable.line(plan.inventory), .bold) + "\n\n" }
    if !isQuiet, let cost = Self.cost(plan) { text += "  " + style(cost, .bold) + "\n\n" }
    text += sends + (sends.isEmpty || listed.isEmpty ? "" : "\n")
    if !isQuiet { text += storeChanges(plan, isAlone: listed.isEmpty) }
    let errors = DiagnosticText.joined(listed.compactMap(\.error))
    var reported: [Diagnostic] = []
    for (index, listedChange) in listed.enumerated() {
      var change = listedChange
      if let error = change.error, error.code == .secretUnreadable {
        // The first of several errors with one cause is shown, with the number of the others.
        let isReported = reported.contains { $0.hasCause(of: error) }
        change.error = isReported ? nil : errors.first { $0.hasCause(of: error) }
        reported.append(error)
      }
      // An empty line between groups that have details.
      if index > 0, change.action != listed[index - 1].action, hasDetails(listed[index - 1]) || hasDetails(change) {
        text += "\n"
      }
      text += headline(change, table.rows[index])
      var detailed = change
      // An error that already stands for others has another note.
      if let error = change.error, error == listedChange.error {
        let cause = FailureCause(error, of: change.server)
        // Many failures with one cause are shown once.
        if let servers = many[cause] {
          detailed.error = shared.insert(cause).inserted ? error.shared(by: servers.count) : nil
        }
      }
      text += details(detailed, table, mask)
    }
    if !isEmpty { text += "\n" }
    if !isQuiet { text += (obstacles + plan.warnings).map { diagnostics.render($0, mask: mask) }.joined() }
    return text + summary(plan) + "\n"
  }

  /// `plan: 2 to register, 1 to replace, 1 blocked, 38 unchanged`
  func summary(_ plan: Plan) -> String {
    var counts: [(count: Int, words: String, look: Style.Look)] = []
    counts.append((plan.changes.count { $0.isImport }, "to import", .green))
    for (action, words) in Self.counted {
      let count = plan.changes.count { $0.action == action && !$0.isImport }
      counts.append((count, words, Style.look(of: action)))
    }
    return style.counts(
      "plan: ", counts, unchanged: plan.count(.unchanged), isIdle: plan.storeChanges.isEmpty, wrap: wrap)
  }

  static let counted: [(Action, String)] = [
    (.register, "to register"), (.add, "to add"), (.update, "to update"), (.replace, "to replace"),
    (.remove, "to remove"), (.blocked, "blocked"),
  ]

  /// The effect of the plan on users: `users of 3 servers must reconnect`; nil when there is none.
  static func cost(_ plan: Plan) -> String? {
    let count = plan.changes.count { $0.makesUsersReconnect }
    guard count > 0 else { return nil }
    return "users of \(count) server\(count == 1 ? "" : "s") must reconnect"
  }

  // MARK: Parts

  private func newSends(_ plan: Plan) -> String {
    let sends = SecretSendText.new(plan.changes)
    guard !sends.isEmpty else { return "" }
    let lines = sends.map { wrapped(Printable.line($0.server) + " " + SecretSendText.line($0.send), indentation: 4) }
    return "  " + style(SecretSendText.heading, .boldRed) + "\n" + lines.joined()
  }

  private func wrapped(_ text: String, indentation: Int) -> String {
    let margin = String(repeating: " ", count: indentation)
    let lines = wrap.map { Wrap.lines(text, first: $0 - indentation, rest: $0 - indentation - 2) } ?? [text]
    return lines.enumerated().map { margin + ($0.offset == 0 ? "" : "  ") + $0.element + "\n" }.joined()
  }

  /// The recipients of the secret store. Apply writes new records for the new recipients, and leaves existing records.
  private func storeChanges(_ plan: Plan, isAlone: Bool) -> String {
    guard !plan.storeChanges.isEmpty else { return "" }
    let text = style("~ secret store", Style.look(of: .update)) + "  " + Self.storeWords
    let lines = FieldChangeText(room: wrap.map { $0 - 6 }).lines(plan.storeChanges)
    return "  \(text)\n" + lines.map { "      \($0)\n" }.joined() + (isAlone ? "" : "\n")
  }

  static let storeWords = "new records only; for the others: mcpauth secrets rekey"

  private var diagnostics: DiagnosticText { DiagnosticText(style: style, width: width, wrap: wrap) }

  private func shown(_ changes: [Change]) -> [Change] {
    // Most changes are of servers that are not shown, so they are not copied.
    let places = Dictionary(grouping: changes.indices) { changes[$0].action }
    func those(_ action: Action) -> [Change] { (places[action] ?? []).map { changes[$0] } }
    if isQuiet { return those(.blocked) }
    let shown = Self.groups.filter { $0 != .unchanged || isVerbose }.flatMap(those)
    // Unchanged servers with warnings.
    let unchanged = isVerbose ? [] : places[.unchanged] ?? []
    let warned = unchanged.filter { !changes[$0].warnings.isEmpty }.map { changes[$0] }
    // Blocked servers are last.
    let blocked = shown.firstIndex { $0.action == .blocked } ?? shown.endIndex
    return shown[..<blocked] + warned + shown[blocked...]
  }

  private func hasDetails(_ change: Change) -> Bool {
    change.makesUsersReconnect || !change.fields.isEmpty || change.sends.contains { !$0.isNew } || change.error != nil
      || !change.warnings.isEmpty || !PlannedClientText.rows(change).isEmpty || !change.advice.isEmpty
  }

  /// The aligned row with its sign and name in the action's colour.
  private func headline(_ change: Change, _ row: String) -> String {
    let name = PlanTable.name(change)
    return "  " + style(name, Style.look(of: change.action)) + row.dropFirst(name.count) + "\n"
  }

  private func details(_ change: Change, _ table: PlanTable, _ mask: SourceMask) -> String {
    var text = ""
    if let cost = Self.cost(change) { text += "      " + style(cost, .bold) + "\n" }
    let fieldText = FieldChangeText(room: wrap.map { $0 - 6 })
    let rows = PlannedClientText.rows(change) + Self.facts(change)
    for line in fieldText.lines(change.fields, before: table.facts(of: change), after: rows) {
      text += "      " + line + "\n"
    }
    for send in change.sends where !send.isNew { text += wrapped(SecretSendText.line(send), indentation: 6) }
    for advice in change.advice { text += wrapped("help: " + Printable.line(advice), indentation: 6) }
    if let error = change.error { text += diagnostics.render(error, mask: mask, indentation: 4) }
    if !isQuiet {
      for warning in change.warnings { text += diagnostics.render(warning, mask: mask, indentation: 4) }
    }
    return text
  }

  /// The effect of the change on the users of the server.
  static func cost(_ change: Change) -> String? {
    if change.action == .remove, change.entry?.client != nil { return "users can no longer sign in" }
    return change.makesUsersReconnect ? "users must reconnect" : nil
  }

  /// Facts that are not in the reasons.
  static func facts(_ change: Change) -> [(String, String)] {
    guard change.reasons.contains(.secretExpiring) || change.reasons.contains(.secretExpired),
      let expiry = change.entry?.secretExpiresAt
    else { return [] }
    return [("client secret", (change.reasons.contains(.secretExpired) ? "expired " : "expires ") + expiry.rfc3339)]
  }

  /// The work that the change does.
  static func words(_ change: Change) -> String {
    if change.isImport {
      return change.action == .replace ? "replace the client by the imported one" : "import the client"
    }
    return switch (change.action, change.step) {
    case (.register, .discoverFirst): "register after discovery"
    // An interrupted run registered it.
    case (.register, .write): "add the registered client to the lock"
    case (.register, .register), (.register, .nothing), (.register, .updateInPlace), (.register, .remove):
      "register a client"
    case (.add, .discoverFirst): "add to the lock after discovery"
    case (.add, _): "add to the lock"
    case (.update, .updateInPlace): "update the client in place"
    case (.update, .discoverFirst): "update after discovery"
    case (.update, .write), (.update, .nothing), (.update, .register), (.update, .remove): "update the lock"
    case (.replace, .discoverFirst): "replace the client after discovery"
    case (.replace, _): "replace the client"
    case (.remove, _):
      switch (change.entry?.registration, change.entry?.isManaged) {
      case (.dcr, true): "remove, and delete the client"
      case (.dcr, _): "remove; the client stays at its server"
      default: "remove"
      }
    case (.blocked, _): "blocked"
    case (.unchanged, _): "unchanged"
    }
  }
}

/// The lines of a plan's changes in columns. Columns that do not fit the terminal are left out. Their values are written below the line.
struct PlanTable {
  /// In the order of the changes.
  let rows: [String]
  private let columns: Int

  private static let labels = ["", "", "why", "issuer", "client"]

  init(_ changes: [Change], wrap: Int?) {
    let cells = changes.map(Self.cells)
    var columns = Self.labels.count
    if let wrap {
      while columns > 2, cells.map({ $0.prefix(columns) }).width + 2 > wrap { columns -= 1 }
    }
    self.columns = columns
    rows = Columns.align(cells.map { Array($0.prefix(columns)) })
  }

  /// The values of the columns that are left out.
  func facts(of change: Change) -> [(String, String)] {
    let cells = Self.cells(change)
    return cells.indices.filter { $0 >= columns && !cells[$0].isEmpty }.map { (Self.labels[$0], cells[$0]) }
      .filter { fact in !change.fields.contains { $0.field == fact.0 } }
  }

  static func name(_ change: Change) -> String { change.action.sign + " " + Printable.line(change.server) }

  private static func cells(_ change: Change) -> [String] {
    [
      name(change), PlanText.words(change), change.reasons.map(\.name).joined(separator: ", "),
      change.issuer.map { ForeignText.printable($0) } ?? "", change.clientID.map { ForeignText.printable($0) } ?? "",
    ]
  }
}

extension [ArraySlice<String>] {
  /// The width of the columns together.
  fileprivate var width: Int {
    let count = map(\.count).max() ?? 0
    let widths = (0..<count).map { column in map { DisplayWidth.of($0[column]) }.max() ?? 0 }.filter { $0 > 0 }
    return widths.reduce(0, +) + 2 * Swift.max(0, widths.count - 1)
  }
}
