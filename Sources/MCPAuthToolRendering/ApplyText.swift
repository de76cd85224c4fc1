import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// The result of an apply as text.
struct ApplyText {
  let style: Style
  /// How many columns a quoted line of a file may take.
  let width: Int
  /// Columns after which text is wrapped; nil: never.
  var wrap: Int?
  /// The first word of the summary: `apply`, `rotate`, `import`.
  var command = "apply"

  /// The line of a change that is done or has failed, or several where the terminal is too narrow. Empty for a change without work, and for one that
  /// is blocked in the plan.
  func line(_ result: ChangeResult) -> String {
    let change = result.change
    guard change.action != .blocked, change.action != .unchanged || result.outcome != .done else { return "" }
    let name = Printable.line(change.server)
    switch result.outcome {
    case .done:
      let issuer = result.entry?.issuer ?? change.issuer
      let client = result.entry?.clientID ?? change.clientID
      let values = [("issuer: ", issuer), ("client: ", client)].compactMap { label, value in
        value.map { (label: label, text: ForeignText.printable($0)) }
      }
      return line("\(change.action.sign) \(name)", Style.look(of: change.action), Self.past(change), values)
    case .elsewhere: return line("· \(name)", .dim, "left to another run", [])
    case .failed, .skipped:
      let reason = result.error.map { ": \($0.code.rawValue)" } ?? ""
      return line("! \(name)", .boldRed, result.outcome.rawValue + reason, [])
    }
  }

  /// `+ name: text  value  value`. Values that do not fit are below it, with their labels, and shortened only if one alone is too wide.
  private func line(
    _ head: String, _ look: Style.Look, _ text: String, _ values: [(label: String, text: String)]
  ) -> String {
    var lines = [head + ": " + text]
    var below = values[...]
    let room = wrap ?? .max
    if DisplayWidth.of(lines[0]) > room { lines = Wrap.broken(lines[0], first: room, rest: room - 4) }
    while lines.count == 1, let next = below.first, DisplayWidth.of(lines[0]) + 2 + DisplayWidth.of(next.text) <= room {
      lines[0] += "  " + next.text
      below = below.dropFirst()
    }
    lines += below.map { $0.label + Table.shortened($0.text, to: room - 4 - $0.label.count) }
    let isWhole = lines[0].hasPrefix(head)
    let first: String = isWhole ? style(head, look) + lines[0].dropFirst(head.count) : style(lines[0], look)
    return first + "\n" + lines.dropFirst().map { "    \($0)\n" }.joined()
  }

  /// The failures and warnings of the apply and of the whole run. Many failures with one cause are shown once.
  func diagnostics(_ run: RunResult, source: SourceText, isQuiet: Bool) -> String {
    let renderer = DiagnosticText(style: style, width: width, wrap: wrap)
    let mask = SourceMask(source, diagnostics: [])
    var text = ""
    func show(_ names: String, _ list: [Diagnostic]) {
      guard !list.isEmpty else { return }
      text += style(names, .bold) + ":\n"
      text += list.map { renderer.render($0, mask: mask, indentation: 2) }.joined()
    }
    // The error of a blocked server is in the plan, if that was shown. After an interruption each skipped server has the same error.
    let failures = run.results.filter { $0.outcome == .failed && ($0.change.action != .blocked || isQuiet) }
    let many = FailureCause.many(failures.compactMap { result in result.error.map { (result.change.server, $0) } })
    var shared: Set<FailureCause> = []
    for result in run.results {
      let name = result.change.server
      var list: [Diagnostic] = isQuiet ? [] : result.warnings
      if let error = result.error, result.outcome == .failed, result.change.action != .blocked || isQuiet {
        let cause = FailureCause(error, of: name)
        if let servers = many[cause] {
          if shared.insert(cause).inserted {
            show(Wrap.names(servers.map(Printable.line), limit: FailureCause.few), [error.shared(by: servers.count)])
          }
        } else {
          list.append(error)
        }
      }
      show(Printable.line(name), list)
    }
    if !isQuiet { text += run.warnings.map { renderer.render($0, mask: mask) }.joined() }
    if let error = run.error { text += renderer.render(error, mask: mask) }
    return text
  }

