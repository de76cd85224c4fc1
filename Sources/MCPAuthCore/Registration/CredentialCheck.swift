/// Asks a token endpoint whether it still knows a client. The request contains an authorization code that is certainly wrong
/// (Registration#Verification, `verify`).
///
/// Nothing is issued and nothing changes. A server that knows the client refuses the code. A server that does not know it refuses the
/// client.
public struct CredentialCheck: Sendable, Equatable {
  /// What the answer shows.
  public enum Verdict: Sendable, Equatable {
    /// The client is known, and its credentials are accepted.
    case known
    /// The client or its secret is not accepted.
    case dead(error: String)
    /// The answer shows neither. The text says why, made printable.
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
  ///   - tokenEndpoint: the endpoint of the authorization server that the client is bound to, with its query.
  ///   - clientID: unchanged.
  ///   - secret: the client's secret. nil for a public client.
  ///   - method: the effective `token_endpoint_auth_method`.
  ///   - redirectURI: a redirect URI of the client. Empty if it has none: then the request contains none.
  ///   - nonce: random, of unreserved characters. No real code or client may have the invented value.
  ///   - trust: the trust of the server that the client belongs to.
  ///   - isFromInventory: whether the inventory names the endpoint.
  /// - Throws: `invalid-url`, `insecure-url`; `secret-missing` if the method needs a secret and there is none.
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

  /// The request for the client.
  public func request() -> HTTPRequest { request(clientID: clientID, secret: secret) }

  /// The same request for a client that cannot exist.
  public func comparison() -> HTTPRequest {
    request(
      clientID: "mcpauth-made-up-client-" + nonce, secret: secret.map { _ in Secret("mcpauth-made-up-secret-" + nonce) }
    )
  }

  private func request(clientID: String, secret: Secret?) -> HTTPRequest {
    // The verifier is invented, like the code. Without a verifier, some servers check nothing else (RFC 7636 section 4.5).
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

  /// Decides by the `error` member. The status does not matter.
  ///
  /// - Returns: nil for `unauthorized_client`: the client is dead if an invented client gets the same answer. Send `comparison()` and pass the
  ///   answer to `compare`.
  public func interpret(_ received: Result<HTTPResponse, HTTPFailure>) -> Verdict? {
    switch received {
    case .failure(let failure): return .cannotTell(failure.message)
    case .success(let response):
      let words = ServerMessage(response, hiding: [secret].compactMap { $0 })
      switch words.error {
      case "invalid_grant", "invalid_code", "bad_verification_code": return .known
      case "invalid_client", "invalid_client_id", "bad_client_secret", "incorrect_client_credentials":
        return .dead(error: words.error ?? "")
      case "unauthorized_client": return nil
      default:
        // A success would contain a token, so its body is not shown.
        let shown = (200...299).contains(response.status) ? "" : ", \(words.shown)"
        return .cannotTell("the token endpoint answers \(response.status)\(shown)")
      }
    }
  }

  /// Takes the answer to `comparison()`. If an invented client gets the same refusal, the server does not know the real client.
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
