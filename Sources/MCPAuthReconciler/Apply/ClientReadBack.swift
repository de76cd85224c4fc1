import MCPAuthCore
import MCPAuthPlan

/// Reads managed clients back (RFC 7592 section 2.1) before the plan is made, so that the plan shows what was found. `apply --refresh` reads all of
/// them. Every apply reads the clients whose earlier read or update got no answer: no client is updated before the result of that call is known.
struct ClientReadBack: Sendable {
  let applier: ChangeApplier
  /// Reads and updates that got no answer.
  let unsettled: [JournalEvent.Intent]

  /// The result of reading one client.
  struct Finding: Sendable {
    var server: String
    /// The entry that is now in the lock.
    var entry: LockEntry
    /// Why the client could not be read, or what is wrong with it.
    var problem: Diagnostic?
    /// Whether the result of an earlier call is still unknown. Until it is known, no request about the client is made.
    var isOpen = false
    var warnings: [Diagnostic] = []
  }

  func read(_ server: String, _ entry: LockEntry) async -> Finding {
    let intent = unsettled.last { $0.server == server }
    var finding = Finding(server: server, entry: entry, isOpen: intent != nil)
    do throws(Diagnostic) {
      let trust = try applier.context.trust(of: entry, named: server)
      let call = ManagedCall(applier: applier, server: server, entry: entry, trust: trust, supported: nil)
      switch try await call.send(.read, template: entry, softwareStatement: nil) {
      case .stored(let updated, let problem, let warnings, _):
        finding = Finding(server: server, entry: updated, problem: problem, warnings: warnings)
        try await close(server)
      case .failed(let diagnostic): finding.problem = intent.map { .stillUnknown($0, diagnostic) } ?? diagnostic
      case .lost(let diagnostic):
        finding = Finding(server: server, entry: try await applier.note(lost: entry, of: server))
        if let intent { finding.warnings = [.settled(intent, isAlive: false, diagnostic)] }
      case .managementLost(let warning, let kept):
        finding = Finding(
          server: server, entry: try await applier.note(unmanaged: kept, of: server), warnings: [warning])
        if let intent { finding.warnings.append(.settled(intent, isAlive: true, warning)) }
      }
    } catch {
      finding.problem = error
    }
    return finding
  }

  /// The server accepted the stored token, so the result of every earlier call is known now: closes their intents.
  private func close(_ server: String) async throws(Diagnostic) {
    let open = unsettled.filter { $0.server == server }
    if !open.isEmpty { try await applier.keeper.append(open.map { .failed(intent: $0.id) }) }
  }
}

extension ClientReadBack.Finding {
  /// Adds what was found of the client to the planned change of its server.
  func added(to change: Change) -> Change {
    var change = change
    change.warnings += warnings
    guard let problem, change.action != .blocked, isOpen || change.step == .nothing else { return change }
    return change.blocked(by: problem)
  }
}

extension Diagnostic {
  private static func words(_ intent: JournalEvent.Intent) -> String {
    "the \(intent.call == .read ? "read" : "update") of the client of '\(intent.server)' on \(intent.time.rfc3339) got no answer"
  }

  fileprivate static func stillUnknown(_ intent: JournalEvent.Intent, _ why: Diagnostic) -> Diagnostic {
    Diagnostic(
      .error, .updateOutcomeUnknown, "\(words(intent)), and what it did cannot be found out now: \(why.message)",
      help: ["apply again when the server answers", "or replace the client: mcpauth rotate \(intent.server)"],
      requests: why.requests)
  }

  /// - Parameter isAlive: whether the token endpoint still accepts the client.
  fileprivate static func settled(
    _ intent: JournalEvent.Intent, isAlive: Bool, _ found: Diagnostic
  ) -> Diagnostic {
    Diagnostic(
      .warning, .updateOutcomeUnknown,
      isAlive
        ? "\(words(intent)), and the management token is now refused: that request changed it"
        : "\(words(intent)), and token and secret are now refused: that request changed them, or the client is gone",
      help: isAlive
        ? ["the client works as before; changes will replace it"]
        : ["it is replaced, and listed under orphans, because it may still exist at its server"],
      requests: found.requests)
  }
}
