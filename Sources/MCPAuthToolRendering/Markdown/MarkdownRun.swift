import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// Plans and their results as pages for a pull request. All foreign text is in code spans and fenced blocks.
struct MarkdownRun {
  /// `plan`, `apply`, …, for the marker and the heading.
  let command: String

  private static let plainText = PlanText(style: .plain, width: 120)
  static let diagnostics = DiagnosticText(style: .plain, width: 120)

  func page(_ plan: Plan, source: SourceText) -> MarkdownPage {
    let mask = SourceMask(source, diagnostics: [])
    let summary = Self.plainText.summary(plan).dropFirst("plan: ".count)
    let (changes, obstacles) = SharedObstacles.separated(plan.changes)
    var page = page(
      plan.inventory, summary: String(summary),
      // A warning about the whole plan can say that apply will refuse it.
      sections: [sends(plan.changes), store(plan), warnings(plan.warnings + obstacles, mask)]
        + sections(changes, mask) { _ in nil })
    if let cost = PlanText.cost(plan) { page.head += "\n**\(cost)**\n" }
    return page
  }

  func page(_ run: RunResult, source: SourceText) -> MarkdownPage {
    let mask = SourceMask(source, diagnostics: [])
    var results: [String: ChangeResult] = [:]
    for result in run.results { results[result.change.server] = result }
    let text = ApplyText(style: .plain, width: 120, command: "")
    let counts = text.summary(run).split(separator: "\n").last.map { String($0.dropFirst(2)) } ?? ""
    let (changes, obstacles) = SharedObstacles.separated(run.plan.changes)
    var page = page(
      run.plan.inventory, summary: counts,
      sections: [sends(run.plan.changes), failures(run, mask), store(run.plan)]
        + sections(changes, mask) { results[$0.server] }
        + [warnings(run.plan.warnings + run.warnings + obstacles, mask)])
    if let error = run.error { page.head += "\n" + MarkdownText.block(Self.diagnostics.render(error, mask: mask)) }
    if run.wasInterrupted { page.head += "\nA signal ended the run before it was complete.\n" }
    return page
  }

  func page(_ check: InventoryCheck) -> MarkdownPage {
    let text = Self.diagnostics.render(check.diagnostics, in: check.source)
    let pieces = text.isEmpty ? [] : diagnosticPieces(check)
    let count = check.diagnostics.isEmpty ? "valid" : Self.diagnostics.count(check.diagnostics)
    return page(
      check.source.file, summary: check.isValid ? count : count + ": nothing was planned",
      sections: [MarkdownPage.Section(title: "Mistakes and warnings", fold: nil, pieces: pieces)])
  }

  func page(_ error: Diagnostic, source: SourceText) -> MarkdownPage {
    let text = Self.diagnostics.render(error, mask: SourceMask(source, diagnostics: []))
    return page(
      source.file, summary: "failed",
      sections: [.init(title: "Error", fold: nil, pieces: [.init(text: MarkdownText.block(text), kind: "errors")])])
  }

  // MARK: Parts

  func page(_ inventory: String, summary: String, sections: [MarkdownPage.Section]) -> MarkdownPage {
    MarkdownPage(
      marker: MarkdownText.marker([command, inventory]),
      head: "### mcpauth \(command): \(summary)\n\nInventory: \(MarkdownText.code(inventory))\n", sections: sections)
  }

  private func diagnosticPieces(_ check: InventoryCheck) -> [MarkdownPage.Piece] {
    let mask = SourceMask(check.source, diagnostics: check.diagnostics)
    return DiagnosticText.sorted(check.diagnostics).map { diagnostic in
      MarkdownPage.Piece(
        text: MarkdownText.block(Self.diagnostics.render(diagnostic, mask: mask)),
        kind: diagnostic.severity == .error ? "errors" : "warnings")
    }
  }

  /// Secrets that go to new places. For each reference and origin the first line is always shown.
  private func sends(_ changes: [Change]) -> MarkdownPage.Section {
    MarkdownPage.Section(
      title: "Secrets go to new places", fold: nil,
      pieces: SecretSendText.new(changes).map { new in
        let line = SecretSendText.line(new.send, code: MarkdownText.code)
        return .init(
          text: "- **\(MarkdownText.code(new.server))** \(line)\n", kind: "secrets that go to new places",
          isRequired: new.isFirst)
      })
  }

