package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler

/// The files as a place that can be copied as a whole (Reliability#Moving-the-state).
package struct FileWholeState: WholeState {
  private let store: FileStateStore
  private let holder: RunHolder

  package init(inventoryPath: String, holder: RunHolder) throws(Diagnostic) {
    store = try FileStateStore(inventoryPath: inventoryPath)
    self.holder = holder
  }

  package var place: String { store.lockFile }

  package func present() async throws(Diagnostic) -> Lock? {
    guard let bytes = try await store.readLock() else { return nil }
    return try LockCodec.decode(bytes, file: store.lockFile, acceptsMoved: true)
  }

  package func markMoved(to other: String) async throws(Diagnostic) {
    try await locked { () async throws(Diagnostic) in
      guard var lock = try await present() else {
        throw Diagnostic(.error, .lockMissing, "there is no lock file '\(store.lockFile)'")
      }
      if lock.movedTo == other { return }
      if let place = lock.movedTo { throw .stateMoved("'\(store.lockFile)'", to: place) }
      guard try await store.readJournal().events.isEmpty else {
        throw Diagnostic(
          .error, .interrupted, "the journal beside '\(store.lockFile)' has lines of an interrupted run",
          help: ["apply first, with the inventory as it was: mcpauth apply"])
      }
      try await store.prove()
      lock.movedTo = other
      lock.moves += 1
      try await store.writeLock(LockCodec.encode(lock), lineage: lock.lineage)
    }
  }

  package func unmark(_ other: String) async throws(Diagnostic) {
    try await locked { () async throws(Diagnostic) in
      guard let lock = try await present(), lock.movedTo == other else { return }
      try await store.writeLock(LockCodec.encode(lock.unmarked), lineage: lock.lineage)
    }
  }

  package func checkEmpty(for lock: Lock) async throws(Diagnostic) {
    if let present = try await present() {
      if present.movedTo == nil, present != lock { throw notEmpty }
      guard present.moves <= lock.moves else { throw .stateOlder(than: place) }
    }
    guard try await store.readJournal().events.isEmpty else { throw notEmpty }
  }

  package func fill(_ lock: Lock) async throws(Diagnostic) {
    try await locked { () async throws(Diagnostic) in
      try await checkEmpty(for: lock)
      try await store.prove()
      try await store.writeLock(LockCodec.encode(lock), lineage: lock.lineage)
    }
  }

  private func locked<Value: Sendable>(
    _ work: () async throws(Diagnostic) -> Value
  ) async throws(Diagnostic) -> Value {
    try await store.acquire(holder, timeout: 0)
    let result: Result<Value, Diagnostic>
    do throws(Diagnostic) { result = .success(try await work()) } catch { result = .failure(error) }
    await store.release()
    return try result.get()
  }

  private var notEmpty: Diagnostic {
    Diagnostic(
      .error, .stateNotEmpty, "'\(store.lockFile)' has a state already",
      help: ["move it away, if nothing of it is needed"])
  }
}
