/// The result of an RFC 7592 call (Registration#Management).
public enum ManagementOutcome: Sendable, Equatable {
  /// The client was read or updated. First store `client`, because its token and secret may be new. Then handle `problem`.
  case done(client: RegisteredClient, problem: Diagnostic?)
  /// The client is deleted.
  case deleted
  /// 401, 404, 410, or 400 with `access_denied`, `invalid_token` or `invalid_client_id`: the client is dead, or only its token is stale.
  /// Ask the token endpoint (`CredentialCheck`), then use `lost(isDead:)`.
  case goneOrStale(RequestRecord)
  /// `update-rejected` or `redirect-refused`, with the server's text. The client is unchanged.
  case refused(Diagnostic)
  /// `unreachable`, `rate-limited`, `address-blocked`: the client exists and is unchanged.
  case unreachable(Diagnostic)
  /// `update-outcome-unknown`: the server may have replaced the token and the secret, but the answer did not arrive.
  case outcomeUnknown(Diagnostic)

  /// The diagnostic for a `goneOrStale` client, after the token endpoint was asked.
  ///
  /// - Returns: the error `registration-lost` if the client is dead. Otherwise the warning `management-lost`: the client is kept, but it is
  ///   no longer managed.
  public static func lost(isDead: Bool, clientID: String, record: RequestRecord) -> Diagnostic {
    let id = ForeignText.printable(clientID, limit: 128)
    let status = record.status.map(String.init) ?? "nothing"
    return isDead
      ? Diagnostic(
        .error, .registrationLost, "the server no longer knows the client '\(id)'",
        help: ["apply again: the client is replaced"],
        requests: [record])
      : Diagnostic(
        .warning, .managementLost,
        "the client '\(id)' works, but can no longer be managed: its management endpoint answers \(status)",
        help: ["changes will replace it from now on"], requests: [record])
  }
}

extension ManagementRequest {
  /// Takes the result of the call.
  ///
  /// - Parameters:
  ///   - supported: `token_endpoint_auth_methods_supported`.
  ///   - now: the current time, to judge lifetimes.
  public func interpret(
    _ received: Result<HTTPResponse, HTTPFailure>, supported: [String]?, now: Timestamp
  ) -> ManagementOutcome {
    switch received {
    case .failure(let failure):
      let record = RequestRecord(method: method.rawValue, url: url.redacted, note: failure.message)
      if failure.mayHaveArrived {
        return .outcomeUnknown(unknown("no usable answer came (\(failure.message))", record))
      }
      var diagnostic = failure.notSentDiagnostic(asking: url.redacted)
      diagnostic.requests = [record]
      return .unreachable(diagnostic)
    case .success(let response):
      let record = RequestRecord(
        method: method.rawValue, url: url.redacted, status: response.status, contentType: response.contentType)
      guard (200...299).contains(response.status) else { return refusal(response, record, now: now) }
      if case .delete = call { return .deleted }  // RFC 7592 section 2.3: 204; some answer 200
      return answer(response, record, supported: supported, now: now)
    }
  }

  private func refusal(_ response: HTTPResponse, _ record: RequestRecord, now: Timestamp) -> ManagementOutcome {
    let words = ServerMessage(response, hiding: secrets)
    let status = response.status
    var record = record
    record.note = words.shown
    switch (status, words.error) {
    case (401, _), (404, _), (410, _),
      (400, "access_denied"), (400, "invalid_token"), (400, "invalid_client_id"):  // RealServers#71
      return .goneOrStale(record)
    case (429, _):
      let seconds = RetryAfter.seconds(response, now: now)
      return .unreachable(
        Diagnostic(
          .error, .rateLimited, "\(url.redacted) accepts no more requests for now (429)",
          help: [seconds.map { "try again in \($0) s" } ?? "try again later: the server does not say when"],
          requests: [record]))
    case (501, _):
      return .refused(rejected("\(url.redacted) does not support this: 501, \(words.shown)", record))
    case (500..., _):
      return .unreachable(
        Diagnostic(
          .error, .unreachable, "\(url.redacted) failed with \(status): \(words.shown)",
          help: ["it is assumed that the client exists: try again later"], requests: [record]))
    case (300...399, _):
      return .refused(
        Diagnostic(
          .error, .redirectRefused, "\(url.redacted) answers with the redirect \(status), which is not followed",
          requests: [record]))
    default:
      return .refused(rejected("\(url.redacted) refuses: \(status), \(words.shown)", record))
    }
  }

  func rejected(_ message: String, _ record: RequestRecord) -> Diagnostic {
    Diagnostic(
      .error, .updateRejected, message, help: ["do what the server says, or replace the client by raising generation"],
      requests: [record])
  }

  func unknown(_ what: String, _ record: RequestRecord) -> Diagnostic {
    Diagnostic(
      .error, .updateOutcomeUnknown, "\(method.rawValue) was sent to \(url.redacted), and \(what)",
      help: ["apply again with --refresh: a read, or the token endpoint, shows what happened to the client"],
      requests: [record])
  }
}
