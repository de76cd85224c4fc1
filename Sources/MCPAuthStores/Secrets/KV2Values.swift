import MCPAuthCore
import MCPAuthPlan

/// Texts under keys of a KV version 2 engine, below the path of the inventory (SecretStores#KV2).
///
/// A text is the only member of the data of its key. The engine keeps numbers as floating point numbers, so a record is not written as an object.
struct KV2Values: Sendable {
  /// What a key has.
  enum Kept: Sendable, Equatable {
    case absent
    /// Its newest version was deleted or destroyed, but not its metadata. A deleted version can be restored.
    case deleted(version: Int64, isDestroyed: Bool)
    case text(String, version: Int64)

    /// The version that a write must name so that it replaces this one; 0: none.
    var version: Int64 {
      switch self {
      case .absent: 0
      case .deleted(let version, _), .text(_, let version): version
      }
    }

    func isText(_ wanted: String) -> Bool {
      if case .text(let text, _) = self { text == wanted } else { false }
    }
  }

  let link: KV2Link
  private let session: KV2Session
  private static let member = "record"
  /// The most attempts of a write whose answer was lost.
  private static let attempts = 3
  /// For a list of a hundred thousand names.
  private static let listLimit = 64 << 20

  init(_ link: KV2Link) {
    self.link = link
    session = KV2Session(link)
  }

  // MARK: Read

  func read(_ key: String) async throws(Diagnostic) -> Kept {
    let call = KV2Link.Call(method: .get, path: path("data", key))
    let outcome = try await session.send(call, isRepeatable: true)
    guard case .success(let answer) = outcome, answer.status == 200 || answer.status == 404 else {
      var problem = link.problem(outcome, call)
      // The token of a job that only plans may list, and not read.
      if outcome.status == 403 { problem.code = .secretUnreadable }
      throw problem
    }
    guard let data = answer.json?["data"] else {
      guard answer.saysAbsent else { throw link.problem(outcome, call) }
      return .absent
    }
    guard let metadata = data["metadata"], let version = metadata["version"]?.integer else { throw link.notKV2(call) }
    if answer.status == 404 {
      return .deleted(version: version, isDestroyed: metadata["destroyed"]?.bool ?? false)
    }
    guard let text = data["data"]?[Self.member]?.string else {
      throw unreadable(key, "another program wrote it: it has no member '\(Self.member)'")
    }
    return .text(text, version: version)
  }

  /// - Returns: the text; nil when there is nothing under this key.
  /// - Throws: `secret-unreadable` when the server refuses, or the text was deleted there; `store-failed` when there is no answer.
  func text(_ key: String) async throws(Diagnostic) -> String? {
    switch try await read(key) {
    case .absent: return nil
    case .text(let text, _): return text
    case .deleted(version: let version, isDestroyed: false):
      throw unreadable(
        key, "version \(version) was deleted in the store",
        help: ["restore it: bao kv undelete -mount=\(link.settings.mount) -versions=\(version) \(full(key))"])
    case .deleted(version: let version, isDestroyed: true):
      throw unreadable(key, "version \(version) was destroyed in the store")
    }
  }

  /// The names in a folder.
  func names(in folder: String) async throws(Diagnostic) -> [String] {
    var call = KV2Link.Call(method: .get, path: path("metadata", folder), query: "list=true")
    call.bodyLimit = Self.listLimit
    let outcome = try await session.send(call, isRepeatable: true)
    guard case .success(let answer) = outcome, answer.status == 200 || answer.status == 404 else {
      throw link.problem(outcome, call)
    }
    if answer.saysAbsent { return [] }
    guard answer.status == 200 else { throw link.problem(outcome, call) }
    guard let keys = answer.json?["data"]?["keys"]?.array else { throw link.notKV2(call) }
    return keys.compactMap(\.string)
  }

  // MARK: Write

  /// Stores a text under a new key. A key that exists is never overwritten, and a write whose answer was lost is settled by reading the key.
  ///
  /// - Throws: `store-failed`; `store-outcome-unknown` if the answer was lost and the key cannot be read.
  func create(_ key: String, _ text: String) async throws(Diagnostic) {
    let call = write(key, text, over: 0)
    var mayBeStored = false
    var attempt = 1
    while true {
      let outcome = try await session.send(call, isRepeatable: false)
      if try isWritten(outcome, call) { return }
      let isDefinite = Self.isDefinite(outcome)
      if !isDefinite { mayBeStored = true }
      if case .failure(let failure) = outcome, !failure.mayHaveArrived { throw link.problem(outcome, call) }
      let kept = try await readingBack(key, after: outcome, call, mayBeStored: mayBeStored)
      if mayBeStored, kept.isText(text) { return }
      switch kept {
      case .text: throw link.failed("\(full(key)) exists already")
      case .deleted(let version, _):
        throw link.failed(
          "\(full(key)) exists already: its version \(version) was deleted, and its metadata was not",
          help: ["remove it: bao kv metadata delete -mount=\(link.settings.mount) \(full(key))"])
      case .absent: break
      }
      guard !isDefinite, attempt < Self.attempts, await pause(attempt) else { throw link.problem(outcome, call) }
      attempt += 1
    }
  }

