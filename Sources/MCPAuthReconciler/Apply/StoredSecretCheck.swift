import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// Asks the token endpoint about the stored secrets of a client. A refused secret does not tell that the client is gone: another branch may have
/// changed it since. The client is gone only if every secret that the store has of it is refused (Registration#Loss-of-a-client).
struct StoredSecretCheck: Sendable {
  let context: ReconcilerContext
  let trust: ServerTrust

  enum Verdict: Sendable {
    /// The client is alive: the secret of this record is accepted.
    case accepted(ClientRecords.Stored)
    /// Every secret is refused.
    case refused
    /// The token endpoint does not tell, or a secret cannot be checked. The text says why.
    case unknown(String)
  }

  /// - Parameter stored: the records whose token endpoint is confirmed, newest first. One request is made per secret, until one is accepted.
  func verdict(on stored: [ClientRecords.Stored]) async -> Verdict {
    guard !stored.isEmpty else { return .unknown("no secret is stored for its token endpoint") }
    var asked: [Secret?] = []
    for item in stored where !asked.contains(item.record.clientSecret) {
      asked.append(item.record.clientSecret)
      switch await ask(item.record) {
      case .known: return .accepted(item)
      case .dead: continue
      case .cannotTell(let why): return .unknown(why)
      }
    }
    return .refused
  }

  /// The records whose own secret is refused now.
  func refused(of stored: [ClientRecords.Stored]) async -> [ClientRecords.Stored] {
    var verdicts: [(secret: Secret?, isRefused: Bool)] = []
    var refused: [ClientRecords.Stored] = []
    for item in stored {
      let secret = item.record.clientSecret
      if let known = verdicts.first(where: { $0.secret == secret }) {
        if known.isRefused { refused.append(item) }
        continue
      }
      var isRefused = false
      if case .dead = await ask(item.record) { isRefused = true }
      verdicts.append((secret, isRefused))
      if isRefused { refused.append(item) }
    }
    return refused
  }

  private func ask(_ record: SecretRecord) async -> CredentialCheck.Verdict {
    await context.registrar(trust).verdict { () throws(Diagnostic) in
      try CredentialCheck(
        of: record.entry, clientID: record.clientID, secret: record.clientSecret, trust: trust,
        nonce: context.randomID())
    }
  }
}

/// A client that its server did not know any more, and that another one has replaced in the lock.
struct ReplacedLostClient: Sendable {
  let client: Orphan
  let entry: LockEntry

  /// - Returns: nil if the change did not replace a lost client.
  init?(_ result: ChangeResult) {
    guard result.outcome == .done, let old = result.change.entry, old.isLost, result.entry?.hasClient(of: old) != true,
      let client = Orphan(clientOf: old, server: result.change.server)
    else { return nil }
    self.client = client
    entry = old
  }

  /// The records that can be removed with the client: the token endpoint of the lock entry refuses their own secret now. Another record may have
  /// come to the store since the client was found to be lost.
  ///
  /// - Parameter lock: a client that is in one of its entries or on its orphans' list keeps its records.
  /// - Returns: none if the store cannot be read here.
  func refusedRecords(_ context: ReconcilerContext, lineage: String, lock: Lock) async -> [ClientRecords.Stored] {
    guard !context.isInterrupted(), !client.isKnown(in: lock) else { return [] }
    do throws(Diagnostic) {
      let trust = try context.trust(of: entry, named: client.server)
      let found = try await ClientRecords(context: context, lineage: lineage).all(of: client)
      return await StoredSecretCheck(context: context, trust: trust).refused(
        of: found.stored.filter { $0.record.entry.hasEndpoints(of: entry) })
    } catch {
      return []
    }
  }
}