  /// Changes of the recipients of the secret store.
  private func store(_ plan: Plan) -> MarkdownPage.Section {
    MarkdownPage.Section(
      title: "Secret store", fold: nil,
      pieces: plan.storeChanges.map { field in
        .init(text: "- " + Self.line(field) + ": \(PlanText.storeWords)\n", kind: "changes of the secret store")
      })
  }

  private func warnings(_ list: [Diagnostic], _ mask: SourceMask) -> MarkdownPage.Section {
    MarkdownPage.Section(
      title: "Warnings", fold: nil,
      pieces: list.map { .init(text: MarkdownText.block(Self.diagnostics.render($0, mask: mask)), kind: "warnings") })
  }

  /// Servers that failed during the apply. Blocked servers have their own section.
  private func failures(_ run: RunResult, _ mask: SourceMask) -> MarkdownPage.Section {
    let failed = run.results.filter { $0.outcome == .failed && $0.change.action != .blocked }
    return MarkdownPage.Section(
      title: "\(failed.count) failed", fold: nil,
      pieces: failed.map { result in
        let error = result.error.map { MarkdownText.block(Self.diagnostics.render($0, mask: mask)) } ?? ""
        return .init(text: "`!` **\(MarkdownText.code(result.change.server))**\n\n" + error + "\n", kind: "failed")
      })
  }

  /// Replacements and removals come first and are not folded, because users must reconnect.
  private func sections(
    _ changes: [Change], _ mask: SourceMask, _ result: (Change) -> ChangeResult?
  ) -> [MarkdownPage.Section] {
    let groups: [(Action, String, MarkdownPage.Fold?)] = [
      (.replace, "to replace", nil), (.remove, "to remove", nil), (.blocked, "blocked", .open),
      (.update, "to update", .closed), (.register, "to register", .closed), (.add, "to add", .closed),
      (.unchanged, "unchanged", .closed),
    ]
    return groups.map { action, words, fold in
      let group = changes.filter { $0.action == action }
      let shown = action == .unchanged ? group.filter { !$0.warnings.isEmpty } : group
      let title = action == .unchanged ? "\(shown.count) unchanged, with warnings" : "\(group.count) \(words)"
      return MarkdownPage.Section(
        title: title, fold: fold, pieces: shown.map { .init(text: item($0, result($0), mask), kind: words) })
    }
  }

  private func item(_ change: Change, _ result: ChangeResult?, _ mask: SourceMask) -> String {
    let reasons = change.reasons.map { "`\($0.name)`" }.joined(separator: ", ")
    var text = "- `\(change.action.sign)` **\(MarkdownText.code(change.server))**: \(PlanText.words(change))"
    if !reasons.isEmpty { text += " (\(reasons))" }
    if let result { text += ": **\(result.outcome.rawValue)**" }
    if let cost = PlanText.cost(change) { text += ": **\(cost)**" }
    text += "\n"
    let entry = result?.entry
    let facts: [(String, String?)] =
      [("issuer", entry?.issuer ?? change.issuer), ("client", entry?.clientID ?? change.clientID)]
      + PlanText.facts(change).map { ($0.0, $0.1) }
    for (name, value) in facts {
      guard let value, !change.fields.contains(where: { $0.field == name }) else { continue }
      text += "  - \(name): \(MarkdownText.code(ForeignText.printable(value)))\n"
    }
    for field in change.fields {
      text += "  - " + Self.line(field) + "\n"
    }
    for (name, words) in PlannedClientText.rows(change, code: MarkdownText.code) { text += "  - \(name): \(words)\n" }
    for advice in change.advice { text += "  - help: \(MarkdownText.code(Printable.line(advice)))\n" }
    for send in change.sends where !send.isNew {
      text += "  - \(SecretSendText.line(send, code: MarkdownText.code))\n"
    }
    let errors = [change.error].compactMap(\.self) + change.warnings + (result?.warnings ?? [])
    guard !errors.isEmpty else { return text }
    // Not inside the list: a shorter fence could end an indented one.
    return text + "\n" + errors.map { MarkdownText.block(Self.diagnostics.render($0, mask: mask)) }.joined() + "\n"
  }

  private static func line(_ field: FieldChange) -> String {
    "\(MarkdownText.code(field.field)): \(value(field.old)) → \(value(field.new))"
  }

  private static func value(_ value: FieldChange.Value?) -> String {
    switch value {
    case nil: "(none)"
    case .text(let text): MarkdownText.code(ForeignText.printable(text))
    case .list(let elements):
      elements.isEmpty
        ? "(empty)" : elements.map { MarkdownText.code(ForeignText.printable($0)) }.joined(separator: ", ")
    }
  }
}
