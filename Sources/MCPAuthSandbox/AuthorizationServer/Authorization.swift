extension AuthorizationServer {
  /// The lifetime of a code in seconds.
  static let codeSeconds = 60.0

  /// The authorization endpoint (OAuth 2.1 4.1.1). It gives consent at once.
  func authorize(_ request: SandboxRequest) -> SandboxAnswer {
    guard ["GET", "POST"].contains(request.method) else {
      return SandboxAnswer(405, fields: [.init("Allow", "GET, POST")])
    }
    let values = request.method == "GET" ? request.queryValues : request.form
    // Without a valid client and redirect URI, the browser cannot be redirected back (RFC 6749 4.1.2.1).
    guard let clientID = values["client_id"], let client = client(clientID) else {
      return failure("unknown client")
    }
    let redirect: String
    switch (values["redirect_uri"], client.redirectURIs.count) {
    case (let uri?, _):
      guard client.redirectURIs.contains(where: { RedirectURI.matches(uri, $0) }) else {
        return failure("the redirect URI is not one of the client's")
      }
      redirect = uri
    case (nil, 1): redirect = client.redirectURIs[0]
    default: return failure("no redirect URI")
    }

    func back(_ parameters: [(String, String)], note: String) -> SandboxAnswer {
      let all = parameters + (values["state"].map { [("state", $0)] } ?? []) + [("iss", issuer)]
      let query = all.map { "\($0)=\(FormValues.encoded($1))" }.joined(separator: "&")
      var answer = SandboxAnswer.redirect(302, to: redirect + (redirect.contains("?") ? "&" : "?") + query)
      answer.note = note
      return answer
    }
    func refused(_ error: String, _ description: String) -> SandboxAnswer {
      back([("error", error), ("error_description", description)], note: error)
    }
    guard values["response_type"] == "code" else {
      return refused("unsupported_response_type", "response_type has to be code")
    }
    guard let challenge = values["code_challenge"], values["code_challenge_method"] == "S256",
      challenge.utf8.count == 43
    else {
      return refused("invalid_request", "PKCE with S256 is required")
    }
    if let scope = values["scope"] {
      for name in scope.split(separator: " ") where !rules.scopes.contains(String(name)) {
        return refused("invalid_scope", "scope '\(name)' is not known")
      }
    }
    guard isOurs(resource: values["resource"]) else {
      return refused("invalid_target", "that is not a resource of this server")
    }
    let issued = World.Issued(
      kind: site.kind.name, issuer: issuer, clientID: clientID, resource: values["resource"],
      scope: values["scope"] ?? client.scope)
    let code = World.token("code-")
    world.with {
      $0.codes[code] = World.Code(
        issued: issued, redirectURI: redirect, challenge: challenge, expires: World.now + Self.codeSeconds)
    }
    return back([("code", code)], note: "code issued")
  }

  /// Whether this server issues tokens for the resource (RFC 8707 2). A request without a resource means all resources.
  func isOurs(resource: String?) -> Bool {
    guard let resource else { return true }
    if site.kind.name == SandboxKind.numbered.name {
      return resource.hasPrefix(site.origin + "/n/") && resource.hasSuffix("/mcp")
    }
    return resource == site.resource || resource == site.resourceMetadata["resource"]?.string
  }

  /// A client of this issuer: a registered one, or one with a metadata document.
  func client(_ clientID: String) -> SandboxClient? {
    if let client = world.with({ $0.clients[.init(issuer: issuer, clientID: clientID)] }) { return client }
    guard site.kind.takesClientMetadataDocuments else { return nil }
    return documentClient(clientID)
  }

  /// The client of a Client ID Metadata Document. The sandbox makes no requests, so it accepts only its own documents.
  private func documentClient(_ clientID: String) -> SandboxClient? {
    guard clientID.hasPrefix(site.origin + "/") else { return nil }
    let parts = clientID.dropFirst(site.origin.count).split(separator: "?", maxSplits: 1)
    guard let path = parts.first,
      let document = ClientDocuments(redirectURIs: clientDocumentRedirectURIs)
        .document(path: String(path), query: parts.count > 1 ? String(parts[1]) : nil, origin: site.origin),
      document["client_id"]?.string == clientID, document["client_name"]?.string != nil,
      document["client_secret"] == nil,
      document["token_endpoint_auth_method"] == "none", let redirects = document["redirect_uris"]?.strings
    else { return nil }
    return SandboxClient(
      kind: site.kind.name, issuer: issuer, clientID: clientID, issuedAt: 0, method: "none", redirectURIs: redirects,
      grantTypes: document["grant_types"]?.strings ?? ["authorization_code"], metadata: document.object ?? [:])
  }

  /// An error page for the user, because the browser cannot be redirected back.
  private func failure(_ text: String) -> SandboxAnswer {
    var answer = SandboxAnswer.html(400, "<!doctype html><title>Error</title><p>\(text)</p>")
    answer.note = text
    return answer
  }
}
