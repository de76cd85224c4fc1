/// The checks of a client information response (RFC 7591 section 3.2.1), in the order of Registration#Answers, "DCR answer".
struct RegistrationAnswer {
  let request: RegistrationRequest
  let metadata: AuthorizationServerMetadata
  let now: Timestamp
  /// Whether a text contains a secret that is known from elsewhere.
  let holdsSecret: @Sendable (_ text: String) -> Bool

  /// - Parameter response: an answer with a status 2xx.
  func check(_ response: HTTPResponse) throws(RegistrationFailure) -> RegisteredClient {
    let requested = request.requested
    var warnings: [Diagnostic] = []
    func odd(_ text: String) { warnings.append(.warning(.unusualAnswer, text)) }

    // RFC 7591 section 3.2.1 requires 201. Many servers answer 200 (RealServers#70).
    if response.status != 201 { odd("the registration was answered with \(response.status) instead of 201") }
    guard let answer = AnswerMembers(response.body) else {
      throw unusable(response, "no JSON object")
    }
    guard let clientID = answer.string("client_id") else { throw unusable(response, "no usable client_id") }
    guard !clientID.hasControlCharacters else {
      throw unusable(response, "a client_id with control characters")
    }
    let secret = answer.secret("client_secret")
    let token = answer.secret("registration_access_token")
    // The id is written into the lock file, which everybody can read.
    guard !holds(clientID, request.secrets + [secret, token].compactMap(\.self)), !holdsSecret(clientID) else {
      throw unusable(response, "a client_id that holds a secret (not shown)")
    }

    let management = answer.managementURI(origin: request.endpoint.origin, trust: request.trust)
    if let oddity = management.oddity { odd(oddity) }
    let left = AbandonedClient(
      clientID: clientID, registrationClientURI: management.uri, registrationAccessToken: token)
    func refuse(_ code: DiagnosticCode, _ message: String, help: [String]) -> RegistrationFailure {
      RegistrationFailure(
        outcome: .created(left),
        diagnostic: Diagnostic(
          .error, code, message, notes: ["client_id: " + ForeignText.printable(clientID)], help: help),
        warnings: warnings)
    }

    let effective: EffectiveAuthMethod
    do throws(EffectiveAuthMethod.Problem) {
      effective = try .decide(
        answered: answer.authMethod, hasSecret: secret != nil, asked: requested.tokenEndpointAuthMethod,
        isInventorys: requested.isInventoryMethod, supported: metadata.tokenEndpointAuthMethodsSupported)
    } catch {
      throw refuse(error.code, error.message, help: error.help)
    }
    effective.oddities.forEach(odd)

    // RFC 7591 section 3.2.1: the server may replace any metadata. Compared byte for byte (RealServers#41).
    if let returned = answer.strings("redirect_uris"),
      let missing = requested.redirectURIs.first(where: { !returned.containsExactly($0) })
    {
      throw refuse(
        .registrationAltered,
        "the server registered other redirect URIs than requested: '\(missing)' is missing, it has "
          + ForeignText.printable(returned.joined(separator: ", "), limit: 256),
        help: ["use a redirect URI that the server does not change, or ask its provider for a client by hand"])
    }
    let grants = answer.strings("grant_types")
    if let grants, !grants.contains("authorization_code") {
      throw refuse(
        .registrationInsufficient,
        "the server registered the client without the grant type authorization_code: it has "
          + ForeignText.printable(grants.joined(separator: ", "), limit: 200),
        help: ["ask the provider for a client that may use the authorization code flow"])
    }
    let granted = answer.scopes
    let scopes = granted.map { granted in requested.scopes.filter(granted.contains) } ?? requested.scopes
    if scopes.count < requested.scopes.count {
      let lost = requested.scopes.filter { !scopes.contains($0) }
      warnings.append(
        .warning(.scopeNarrowed, "the server registered the client without the scopes \(lost.joined(separator: ", "))"))
    }

    var expiry: Timestamp?
    if secret != nil {
      let read = answer.secretExpiry
      expiry = read.time
      if let oddity = read.oddity { odd(oddity) }
      if let expiry, expiry <= now {
        throw refuse(
          .registrationExpired, "the client secret that was issued has expired already, at \(expiry.rfc3339)",
          help: ["compare this machine's clock (\(now.rfc3339)) with the server's"])
      }
      if let expiry, TokenEndpointAuthMethod.needsSecret(effective.method), let warning = shortLived(expiry) {
        warnings.append(warning)
      }
    }
    return RegisteredClient(
      clientID: clientID, clientSecret: secret, clientSecretExpiresAt: expiry,
      tokenEndpointAuthMethod: effective.method, otherAuthMethods: effective.alternatives,
      grantTypes: grants.map { grants in requested.grantTypes.filter(grants.contains) } ?? requested.grantTypes,
      applicationType: answer.applicationType ?? requested.applicationType, redirectURIs: requested.redirectURIs,
      scopes: scopes, scopesFrom: requested.scopesFrom, registrationClientURI: management.uri,
      registrationAccessToken: token, warnings: warnings)
  }

  private func holds(_ clientID: String, _ secrets: [Secret]) -> Bool {
    secrets.contains { secret in
      let value = secret.open()
      // Not as characters: a combining mark after the secret belongs to the character before it.
      return value.isExactly(clientID)
        || (value.utf8.count >= 8 && clientID.unicodeScalars.contains(value.unicodeScalars))
    }
  }

  /// RealServers#48: a secret that lives one day changes the lock file every day.
  private func shortLived(_ expiry: Timestamp) -> Diagnostic? {
    guard expiry.seconds - now.seconds < 30 * 86_400 else { return nil }
    return .warning(
      .secretShortLived, "the client secret expires at \(expiry.rfc3339), in less than 30 days",
      help: ["write token_endpoint_auth_method: none if the server lists it: then there is nothing to expire"])
  }

  /// The server may have made a client. The body may contain a secret, so it is never shown.
  private func unusable(_ response: HTTPResponse, _ what: String) -> RegistrationFailure {
    .unknown(
      "\(request.endpoint.redacted) answered \(response.status) with \(what): a client may exist", at: metadata.issuer)
  }
}

extension EffectiveAuthMethod.Problem {
  var code: DiagnosticCode {
    switch self {
    case .noSecret: .registrationInsufficient
    case .unsupported: .authMethodUnsupported
    }
  }

  var message: String {
    switch self {
    case .noSecret(let method): "the server registered the client with '\(method)' and sent no client secret"
    case .unsupported(let method):
      "the server registered the client with an auth method that cannot be used: '\(method)'"
    }
  }

  var help: [String] {
    switch self {
    case .noSecret: ["write token_endpoint_auth_method: none if the server accepts public clients"]
    case .unsupported: ["name one of the server's other methods in token_endpoint_auth_method"]
    }
  }
}