  /// The names of servers that failed or were skipped, then the counts.
  func summary(_ run: RunResult) -> String {
    let failed = run.results.filter { $0.outcome == .failed }
    let skipped = run.results.filter { $0.outcome == .skipped }
    var text = ""
    text += failures(failed)
    if !skipped.isEmpty { text += leftOut(skipped, run) }
    return text + counts(run, failed: failed.count, skipped: skipped.count) + "\n" + others(run)
  }

  /// What other runs did meanwhile; empty if there were none.
  private func others(_ run: RunResult) -> String {
    guard !run.others.isEmpty else { return "" }
    let share = run.share.isWhole ? "" : " (this run began with share \(run.share))"
    let count = run.others.count
    return "other runs: \(count) server\(count == 1 ? "" : "s")\(share)\n"
  }

  /// `failed: a (unreachable), b (rate-limited)`. Many servers with one code have a line of their own: `failed (unreachable): a, b, c, d`.
  private func failures(_ failed: [ChangeResult]) -> String {
    var order: [DiagnosticCode] = []
    var servers: [DiagnosticCode: [String]] = [:]
    for result in failed {
      guard let code = result.error?.code else { continue }
      if servers[code] == nil { order.append(code) }
      servers[code, default: []].append(Printable.line(result.change.server))
    }
    let many = order.filter { servers[$0, default: []].count > FailureCause.few }
    let others = failed.filter { result in !many.contains { $0 == result.error?.code } }
    let lines = many.map { named("failed (\($0.rawValue))", servers[$0, default: []]) }
    return lines.joined() + (others.isEmpty ? "" : named("failed", others.map(Self.nameAndCode)))
  }

  private static func nameAndCode(_ result: ChangeResult) -> String {
    Printable.line(result.change.server) + (result.error.map { " (\($0.code.rawValue))" } ?? "")
  }

  private func counts(_ run: RunResult, failed: Int, skipped: Int) -> String {
    let changes = run.results.filter { $0.outcome == .done }.map(\.change)
    func done(_ action: Action) -> Int { changes.count { $0.action == action && !$0.isImport } }
    let parts: [(Int, String, Style.Look)] = [
      (changes.count { $0.isImport }, "imported", .green), (done(.register), "registered", .green),
      (done(.add), "added", .green), (done(.update), "updated", .yellow), (done(.replace), "replaced", .magenta),
      (done(.remove), "removed", .red), (failed, "failed", .boldRed), (skipped, "skipped", .boldRed),
      (run.deletedOrphans, run.deletedOrphans == 1 ? "orphan deleted" : "orphans deleted", .red),
    ]
    let isIdle = run.error == nil && !run.wasInterrupted && run.plan.storeChanges.isEmpty
    return style.counts("\(command): ", parts, unchanged: done(.unchanged), isIdle: isIdle, wrap: wrap)
  }

  /// `skipped (mass-change): linear, notion`
  private func leftOut(_ skipped: [ChangeResult], _ run: RunResult) -> String {
    if run.wasInterrupted { return named("interrupted, not begun", skipped.map(Self.nameAndCode)) }
    let codes = skipped.map { ($0.error ?? run.error)?.code.rawValue }
    var order: [String?] = []
    for code in codes where !order.contains(code) { order.append(code) }
    return order.map { code in
      let names = zip(skipped, codes).filter { $0.1 == code }.map { Printable.line($0.0.change.server) }
      return named("skipped" + (code.map { " (\($0))" } ?? ""), names)
    }.joined()
  }

  private func named(_ label: String, _ names: [String]) -> String {
    // All names, without a limit: a reader searches the log for a name.
    let text = names.joined(separator: ", ")
    guard let wrap else { return style(label, .boldRed) + ": " + text + "\n" }
    let lines = Wrap.broken(text, first: wrap - label.count - 2, rest: wrap - 2)
    return style(label, .boldRed) + ": " + lines[0] + "\n" + lines.dropFirst().map { "  \($0)\n" }.joined()
  }

  static func past(_ change: Change) -> String {
    if change.isImport { return "imported" }
    return switch change.action {
    case .register:
      if case .write = change.step { "registered client added to the lock" } else { "registered" }
    case .add: "added to the lock"
    case .update:
      if case .write = change.step { "updated in the lock" } else { "updated" }
    case .replace: "replaced"
    case .remove: "removed"
    case .blocked: "blocked"
    case .unchanged: "unchanged"
    }
  }
}
