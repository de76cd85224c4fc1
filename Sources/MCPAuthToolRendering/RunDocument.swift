import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// A plan, and the result of an apply, as JSON (PlanAndApply#JSON).
enum RunDocument {
  static func plan(_ plan: Plan) -> JSON {
    document(
      plan.inventory, sends: plan.changes, servers: plan.changes.map { server($0) },
      summary: ChangeCounts(plan), warnings: plan.warnings, storeChanges: plan.storeChanges)
  }

  static func apply(_ run: RunResult) -> JSON {
    let servers = run.results.map { server($0) }
    let whole = document(
      run.plan.inventory, sends: run.results.map(\.change), servers: servers, summary: ChangeCounts(run),
      warnings: run.plan.warnings + run.warnings, storeChanges: run.plan.storeChanges, error: run.error,
      isInterrupted: run.wasInterrupted)
    guard var object = whole.object, !run.others.isEmpty || !run.share.isWhole else { return whole }
    object["other_runs"] = .strings(run.others)
    if !run.share.isWhole { object["share"] = .string(run.share.description) }
    return .object(object)
  }

  /// The user answered no.
  static func declined(_ plan: Plan) -> JSON { apply(.refused(plan)) }

  /// The run as a whole failed before there was a plan.
  static func failure(_ error: Diagnostic, inventory: String) -> JSON {
    document(inventory, servers: [], summary: ChangeCounts(), warnings: [], error: error)
  }

  // MARK: Parts

  private static func document(
    _ inventory: String, sends changes: [Change] = [], servers: [JSON], summary: ChangeCounts, warnings: [Diagnostic],
    storeChanges: [FieldChange] = [], error: Diagnostic? = nil,
    isInterrupted: Bool = false
  ) -> JSON {
    var object: JSONObject = [
      "format_version": DiagnosticDocument.formatVersion, "inventory": .string(inventory), "servers": .array(servers),
      "summary": .object(JSONObject(summary.members.map { .init($0.0, .number(String($0.1))) })),
    ]
    let sends = SecretSendText.new(changes)
    if !sends.isEmpty { object["sends"] = .array(sends.map { SecretSendText.document($0) }) }
    if !storeChanges.isEmpty { object["store_changes"] = .array(storeChanges.map(field)) }
    if !warnings.isEmpty { object["warnings"] = diagnostics(warnings) }
    if let error { object["error"] = .object(DiagnosticDocument.error(error)) }
    if isInterrupted { object["interrupted"] = true }
    return .object(object)
  }

  /// A server of the plan.
  static func server(_ change: Change) -> JSON {
    server(change, outcome: nil, error: change.error, warnings: change.warnings)
  }

  /// The result for a server, with what is in the lock file now.
  static func server(_ result: ChangeResult) -> JSON {
    var change = result.change
    if let entry = result.entry {
      change.issuer = entry.issuer
      change.clientID = entry.clientID
    }
    return server(
      change, outcome: result.outcome, error: result.error ?? change.error,
      warnings: change.warnings + result.warnings)
  }

  private static func server(
    _ change: Change, outcome: ChangeResult.Outcome?, error: Diagnostic?, warnings: [Diagnostic]
  ) -> JSON {
    var object: JSONObject = [
      "name": .string(change.server), "action": .string(change.action.rawValue),
      "reasons": .strings(change.reasons.map(\.name)),
    ]
    if let outcome { object["outcome"] = .string(outcome.rawValue) }
    if let issuer = change.issuer { object["issuer"] = .string(issuer) }
    if let clientID = change.clientID { object["client_id"] = .string(clientID) }
    if change.isImport { object["imported"] = true }
    if change.makesUsersReconnect { object["users_must_reconnect"] = true }
    if let client = change.client { object["client"] = PlannedClientText.document(client) }
    if let old = change.oldClient { object["old_client"] = PlannedClientText.document(old) }
    if !change.advice.isEmpty { object["help"] = .string(change.advice.joined(separator: "\n")) }
    if !change.sends.isEmpty { object["sends"] = .array(change.sends.map { SecretSendText.document($0) }) }
    if !change.fields.isEmpty { object["fields"] = .array(change.fields.map(field)) }
    if !warnings.isEmpty { object["warnings"] = diagnostics(warnings) }
    if let error { object["error"] = .object(DiagnosticDocument.error(error)) }
    return .object(object)
  }

  private static func field(_ change: FieldChange) -> JSON {
    ["field": .string(change.field), "old": value(change.old), "new": value(change.new)]
  }

  private static func value(_ value: FieldChange.Value?) -> JSON {
    switch value {
    case .text(let text): .string(text)
    case .list(let elements): .strings(elements)
    case nil: .null
    }
  }

  private static func diagnostics(_ list: [Diagnostic]) -> JSON {
    .array(list.map { .object(DiagnosticDocument.error($0)) })
  }
}
