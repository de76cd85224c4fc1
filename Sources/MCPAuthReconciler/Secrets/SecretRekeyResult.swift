package import MCPAuthCore

/// The result of encrypting a store again.
package struct SecretRekeyResult: Sendable, Equatable {
  /// Whether anything was written.
  package var isWritten: Bool
  /// The number of present recipients.
  package var recipients: Int
  /// How many items were certainly encrypted to other recipients.
  package var differed: Int
  /// How many items show no sign of other recipients: an age file does not name its recipients.
  package var alike: Int
  /// How many items a signal left unchanged.
  package var notBegun: Int
  /// The items that could not be read or written. They are unchanged.
  package var problems: [Diagnostic]
  /// Whether the identity on this machine can decrypt what is encrypted now.
  package var canReadOwn: Bool

  package var total: Int { differed + alike + problems.count }
}

extension SecretRekeyResult {
  init(
    _ store: any RecipientSecretStore, writing: Bool, _ isInterrupted: @escaping @Sendable () -> Bool
  ) async throws(Diagnostic) {
    let results = await (try await store.items()).results { item throws(Diagnostic) -> RekeyedItem? in
      // After a signal the remaining items stay unchanged.
      isInterrupted() ? nil : try await store.rekey(item, writing: writing)
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
