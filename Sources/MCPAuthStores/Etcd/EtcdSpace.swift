import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization

/// The keys of one inventory as this run has seen them: all at one revision, and since then the changes of this run. State store and secret store
/// share it, so that a plan reads one consistent revision.
final class EtcdSpace: Sendable {
  let client: EtcdClient
  let keys: EtcdKeys

  private struct State {
    /// By folder and name, because a run often asks for one folder of many keys.
    var folders: [String: [String: EtcdPair]] = [:]
    var isLoaded = false
    /// The revision at which everything was read.
    var revision: Int64 = 0
    var open: [String: EtcdOpenIntent] = [:]
  }

  private let state = Mutex(State())

  init(_ client: EtcdClient) {
    self.client = client
    keys = EtcdKeys(prefix: client.settings.prefix)
  }

  /// The revision at which everything was read; 0: nothing was read.
  var revision: Int64 { state.withLock(\.revision) }

  // MARK: Reading

  /// Reads everything again, at one revision.
  func reload() async throws(Diagnostic) {
    let read: (pairs: [String: EtcdPair], revision: Int64)
    do throws(EtcdClient.Failure) {
      read = try await client.range(keys.spans)
    } catch {
      throw client.diagnostic(error)
    }
    var folders: [String: [String: EtcdPair]] = [:]
    for (key, pair) in read.pairs {
      let (folder, name) = keys.split(key)
      folders[String(folder), default: [:]][String(name)] = pair
    }
    state.withLock { [folders] in
      $0.folders = folders
      $0.isLoaded = true
      $0.revision = read.revision
    }
  }

  /// Reads what has changed since the last time, at one revision. The result is the same as that of `reload`.
  func refresh() async throws(Diagnostic) {
    let seen = state.withLock { $0.isLoaded ? $0.revision : 0 }
    guard seen > 0 else { return try await reload() }
    let news: EtcdNews
    do throws(EtcdClient.Failure) {
      news = try await client.news(keys.spans, since: seen, folders: EtcdKeys.brief.map(keys.folder))
    } catch .refused(EtcdClient.Code.resourceExhausted, EtcdClient.answerTooLarge) {
      return try await reload()
    } catch {
      throw client.diagnostic(error)
    }
    let isComplete = state.withLock { state in
      for folder in EtcdKeys.brief {
        guard let names = state.folders[folder.rawValue]?.keys else { continue }
        for name in Array(names) where !news.present.contains(keys.folder(folder) + name) {
          state.folders[folder.rawValue]?[name] = nil
        }
      }
      for (key, pair) in news.changed {
        let (folder, name) = keys.split(key)
        state.folders[String(folder), default: [:]][String(name)] = pair
      }
      state.revision = news.revision
      return state.folders.values.reduce(0) { $0 + $1.count } == news.count
    }
    // A key of another folder was deleted.
    if !isComplete { try await reload() }
  }

  func loadOnce() async throws(Diagnostic) {
    if !state.withLock({ $0.isLoaded }) { try await reload() }
  }

  func pair(_ key: String) -> EtcdPair? {
    let (folder, name) = keys.split(key)
    return state.withLock { $0.folders[String(folder)]?[String(name)] }
  }

  /// The values of secrets, which are not among those that were read.
  ///
  /// Records of servers are never replaced, so one that existed when everything was read is read as it was then: what compares it with its entry must
  /// not take a record that another run has removed since for a lost one.
  func values(of names: [String]) async throws(Diagnostic) -> [String: EtcdPair] {
    let revision = revision
    let records = keys.folder(.secrets)
    var earlier: [String] = []
    var present: [String] = []
    for name in names {
      let isKnown = name.hasPrefix(records) && pair(name).map { $0.modified <= revision } == true
      if isKnown { earlier.append(name) } else { present.append(name) }
    }
    do throws(EtcdClient.Failure) {
      var found = try await values(of: present, at: 0)
      do throws(EtcdClient.Failure) {
        found.merge(try await values(of: earlier, at: revision)) { $1 }
      } catch .refused(EtcdClient.Code.outOfRange, _) {
        // That revision was compacted.
        found.merge(try await values(of: earlier, at: 0)) { $1 }
      }
      return found
    } catch {
      throw client.diagnostic(error)
    }
  }