  /// Stores a text under a key, also if it exists. Another text that was written at the same moment is not lost unseen: the write names the version
  /// that it replaces.
  func replace(_ key: String, _ text: String) async throws(Diagnostic) {
    var attempt = 1
    var last: (KV2Link.Outcome, KV2Link.Call)?
    while true {
      let kept: Kept
      if let (outcome, call) = last {
        kept = try await readingBack(key, after: outcome, call, mayBeStored: !Self.isDefinite(outcome))
        if kept.isText(text) { return }
        guard attempt < Self.attempts, await pause(attempt) else { throw link.problem(outcome, call) }
        attempt += 1
      } else {
        do throws(Diagnostic) {
          kept = try await read(key)
        } catch {
          var problem = error
          problem.code = problem.code == .secretUnreadable ? .storeFailed : problem.code
          throw problem
        }
      }
      let call = write(key, text, over: kept.version)
      let outcome = try await session.send(call, isRepeatable: false)
      if try isWritten(outcome, call) { return }
      // 400: another write was first (check and set), or the request is wrong.
      guard !Self.isDefinite(outcome) || outcome.status == 400 else { throw link.problem(outcome, call) }
      last = (outcome, call)
    }
  }

  /// Destroys all versions of a key, and its metadata. It is no error when there is nothing under this key.
  func remove(_ key: String) async throws(Diagnostic) {
    let call = KV2Link.Call(method: .delete, path: path("metadata", key))
    let outcome = try await session.send(call, isRepeatable: true)
    guard case .success(let answer) = outcome else { throw link.problem(outcome, call) }
    guard answer.status == 200 || answer.status == 204 || answer.saysAbsent else { throw link.problem(outcome, call) }
  }

  private func write(_ key: String, _ text: String, over version: Int64) -> KV2Link.Call {
    KV2Link.Call(
      method: .post, path: path("data", key),
      body: ["data": [Self.member: .string(text)], "options": ["cas": .number(String(version))]])
  }

  /// - Throws: `store-failed` for the answer of an engine of version 1: it overwrites what exists.
  private func isWritten(_ outcome: KV2Link.Outcome, _ call: KV2Link.Call) throws(Diagnostic) -> Bool {
    guard case .success(let answer) = outcome, (200...299).contains(answer.status) else { return false }
    guard answer.json?["data"]?["version"]?.integer != nil else { throw link.notKV2(call) }
    return true
  }

  /// Whether the server certainly did not write.
  private static func isDefinite(_ outcome: KV2Link.Outcome) -> Bool {
    switch outcome {
    case .success(let answer): answer.status < 500 || answer.saysSealed
    case .failure(let failure): !failure.mayHaveArrived
    }
  }

  private func readingBack(
    _ key: String, after outcome: KV2Link.Outcome, _ call: KV2Link.Call, mayBeStored: Bool
  ) async throws(Diagnostic) -> Kept {
    do throws(Diagnostic) {
      return try await read(key)
    } catch {
      var problem = link.problem(outcome, call)
      if mayBeStored {
        problem.code = .storeOutcomeUnknown
        problem.notes.append("it is not known whether it was stored, and reading it back failed: \(error.message)")
      }
      throw problem
    }
  }

  /// - Returns: false if the run ends.
  private func pause(_ attempt: Int) async -> Bool {
    (try? await link.connection.pause(.milliseconds(250 << (attempt - 1)))) != nil
  }

  // MARK: Names and messages

  /// The key below the mount.
  func full(_ key: String) -> String { "\(link.settings.path)/\(key)" }

  private func path(_ kind: String, _ key: String) -> String { "\(link.settings.mount)/\(kind)/\(full(key))" }

  func unreadable(
    _ key: String, _ problem: String, help: [String] = ["restore it from a backup of the server"]
  ) -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable, "the kv2 store at \(link.shownAddress): \(full(key)) cannot be read: \(problem)",
      help: help)
  }
}

extension KV2Link.Outcome {
  /// nil: there is no answer.
  fileprivate var status: Int? {
    if case .success(let answer) = self { answer.status } else { nil }
  }
}
