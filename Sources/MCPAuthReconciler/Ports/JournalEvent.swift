package import MCPAuthCore
package import MCPAuthPlan

/// One line of the journal (Reliability#Journal): what is about to be asked of a server, and what came of it.
package enum JournalEvent: Sendable, Equatable {
  /// Durable before the request is sent.
  case intent(Intent)
  /// A definite refusal, or a failure before anything was sent: nothing is left open.
  case failed(intent: String)
  /// The answer came and its secret record is durable: this is the server's entry now. `intent` is nil for entries that needed no request.
  case registered(intent: String?, server: String, entry: LockEntry)
  /// No answer came: a client may have been left behind.
  case unknown(intent: String)
  /// The server's entry is gone.
  case removed(server: String)
  /// A client joined the orphans' list.
  case orphaned(Orphan)
  /// A client left it: it was deleted, or struck from it.
  case settled(server: String, issuer: String, clientID: String?)

  package struct Intent: Sendable, Equatable {
    package enum Call: String, Sendable, CaseIterable {
      case register, update, read, delete
    }

    /// Random; becomes the secret record's version.
    package var id: String
    package var call: Call
    package var server: String
    package var issuer: String
    /// The URL that is asked.
    package var endpoint: String
    /// SHA-256 over the canonical inputs.
    package var inputsDigest: String
    /// SHA-256 over the lock entry that this replaces or changes; nil when there is none.
    package var replacesDigest: String?
    package var time: Timestamp

    package init(
      id: String, call: Call, server: String, issuer: String, endpoint: String, inputsDigest: String,
      replacesDigest: String?, time: Timestamp
    ) {
      self.id = id
      self.call = call
      self.server = server
      self.issuer = issuer
      self.endpoint = endpoint
      self.inputsDigest = inputsDigest
      self.replacesDigest = replacesDigest
      self.time = time
    }
  }
}

/// A journal as it was found: `lineage` nil when there is none, or an empty one.
package struct Journal: Sendable, Equatable {
  package var lineage: String?
  package var events: [JournalEvent]

  package init(lineage: String? = nil, events: [JournalEvent] = []) {
    self.lineage = lineage
    self.events = events
  }
}