  private func values(
    of names: [String], at revision: Int64
  ) async throws(EtcdClient.Failure) -> [String: EtcdPair] {
    var found: [String: EtcdPair] = [:]
    for start in stride(from: 0, to: names.count, by: EtcdTransaction.limit) {
      let part = Array(names[start..<min(start + EtcdTransaction.limit, names.count)])
      found.merge(try await client.get(part, at: revision)) { $1 }
    }
    return found
  }

  /// The keys of a folder, without the folder, and what they hold, sorted.
  func all(in folder: EtcdKeys.Folder) -> [(name: String, pair: EtcdPair)] {
    let found = state.withLock { $0.folders[folder.rawValue] ?? [:] }
    return found.map { (name: $0.key, pair: $0.value) }.sorted { $0.name < $1.name }
  }

  func isEmpty(_ folder: EtcdKeys.Folder) -> Bool { state.withLock { $0.folders[folder.rawValue]?.isEmpty ?? true } }

  // MARK: Intents of this run

  /// An intent of this run that no event has closed.
  func open(_ id: String) -> EtcdOpenIntent? { state.withLock { $0.open[id] } }
  var allOpen: [EtcdOpenIntent] { state.withLock { Array($0.open.values) } }
  func begin(_ intent: EtcdOpenIntent) { state.withLock { $0.open[intent.intent.id] = intent } }
  func end(_ id: String) { state.withLock { $0.open[id] = nil } }

  /// The intent of an earlier run, as its key has it.
  func intent(of server: String) -> (intent: JournalEvent.Intent, revision: Int64)? {
    guard let pair = pair(keys.intent(server)), let intent = Self.intent(pair) else { return nil }
    return (intent, pair.modified)
  }

  static func intent(_ pair: EtcdPair) -> JournalEvent.Intent? {
    guard let json = pair.json, case .intent(let intent)? = try? JournalEvent(json: json) else { return nil }
    return intent
  }

  /// The lines of the orphans' list.
  var orphans: [Orphan] { all(in: .orphans).compactMap { $0.pair.json }.compactMap { try? Orphan(json: $0) } }

  // MARK: Writing

  /// Does a transaction. The keys that it changed are known to this run afterwards.
  ///
  /// - Parameter patience: as in `EtcdClient.call`.
  /// - Returns: nil if its conditions are not met: then `present` has the reason.
  func commit(
    _ transaction: EtcdTransaction, patience: Int? = nil
  ) async throws(EtcdClient.Failure) -> (revision: Int64?, present: [String: EtcdPair]) {
    let answer = try await client.commit(transaction, patience: patience)
    if answer.isDone {
      note(transaction, answer.revision)
      return (answer.revision, [:])
    }
    // An earlier attempt was done, and its answer was lost.
    guard transaction.isApplied(in: answer.present) else { return (nil, answer.present) }
    let puts = transaction.operations.compactMap { operation -> Int64? in
      if case .put(let key, _, _) = operation { answer.present[key]?.modified } else { nil }
    }
    let revision = puts.max() ?? answer.revision
    note(transaction, revision)
    return (revision, answer.present)
  }

  private func note(_ transaction: EtcdTransaction, _ revision: Int64) {
    state.withLock { state in
      for operation in transaction.operations {
        let (folder, name) = keys.split(operation.key)
        switch operation {
        case .put(_, let value, let lease):
          let created = state.folders[String(folder)]?[String(name)]?.created ?? revision
          state.folders[String(folder), default: [:]][String(name)] = EtcdPair(
            value: value, created: created, modified: revision, lease: lease)
        case .delete, .release: state.folders[String(folder)]?[String(name)] = nil
        case .get: break
        }
      }
    }
  }

  /// For a change that needs no condition, or one whose failure has one meaning only.
  ///
  /// - Returns: whether it was done.
  func change(
    _ operations: [EtcdOperation], if compares: [EtcdCompare] = []
  ) async throws(Diagnostic) -> Bool {
    do throws(EtcdClient.Failure) {
      return try await commit(EtcdTransaction(compares: compares, operations: operations)).revision != nil
    } catch {
      throw client.diagnostic(error)
    }
  }
}

/// An intent of this run: its key, the revision that fences its commit, and the key that keeps others from its issuer.
struct EtcdOpenIntent: Sendable, Equatable {
  var intent: JournalEvent.Intent
  /// The revision at which the key of the intent was written: only a person, or the run itself, changes the key after that.
  var fence: Int64
  /// The key under the lease of the run that is released with the intent.
  var slot: String?
}
