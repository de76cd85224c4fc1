import MCPAuthCore
import MCPAuthPlan

/// The messages about the verification of one server.
struct VerifyMessage {
  private let subject: VerifySubject
  private let loaded: LoadedState

  init(_ subject: VerifySubject, _ loaded: LoadedState) {
    self.subject = subject
    self.loaded = loaded
  }

  private var name: String { subject.name }

  /// `registration-lost`: which server does not know the client any more, and the ways to repair that. They depend on where the client came from.
  func dead(_ error: String, _ entry: LockEntry, _ records: [RequestRecord]) -> Diagnostic {
    let id = ForeignText.printable(entry.clientID ?? "", limit: 128)
    let whose = entry.issuer ?? entry.tokenEndpoint.map(CheckedURL.shown) ?? ""
    var lost = Diagnostic(
      .error, .registrationLost,
      "\(ForeignText.printable(whose, limit: 256)) refuses the client '\(id)' of '\(name)' (\(ForeignText.printable(error, limit: 64)))",
      at: subject.server?.location, help: help(entry), requests: records)
    if loaded.standing.unsettled.contains(subject.recordName) {
      lost.notes.append("an update got no answer: the server may have set a new secret that mcpauth does not have")
    }
    if entry.registration == .cimd {
      lost.notes.append(
        "some servers read the document only when a user signs in: try that before anything is changed")
    }
    return lost
  }

  /// `secret-expired`: the lock file names the time, so it is known why the secret is refused.
  func expired(_ error: String, at expiry: Timestamp, _ entry: LockEntry, _ records: [RequestRecord]) -> Diagnostic {
    let whose = entry.issuer ?? entry.tokenEndpoint.map(CheckedURL.shown) ?? ""
    return Diagnostic(
      .error, .secretExpired,
      "the client secret of '\(name)' expired at \(expiry.rfc3339), and \(ForeignText.printable(whose, limit: 256)) refuses it (\(ForeignText.printable(error, limit: 64)))",
      at: subject.server?.location,
      help: [
        "renew it: mcpauth apply", "with renew: never, or now: mcpauth rotate \(name)",
      ], requests: records)
  }

  /// The token endpoint accepts the client with another method than the locked one.
  func otherMethod(_ accepted: String, _ entry: LockEntry, _ records: [RequestRecord]) -> Diagnostic {
    let locked = (entry.client?.authMethod ?? .publicClient).text
    let isOwn = entry.registration == .manual || entry.registration == .preregistered
    return .warning(
      .authMethodUnconfirmed,
      "the token endpoint refuses the client of '\(name)' with '\(ForeignText.printable(locked, limit: 64))', which is in the lock file, and accepts it with '\(accepted)'",
      at: subject.server?.location,
      help: [
        isOwn
          ? "write token_endpoint_auth_method: \(accepted) into the inventory, and apply"
          : "write the accepted method into the lock file: mcpauth apply --verify"
      ], requests: records)
  }

  private func help(_ entry: LockEntry) -> [String] {
    switch entry.registration {
    case .manual, .preregistered:
      let secret = subject.server?.mode.oauth2?.clientSecret.map { " (\($0.description))" } ?? ""
      return [
        "check the client at its provider: its id, its secret\(secret), and token_endpoint_auth_method",
        "then write the correct values into the inventory, and apply",
      ]
    case .cimd:
      return [
        "make sure that the authorization server can read the document at exactly this URL",
        "or register a client instead: registration: dcr",
      ]
    case .dcr, nil:
      return [
        "replace the client: mcpauth rotate \(name), or mcpauth apply --verify for all lost clients; users must then reconnect",
        "or adopt a client that works: mcpauth import \(name) --client-id ID",
      ]
    }
  }

  func blocked(_ why: String, _ entry: LockEntry, _ records: [RequestRecord]) -> Diagnostic {
    Diagnostic(
      .error, .addressBlocked,
      "no request is sent to the token endpoint \(CheckedURL.shown(entry.tokenEndpoint ?? "")) of '\(name)': \(why)",
      at: subject.server?.location,
      help: ["if it is yours, allow its address: allow_private at the server, or network.allow_private"],
      requests: records)
  }

  /// The code tells the kind of problem: `rate-limited`, `timeout`, `unreachable`, `redirect-refused`, `response-too-large`, otherwise
  /// `unusual-answer`.
  func cannotTell(_ why: String, _ code: DiagnosticCode, _ records: [RequestRecord]) -> Diagnostic {
    .warning(
      code, "it is not certain whether the client of '\(name)' is accepted: \(why)", at: subject.server?.location,
      help: ["this does not mean that the client is wrong"], requests: records)
  }

  /// The token endpoint could not be confirmed, because discovery failed for a reason that says nothing about the server.
  func undiscovered(_ failure: Diagnostic) -> Diagnostic {
    cannotTell("its token endpoint was not discovered: \(failure.message)", failure.code, failure.requests)
  }

  func refused(_ uri: String, _ why: String, _ records: [RequestRecord]) -> Diagnostic {
    Diagnostic(
      .error, .redirectURIRejected,
      "the redirect URI \(ForeignText.printable(uri, limit: 256)) of '\(name)' is refused: \(why)",
      at: subject.server?.location,
      help: [
        "register exactly this URI for the client at its provider",
        "or change redirect_uris in the inventory to one that the server accepts, and apply",
      ], requests: records)
  }

  func cannotTell(
    _ uri: String, _ why: String, _ code: DiagnosticCode, _ records: [RequestRecord]
  ) -> Diagnostic {
    .warning(
      code,
      "it is not certain whether the redirect URI \(ForeignText.printable(uri, limit: 256)) of '\(name)' is accepted: \(why)",
      at: subject.server?.location, requests: records)
  }
}
