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

  package func whole() async throws(Diagnostic) -> Lock? {
    try await locked { () async throws(Diagnostic) -> Lock? in
      guard let bytes = try await store.readLock() else { return nil }
      let lock = try LockCodec.decode(bytes, file: store.lockFile)
      guard try await store.readJournal().events.isEmpty else {
        throw Diagnostic(
          .error, .interrupted, "the journal beside '\(store.lockFile)' has lines of an interrupted run",
          help: ["apply first, with the inventory as it was: mcpauth apply"])
      }
      return lock
    }
  }

  package func fill(_ lock: Lock) async throws(Diagnostic) {
    try await locked { () async throws(Diagnostic) in
      if let bytes = try await store.readLock() {
        let present = try LockCodec.decode(bytes, file: store.lockFile, acceptsMoved: true)
        guard present.movedTo != nil || present == lock else { throw notEmpty }
      }
      guard try await store.readJournal().events.isEmpty else { throw notEmpty }
      try await store.prove()
      try await store.writeLock(LockCodec.encode(lock), lineage: lock.lineage)
    }
  }

  package func markMoved(_ lock: Lock, to other: String) async throws(Diagnostic) {
    var marked = lock
    marked.movedTo = other
    try await locked { [marked] () async throws(Diagnostic) in
      try await store.writeLock(LockCodec.encode(marked), lineage: lock.lineage)
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
