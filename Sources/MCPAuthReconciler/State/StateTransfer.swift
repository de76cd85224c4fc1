package import MCPAuthCore
package import MCPAuthPlan

/// Copies the state between the files and etcd (Reliability#Moving-the-state).
package struct StateTransfer: Sendable {
  package enum Place: String, Sendable, CaseIterable {
    case file, etcd
  }

  private let file: any WholeState
  /// nil: the inventory does not keep its state in etcd.
  private let etcd: (any ReviewedState)?
  private let location: SourceLocation?

  /// - Parameter location: where the inventory names its state store.
  package init(file: any WholeState, etcd: (any ReviewedState)?, location: SourceLocation?) {
    self.file = file
    self.etcd = etcd
    self.location = location
  }

  /// The lock as etcd has it, for review.
  ///
  /// - Returns: the lock with the mark that it is a copy, and how many servers runs are working on.
  package func pull() async throws(Diagnostic) -> (lock: Lock, underWay: Int) {
    let etcd = try source()
    guard let found = try await etcd.reviewed() else { throw absent(etcd.place) }
    if let place = found.lock.movedTo { throw .stateMoved(etcd.place, to: place) }
    var lock = found.lock
    lock.movedTo = etcd.place
    return (lock, found.underWay)
  }

  /// Writes a lock file into etcd, whose prefix must be empty.
  package func push(_ lock: Lock) async throws(Diagnostic) -> Int {
    let etcd = try source()
    try await etcd.fill(lock.unmarked)
    try await verify(lock.unmarked, in: etcd)
    return lock.servers.count
  }

  /// Marks the old place, copies its state to the other one, and compares what arrived. From the mark on no run changes the state. A migration that was
  /// interrupted is completed by the same call.
  package func migrate(to target: Place) async throws(Diagnostic) -> StateMigration {
    let etcd = try source()
    let (old, new): (any WholeState, any WholeState) = target == .etcd ? (file, etcd) : (etcd, file)
    guard let before = try await old.present() else { throw absent(old.place) }
    // After an interruption everything may have arrived already.
    let there = try await new.present()
    let hasArrived = there == before.unmarked
    // It arrived earlier, and was changed since.
    if !hasArrived, before.movedTo == new.place, let there, there.movedTo == nil, there.moves >= before.moves {
      throw .stateMoved(old.place, to: new.place)
    }
    if !hasArrived { try await new.checkEmpty(for: before.unmarked) }
    try await old.markMoved(to: new.place)
    guard let lock = try await old.present()?.unmarked else { throw absent(old.place) }
    do throws(Diagnostic) {
      if !hasArrived { try await new.fill(lock) }
      try await verify(lock, in: new)
    } catch {
      do throws(Diagnostic) { try await old.unmark(new.place) } catch let problem {
        var error = error
        error.notes.append("the mark in \(old.place) could not be removed again: \(problem.message)")
        throw error
      }
      throw error
    }
    return StateMigration(from: old.place, to: new.place, servers: lock.servers.count, orphans: lock.orphans.count)
  }

  private func source() throws(Diagnostic) -> any ReviewedState {
    guard let etcd else {
      throw Diagnostic(
        .error, .storeUnsupported, "the inventory does not keep its state in etcd", at: location,
        help: ["write state: {store: etcd, endpoints: [https://etcd-1.example.com:2379], prefix: /mcpauth/prod}"])
    }
    return etcd
  }

  private func verify(_ lock: Lock, in place: any WholeState) async throws(Diagnostic) {
    guard let copy = try await place.present(), LockCodec.encode(copy) == LockCodec.encode(lock) else {
      throw Diagnostic(
        .error, .storeFailed, "\(place.place) does not have what was written: the state stays in the old place",
        help: ["look for another run that writes there, empty the new place, and run it again"])
    }
  }

  private func absent(_ place: String) -> Diagnostic {
    Diagnostic(.error, .lockMissing, "there is no state in \(place)", help: ["make it with mcpauth apply"])
  }
}

extension Diagnostic {
  /// What would be copied is older than what the other place has.
  package static func stateOlder(than place: String) -> Diagnostic {
    Diagnostic(
      .error, .stateMoved, "\(place) has a newer state: it was moved once more after what would be copied there",
      help: [
        "if a migration was interrupted, run that command again: mcpauth state migrate",
        "if the lock file was restored from version control, restore the newest one",
      ])
  }

  package static func stateMoved(_ place: String, to other: String) -> Diagnostic {
    Diagnostic(
      .error, .stateMoved, "the state was moved from \(place) to \(ForeignText.printable(other, limit: 256))",
      help: [
        "write the new place into the inventory: state", "if the migration was interrupted, run the same command again",
      ])
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
