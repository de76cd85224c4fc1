/// The table of Registration#Refusals, "DCR refusals": the meaning of an answer that is not 2xx, and of a missing answer.
struct RegistrationRefusal {
  let request: RegistrationRequest
  let metadata: AuthorizationServerMetadata
  let now: Timestamp

  func failure(_ failure: HTTPFailure) -> RegistrationFailure {
    let endpoint = request.endpoint.redacted
    if failure.mayHaveArrived {
      return .unknown(
        "the registration was sent to \(endpoint) and no usable answer came (\(failure.message)): a client may exist",
        at: metadata.issuer)
    }
    return RegistrationFailure(outcome: .notSent, diagnostic: failure.notSentDiagnostic(asking: endpoint))
  }

  /// - Parameter response: an answer with any status except 2xx.
  func failure(_ response: HTTPResponse, words: ServerMessage) -> RegistrationFailure {
    let endpoint = request.endpoint.redacted
    let status = response.status
    if isNoEndpointAtAll(response, words) {
      return refused(
        unsupported("the guessed URL \(endpoint) is not a registration endpoint: it answers \(status) without JSON"))
    }
    switch (status, words.error) {
    case (400, "invalid_redirect_uri"):
      return refused(
        .redirectURIRejected, "\(endpoint) refuses the redirect URIs: \(words.shown)", help: redirectHelp(words))
    case (400, "invalid_client_metadata"):
      return refused(
        .clientMetadataRejected, "\(endpoint) refuses the client's metadata: \(words.shown)",
        help: ["change what the server names in the client block, or in this server's oauth2 block"])
    case (400, "invalid_software_statement"), (400, "unapproved_software_statement"):
      return refused(
        .softwareStatementRejected, "\(endpoint) refuses the software statement: \(words.shown)",
        help: ["get a software_statement that this authorization server accepts"])
    case (401, _), (403, _):
      return refused(
        .registrationProtected, "\(endpoint) does not allow every client to register: \(status), \(words.shown)",
        help: protectedHelp(words))
    case (404, _), (405, _), (501, _):
      return refused(
        unsupported(
          metadata.isFromDocument
            ? "the registration endpoint \(endpoint) is in the metadata, but does not exist: it answers \(status)"
            : "there is no registration endpoint: \(endpoint) answers \(status)"))
    case (429, _):
      return limited(response)
    case (503, _) where response.value(of: "Retry-After") != nil:
      return limited(response)
    case (300...399, _):
      // The client could repeat a redirected POST as a GET, or register at an unknown place (RealServers#82).
      return refused(
        .redirectRefused,
        "\(endpoint) answers a registration with the redirect \(status), which is not followed",
        help: ["give the endpoint's real address as registration_endpoint"])
    case (500..., _):
      return .unknown(
        "\(endpoint) failed with \(status) (\(words.shown)): a client may still exist", at: metadata.issuer)
    default:
      let type = response.contentType ?? "no content type"
      return refused(
        .registrationRejected, "\(endpoint) refuses the registration: \(status), \(type), \(words.shown)",
        help: words.nameScopes
          ? ["change the scopes of this server, or write scopes: []"]
          : ["do what the server says, or ask its provider for a client by hand"])
    }
  }

  /// Discovery#Servers-without-metadata: if the guessed `/register` answers something that is not JSON, there is no registration endpoint.
  /// Answers of a gateway or a rate limiter (429, 502, 503, 504) say nothing about the server behind it and keep their own meaning.
  /// - Parameter words: read only if the endpoint was guessed.
  func isNoEndpointAtAll(_ response: HTTPResponse, _ words: @autoclosure () -> ServerMessage) -> Bool {
    !metadata.isFromDocument && ![429, 502, 503, 504].contains(response.status) && !words().isJSON
  }

  func unsupported(_ message: String) -> Diagnostic {
    RegistrationChoice.unsupported(message, redirectURIs: request.requested.redirectURIs, metadata)
  }

  func refused(_ diagnostic: Diagnostic, retryAfter: Int? = nil) -> RegistrationFailure {
    RegistrationFailure(outcome: .refused, diagnostic: diagnostic, retryAfter: retryAfter)
  }

  private func refused(_ code: DiagnosticCode, _ message: String, help: [String]) -> RegistrationFailure {
    refused(Diagnostic(.error, code, message, help: help))
  }

  /// RealServers#56. There is no wait here: the caller gets the time of the next attempt.
  private func limited(_ response: HTTPResponse) -> RegistrationFailure {
    let seconds = RetryAfter.seconds(response, now: now)
    let when = seconds.map { "try again in \($0) s, at \(Timestamp(seconds: now.seconds + Int64($0)).rfc3339)" }
    return refused(
      Diagnostic(
        .error, .rateLimited, "\(request.endpoint.redacted) accepts no more registrations for now (\(response.status))",
        help: [when ?? "try again later: the server does not say when"]),
      retryAfter: seconds)
  }

  /// The limits that the server names: RealServers#37 (loopback only), RealServers#38 (https only), RealServers#39 (a list of
  /// hosts).
  private func redirectHelp(_ words: ServerMessage) -> [String] {
    let loopback = ["localhost", "loopback", "127.0.0.1"].contains(where: words.mention)
    let secure = words.mention("https")
    let ours = request.requested.redirectURIs.joined(separator: ", ")
    return switch (loopback, secure) {
    case (true, false):
      ["the server seems to accept only loopback redirect URIs: a hosted callback (\(ours)) cannot be used there"]
    case (false, true): ["the server seems to accept only https redirect URIs; the request has \(ours)"]
    default: ["change redirect_uris of this server, or ask its provider to allow \(ours)"]
    }
  }

  private func protectedHelp(_ words: ServerMessage) -> [String] {
    if words.mention("Trusted Hosts") {
      return [
        "Keycloak's client registration policy 'Trusted Hosts' refuses this machine: "
          + "have this machine's address and the redirect hosts added to it"
      ]
    }
    if words.nameScopes {
      return [
        "have the scopes allowed for registration (Keycloak: the policy 'Allowed Client Scopes'), or change scopes"
      ]
    }
    return request.initialAccessToken == nil
      ? [
        "give an initial_access_token, if the provider issues them", "or ask the provider to put you on its allow list",
      ]
      : [
        "the initial_access_token may be used up or expired: get a new one",
        "or ask the provider to put you on its allow list",
      ]
  }
}

extension RegistrationFailure {
  /// The server may have made a client.
  static func unknown(_ what: String, at issuer: String) -> RegistrationFailure {
    RegistrationFailure(
      outcome: .unknown,
      diagnostic: Diagnostic(
        .error, .registrationOutcomeUnknown, "\(what) at \(ForeignText.printable(issuer, limit: 256))",
        help: [
          "look for the client at the provider and adopt it with mcpauth import, "
            + "or accept that one may be left behind: mcpauth apply --retry-unknown"
        ]))
  }
}

extension HTTPFailure {
  /// Nothing was sent: `unreachable`, or `address-blocked`.
  func notSentDiagnostic(asking endpoint: String) -> Diagnostic {
    if case .addressBlocked = self {
      return Diagnostic(
        .error, .addressBlocked, "no request is sent to \(endpoint): \(message)",
        help: ["list the address or host in network.allow_private if it is meant to be reached"])
    }
    return Diagnostic(
      .error, .unreachable, "\(endpoint) cannot be reached: \(message)",
      help: ["nothing was sent: it is safe to try again"])
  }
}
