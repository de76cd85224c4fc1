package import MCPAuthCore
package import MCPAuthPlan

/// Copies the state between the files and etcd (Reliability#Moving-the-state).
package struct StateTransfer: Sendable {
  package enum Place: String, Sendable, CaseIterable {
    case file, etcd
  }

  private let file: any WholeState
  /// nil: the inventory does not keep its state in etcd.
  private let etcd: (any WholeState)?
  private let location: SourceLocation?

  /// - Parameter location: where the inventory names its state store.
  package init(file: any WholeState, etcd: (any WholeState)?, location: SourceLocation?) {
    self.file = file
    self.etcd = etcd
    self.location = location
  }

  /// The lock as etcd has it, for review.
  ///
  /// - Returns: the text of a lock file with the mark that it is a copy.
  package func pull() async throws(Diagnostic) -> (bytes: [UInt8], servers: Int) {
    let etcd = try source()
    guard var lock = try await etcd.whole() else { throw absent(etcd.place) }
    lock.movedTo = etcd.place
    return (LockCodec.encode(lock), lock.servers.count)
  }

  /// Writes a lock file into etcd, whose prefix must be empty.
  package func push(_ lock: Lock) async throws(Diagnostic) -> Int {
    let etcd = try source()
    try await etcd.fill(lock.unmarked)
    try await verify(lock.unmarked, in: etcd)
    return lock.servers.count
  }

  /// Copies the state to the other place, compares what arrived, and marks the old place.
  package func migrate(to target: Place) async throws(Diagnostic) -> StateMigration {
    let etcd = try source()
    let (old, new): (any WholeState, any WholeState) = target == .etcd ? (file, etcd) : (etcd, file)
    guard let lock = try await old.whole() else { throw absent(old.place) }
    try await new.fill(lock)
    try await verify(lock, in: new)
    try await old.markMoved(lock, to: new.place)
    return StateMigration(from: old.place, to: new.place, servers: lock.servers.count, orphans: lock.orphans.count)
  }

  private func source() throws(Diagnostic) -> any WholeState {
    guard let etcd else {
      throw Diagnostic(
        .error, .storeUnsupported, "the inventory does not keep its state in etcd", at: location,
        help: ["write state: {store: etcd, endpoints: [https://etcd-1.example.com:2379], prefix: /mcpauth/prod}"])
    }
    return etcd
  }

  private func verify(_ lock: Lock, in place: any WholeState) async throws(Diagnostic) {
    guard let copy = try await place.whole(), LockCodec.encode(copy) == LockCodec.encode(lock) else {
      throw Diagnostic(
        .error, .storeFailed, "\(place.place) does not have what was written: the old place was not changed",
        help: ["look for another run that writes there, empty the new place, and run it again"])
    }
  }

  private func absent(_ place: String) -> Diagnostic {
    Diagnostic(.error, .lockMissing, "there is no state in \(place)", help: ["make it with mcpauth apply"])
  }
}

/// What `state migrate` did.
package struct StateMigration: Sendable, Equatable {
  package var from: String
  package var to: String
  package var servers: Int
  package var orphans: Int

  package init(from: String, to: String, servers: Int, orphans: Int) {
    self.from = from
    self.to = to
    self.servers = servers
    self.orphans = orphans
  }
}
