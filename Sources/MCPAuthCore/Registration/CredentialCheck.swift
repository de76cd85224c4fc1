/// Asks a token endpoint whether it still knows a client, with an authorization code that cannot be right (Registration#Verification, `verify`).
///
/// Nothing is issued and nothing changes: a server that knows the client refuses the code, one that does not refuses the client.
public struct CredentialCheck: Sendable, Equatable {
  /// What the answer says.
  public enum Verdict: Sendable, Equatable {
    /// The client is known, its credentials are accepted.
    case known
    /// The client, or its secret, is not accepted.
    case dead(error: String)
    /// `unauthorized_client`: dead if a made-up client gets the same answer. Send `comparison()`, pass the answer to `compare`.
    case needsComparison
    /// Neither can be told; why, made printable.
    case cannotTell(String)
  }

  private let endpoint: CheckedURL
  private let clientID: String
  private let secret: Secret?
  private let method: String
  private let redirectURI: String
  private let nonce: String
  private let provenance: HTTPRequest.Provenance

  /// - Parameters:
  ///   - tokenEndpoint: of the authorization server that the client is bound to, with its query.
  ///   - clientID: verbatim.
  ///   - secret: of the client; nil for a public one.
  ///   - method: the effective `token_endpoint_auth_method`.
  ///   - redirectURI: one of the client's; empty where it has none: nothing is sent then.
  ///   - nonce: random, of unreserved characters: the code and the client that are made up have to be nobody's.
  ///   - trust: of the server that the client belongs to.
  ///   - isFromInventory: whether the inventory names the endpoint.
  /// - Throws: `invalid-url`, `insecure-url`; `secret-missing` when the method needs a secret and there is none.
  public init(
    tokenEndpoint: String, clientID: String, secret: Secret?, method: String, redirectURI: String, nonce: String,
    trust: ServerTrust, isFromInventory: Bool = false
  ) throws(Diagnostic) {
    endpoint = try trust.endpoint(tokenEndpoint, called: "token endpoint")
    if TokenEndpointAuthMethod.needsSecret(method), secret?.isEmpty ?? true {
      throw Diagnostic(
        .error, .secretMissing, "the client authenticates with '\(method)', and there is no client secret")
    }
    self.clientID = clientID
    self.secret = secret
    self.method = method
    self.redirectURI = redirectURI
    self.nonce = nonce
    provenance = trust.provenance(of: endpoint, isFromInventory: isFromInventory)
  }

  /// The question.
  public func request() -> HTTPRequest { request(clientID: clientID, secret: secret) }

  /// The same question of a client that cannot exist.
  public func comparison() -> HTTPRequest {
    request(
      clientID: "mcpauth-made-up-client-" + nonce, secret: secret.map { _ in Secret("mcpauth-made-up-secret-" + nonce) }
    )
  }

  private func request(clientID: String, secret: Secret?) -> HTTPRequest {
    // The verifier is made up as the code is: without one, some servers look no further (RFC 7636 section 4.5).
    var form = [("grant_type", "authorization_code"), ("code", "mcpauth-made-up-code-" + nonce)]
    if !redirectURI.isEmpty { form.append(("redirect_uri", redirectURI)) }
    form += [
      ("code_verifier", "mcpauth-made-up-verifier-mcpauth-made-up-verifier"), ("client_id", clientID),
    ]
    var fields = [
      HTTPField("Accept", "application/json"), HTTPField("Content-Type", "application/x-www-form-urlencoded"),
    ]
    if let secret {
      if method == TokenEndpointAuthMethod.basic { fields.append(.basic(clientID: clientID, secret: secret)) }
      if method == TokenEndpointAuthMethod.post { form.append(("client_secret", secret.open())) }
    }
    return HTTPRequest(.post, endpoint, fields: fields, body: FormEncoding.body(form), provenance: provenance)
  }

  /// Decides by the `error` member, whatever the status.
  public func interpret(_ received: Result<HTTPResponse, HTTPFailure>) -> Verdict {
    switch received {
    case .failure(let failure): return .cannotTell(failure.message)
    case .success(let response):
      let words = ServerMessage(response, hiding: [secret].compactMap { $0 })
      switch words.error {
      case "invalid_grant", "invalid_code", "bad_verification_code": return .known
      case "invalid_client", "invalid_client_id", "bad_client_secret", "incorrect_client_credentials":
        return .dead(error: words.error ?? "")
      case "unauthorized_client": return .needsComparison
      default:
        // A success would hold a token: not shown.
        let shown = (200...299).contains(response.status) ? "" : ", \(words.shown)"
        return .cannotTell("the token endpoint answers \(response.status)\(shown)")
      }
    }
  }

  /// Takes the answer to `comparison()`: the same refusal for a made-up client means that ours is treated as one.
  public func compare(_ received: Result<HTTPResponse, HTTPFailure>) -> Verdict {
    switch received {
    case .failure(let failure): .cannotTell(failure.message)
    case .success(let response):
      switch ServerMessage(response, hiding: []).error {
      case "unauthorized_client": .dead(error: "unauthorized_client")
      case nil: .cannotTell("the token endpoint answers \(response.status) to a made-up client")
      default: .known
      }
    }
  }
}
