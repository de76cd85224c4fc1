import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// What an apply did, as a person reads it.
struct ApplyText {
  let style: Style
  /// Columns of the terminal.
  let width: Int

  /// One change that is done, or has failed: the moment it is known. Empty for what needed nothing, and for what the plan said is blocked.
  func line(_ result: ChangeResult) -> String {
    let change = result.change
    guard change.action != .blocked, change.action != .unchanged || result.outcome != .done else { return "" }
    let name = Printable.line(change.server)
    switch result.outcome {
    case .done:
      let entry = result.entry
      let what = [entry?.issuer ?? change.issuer, entry?.clientID ?? change.clientID].compactMap(\.self)
        .map { ForeignText.printable($0) }
      return style("\(change.action.sign) \(name)", Style.look(of: change.action)) + ": " + Self.past(change.action)
        + (what.isEmpty ? "" : "  " + what.joined(separator: "  ")) + "\n"
    case .failed, .skipped:
      let reason = result.error.map { ": \($0.code.rawValue)" } ?? ""
      return style("! \(name)", .boldRed) + ": " + result.outcome.rawValue + reason + "\n"
    }
  }

  /// What the plan could not tell: failures and warnings of applying it, and those of the whole run, each in full.
  func diagnostics(_ run: RunResult, source: SourceText, isQuiet: Bool) -> String {
    let renderer = DiagnosticText(style: style, width: width)
    let mask = SourceMask(source, diagnostics: [])
    var text = ""
    for result in run.results {
      var list: [Diagnostic] = isQuiet ? [] : result.warnings
      // A blocked server's error stands in the plan; for an interrupted run each left-out server says the same.
      if let error = result.error, result.change.action != .blocked, result.outcome == .failed { list.append(error) }
      guard !list.isEmpty else { continue }
      text += style(Printable.line(result.change.server), .bold) + ":\n"
      text += list.map { renderer.render($0, mask: mask, indentation: 2) }.joined()
    }
    if !isQuiet { text += run.warnings.map { renderer.render($0, mask: mask) }.joined() }
    if let error = run.error { text += renderer.render(error, mask: mask) }
    return text
  }

  /// The counts, then the names of what was not done.
  func summary(_ run: RunResult) -> String {
    func done(_ action: Action) -> Int { run.results.count { $0.outcome == .done && $0.change.action == action } }
    let failed = run.results.filter { $0.outcome == .failed }
    let skipped = run.results.filter { $0.outcome == .skipped }
    let parts: [(Int, String, Style.Look)] = [
      (done(.register), "registered", .green), (done(.update), "updated", .yellow),
      (done(.replace), "replaced", .magenta), (done(.remove), "removed", .red), (failed.count, "failed", .boldRed),
      (skipped.count, "skipped", .boldRed),
    ]
    let shown = parts.filter { $0.1 != "skipped" || $0.0 > 0 }
    let counts = shown.map { $0.0 > 0 ? style("\($0.0) \($0.1)", $0.2) : "\($0.0) \($0.1)" }
    var text = ""
    if !failed.isEmpty { text += named("failed", failed) }
    if !skipped.isEmpty { text += named(run.wasInterrupted ? "interrupted, not begun" : "skipped", skipped) }
    text += "apply: " + (counts + ["\(done(.unchanged)) unchanged"]).joined(separator: ", ") + "\n"
    return text
  }

  private func named(_ label: String, _ results: [ChangeResult]) -> String {
    let names = results.map { result in
      Printable.line(result.change.server) + (result.error.map { " (\($0.code.rawValue))" } ?? "")
    }
    return style(label, .boldRed) + ": " + names.joined(separator: ", ") + "\n"
  }

  private static func past(_ action: Action) -> String {
    switch action {
    case .register: "registered"
    case .update: "updated"
    case .replace: "replaced"
    case .remove: "removed"
    case .blocked: "blocked"
    case .unchanged: "unchanged"
    }
  }
}
