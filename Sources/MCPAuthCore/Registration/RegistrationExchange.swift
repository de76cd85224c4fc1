/// A registration from the first request to the last answer, with its two safe retries (Registration#Requests). It gets events, returns
/// requests, and does no I/O.
///
/// Call `next()`. If it returns `send`, send the request and pass the result to `receive`. Repeat until `finished`. If `next()` returns
/// another request, the previous attempt was definitely refused and made no client.
public struct RegistrationExchange: Sendable {
  /// The next action.
  public enum Step: Sendable, Equatable {
    /// Send this request. `attempt` counts from 1. There are at most three attempts.
    case send(HTTPRequest, attempt: Int)
    /// The registration has ended.
    case finished(Result<RegisteredClient, RegistrationFailure>)
  }

  private var request: RegistrationRequest
  private let metadata: AuthorizationServerMetadata
  private let holdsSecret: @Sendable (_ text: String) -> Bool
  private var attempt = 1
  private var hasLeftOutScope = false
  private var hasSwitchedMethod = false
  private var warnings: [Diagnostic] = []
  private var result: Result<RegisteredClient, RegistrationFailure>?

  /// The requests so far, for reports.
  public private(set) var records: [RequestRecord] = []

  /// - Parameters:
  ///   - request: the first request.
  ///   - metadata: of the authorization server.
  ///   - holdsSecret: whether a text contains a secret that the caller knows. No such text is taken for a client ID.
  public init(
    _ request: RegistrationRequest, metadata: AuthorizationServerMetadata,
    holdsSecret: @escaping @Sendable (_ text: String) -> Bool = { _ in false }
  ) {
    self.request = request
    self.metadata = metadata
    self.holdsSecret = holdsSecret
  }

  /// The request to send, or the result.
  public func next() -> Step {
    if let result { .finished(result) } else { .send(request.httpRequest(), attempt: attempt) }
  }

  /// Takes the result of the request that `next()` returned.
  ///
  /// - Parameter now: the current time, to judge lifetimes.
  public mutating func receive(_ received: Result<HTTPResponse, HTTPFailure>, now: Timestamp) {
    precondition(result == nil, "the exchange is finished")
    let refusal = RegistrationRefusal(request: request, metadata: metadata, now: now)
    switch received {
    case .failure(let failure):
      record(status: nil, contentType: nil, note: failure.message)
      finish(refusal.failure(failure))
    case .success(let response) where (200...299).contains(response.status):
      accept(response, refusal, now: now)
    case .success(let response):
      let words = ServerMessage(response, hiding: request.secrets)
      record(status: response.status, contentType: response.contentType, note: words.shown)
      if !retry(response, words) { finish(refusal.failure(response, words: words)) }
    }
  }

  private mutating func accept(_ response: HTTPResponse, _ refusal: RegistrationRefusal, now: Timestamp) {
    record(status: response.status, contentType: response.contentType, note: nil)
    // The body of a success is never shown. It is only checked whether it is JSON.
    if refusal.isNoEndpointAtAll(response, ServerMessage(response, hiding: request.secrets)) {
      let endpoint = request.endpoint.redacted
      finish(
        refusal.refused(
          refusal.unsupported(
            "the guessed URL \(endpoint) is not a registration endpoint: it answers \(response.status) without JSON")))
      return
    }
    do throws(RegistrationFailure) {
      let answer = RegistrationAnswer(request: request, metadata: metadata, now: now, holdsSecret: holdsSecret)
      var client = try answer.check(response)
      client.warnings = warnings + client.warnings
      result = .success(client)
    } catch {
      finish(error)
    }
  }

  /// Retries after a refusal that made no client: once without `scope`, then once with the next listed method.
  private mutating func retry(_ response: HTTPResponse, _ words: ServerMessage) -> Bool {
    let isMetadata = response.status == 400 && words.error == "invalid_client_metadata"
    let isScope = (response.status == 400 || response.status == 403) && words.nameScopes
    let requested = request.requested
    if isMetadata || isScope, !hasLeftOutScope, !requested.scopes.isEmpty, requested.scopesFrom != .inventory {
      hasLeftOutScope = true
      request.requested = requested.withoutScope()
      again("without scope", words)
      return true
    }
    if isMetadata, !hasSwitchedMethod, !requested.isInventoryMethod,
      let next = TokenEndpointAuthMethod.next(
        after: requested.tokenEndpointAuthMethod, supported: metadata.tokenEndpointAuthMethodsSupported,
        consumers: requested.signInMethods)
    {
      hasSwitchedMethod = true
      request.requested.tokenEndpointAuthMethod = next
      again("with token_endpoint_auth_method '\(next)'", words)
      return true
    }
    return false
  }

  private mutating func again(_ how: String, _ words: ServerMessage) {
    attempt += 1
    warnings.append(
      .warning(
        .registrationRetried, "the server refused the registration (\(words.shown)); the request was repeated \(how)"))
  }

  private mutating func finish(_ failure: RegistrationFailure) {
    var failure = failure
    failure.warnings = warnings + failure.warnings
    failure.diagnostic.requests = records
    result = .failure(failure)
  }

  private mutating func record(status: Int?, contentType: String?, note: String?) {
    records.append(
      RequestRecord(
        method: "POST", url: request.endpoint.redacted, status: status, contentType: contentType, note: note))
  }
}
