package import MCPAuthCore
package import MCPAuthPlan

/// One line of the journal (Reliability#Journal): a request that will be sent, or its result.
package enum JournalEvent: Sendable, Equatable {
  /// A request will be sent. The line is durable before that.
  case intent(Intent)
  /// A definite refusal, or a failure before anything was sent: no client was created.
  case failed(intent: String)
  /// This is now the server's entry, and its secret record is durable. `intent` is nil if the entry has a client that the lock file names already:
  /// the server was renamed, or its client was found to be lost or not managed any more.
  case registered(intent: String?, server: String, entry: LockEntry)
  /// No answer came: a client may have been created.
  case unknown(intent: String)
  /// The server's entry was removed.
  case removed(server: String)
  /// A client was added to the orphans' list.
  case orphaned(Orphan)
  /// A client was removed from the orphans' list: it was deleted at its server, or a user removed the line.
  case settled(server: String, issuer: String, clientID: String?)

  package struct Intent: Sendable, Equatable {
    package enum Call: String, Sendable, CaseIterable {
      case register, update, read, delete
      /// No request is sent: only the lock file is changed. A line of the same append says how.
      case lock
    }

    /// A random value. If a request creates a secret record, it becomes the version of that record.
    package var id: String
    package var call: Call
    package var server: String
    package var issuer: String
    /// The URL of the request.
    package var endpoint: String
    /// SHA-256 over the canonical inputs.
    package var inputsDigest: String
    /// SHA-256 over the lock entry that this replaces or changes; nil when there is none.
    package var replacesDigest: String?
    package var time: Timestamp
    /// The client that the request is about; nil for a registration, and in journals of earlier versions.
    package var clientID: String?

    package init(
      id: String, call: Call, server: String, issuer: String, endpoint: String, inputsDigest: String,
      replacesDigest: String?, time: Timestamp, clientID: String? = nil
    ) {
      self.id = id
      self.call = call
      self.server = server
      self.issuer = issuer
      self.endpoint = endpoint
      self.inputsDigest = inputsDigest
      self.replacesDigest = replacesDigest
      self.time = time
      self.clientID = clientID
    }

    /// A change of the lock file without a request.
    ///
    /// - Parameters:
    ///   - entry: the new entry, or the one that is removed.
    ///   - old: the entry that is replaced or removed; nil if there is none.
    package init(
      lockOnly id: String, server: String, entry: LockEntry, replaces old: LockEntry?, time: Timestamp
    ) {
      self.init(
        id: id, call: .lock, server: server, issuer: entry.issuer ?? "",
        endpoint: entry.endpoints?.registrationEndpoint ?? "", inputsDigest: Fingerprint.of(.object(entry.inputs)),
        replacesDigest: old.map { Fingerprint.of($0.json) }, time: time, clientID: entry.clientID)
    }
  }
}

/// A journal as it was read. `lineage` is nil when the journal is missing or empty.
package struct Journal: Sendable, Equatable {
  package var lineage: String?
  package var events: [JournalEvent]
  /// The ids of intents whose run has not ended. Only in a store that several runs share: the holder of a run lock is the only run.
  package var underWay: Set<String> = []

  package init(lineage: String? = nil, events: [JournalEvent] = []) {
    self.lineage = lineage
    self.events = events
  }
}
