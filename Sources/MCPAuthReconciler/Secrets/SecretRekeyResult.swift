package import MCPAuthCore

/// What came of encrypting a store anew.
package struct SecretRekeyResult: Sendable, Equatable {
  /// Whether anything was written at all, or only looked at.
  package var isWritten: Bool
  /// How many recipients there are now.
  package var recipients: Int
  /// Surely for others than the present recipients before.
  package var differed: Int
  /// Those that nothing shows to have been for others: an age file does not tell its recipients.
  package var alike: Int
  /// Those that a signal left as they were.
  package var notBegun: Int
  /// What could not be read, or not be written: those are as they were.
  package var problems: [Diagnostic]
  /// Whether the identity that is here can read what was encrypted.
  package var canReadOwn: Bool

  package var total: Int { differed + alike + problems.count }
}

extension SecretRekeyResult {
  /// How many are worked on at a time: most of it is waiting for the disk, the rest is arithmetic.
  private static let width = 8

  init(
    _ store: any RecipientSecretStore, writing: Bool, _ isInterrupted: @escaping @Sendable () -> Bool
  ) async throws(Diagnostic) {
    let results = await (try await store.items()).mapConcurrently(limit: Self.width) { item in
      await Result { () async throws(Diagnostic) -> RekeyedItem? in
        // What is left is as it was.
        isInterrupted() ? nil : try await store.rekey(item, writing: writing)
      }
    }
    isWritten = writing
    recipients = store.recipientCount
    canReadOwn = store.canReadOwn
    differed = 0
    alike = 0
    problems = []
    notBegun = 0
    for result in results {
      switch result {
      case .success(nil): notBegun += 1
      case .success(.gone): break
      case .success(.differed): differed += 1
      case .success(.alike): alike += 1
      case .failure(let problem): problems.append(problem)
      }
    }
  }
}
