extension AuthorizationServer {
  /// The registration endpoint (RFC 7591 3).
  func register(_ request: SandboxRequest) -> SandboxAnswer {
    Self.answering { () throws(Refusal) in
      guard rules.isOffered else { return .text(404, "not found") }
      guard request.method == "POST" else { return SandboxAnswer(405, fields: [.init("Allow", "POST")]) }
      if let token = rules.initialAccessToken, request.bearer != token {
        throw Refusal(
          401, "invalid_token", "an initial access token is needed to register here",
          fields: [.init("WWW-Authenticate", "Bearer realm=\"registration\"")])
      }
      let asked = try ClientRequest(request, rules: rules)
      let (client, isNew) = store(asked)
      var answer = SandboxAnswer.json(
        rules.status, registered(client), fields: [.init("Cache-Control", "no-store"), .init("Pragma", "no-cache")])
      answer.note = isNew ? "created" : "the same client again"
      return answer
    }
  }

  /// Makes a new client, or returns an existing one if the rules say so.
  private func store(_ asked: ClientRequest) -> (client: SandboxClient, isNew: Bool) {
    let now = Int(World.now)
    var client = SandboxClient(
      kind: site.kind.name, issuer: issuer, clientID: World.token("client-"), issuedAt: now, method: asked.method,
      redirectURIs: asked.redirectURIs, grantTypes: asked.grantTypes, scope: asked.scope, metadata: asked.metadata)
    if needsSecret(client.method) { renewSecret(of: &client) }
    if site.kind.management != nil { client.managementToken = World.token("manage-") }
    return world.with { [client] state in
      state.registrations[site.issuer, default: 0] += 1
      if rules.deduplicates,
        let old = state.clients.values.first(where: {
          $0.issuer == client.issuer && $0.redirectURIs == client.redirectURIs
        })
      {
        return (old, false)
      }
      if !rules.forgets { state.add(client) }
      return (client, true)
    }
  }

  func needsSecret(_ method: String) -> Bool { method != "none" || rules.givesSecretToPublicClients }

  func renewSecret(of client: inout SandboxClient) {
    client.secret = World.token("secret-")
    client.secretExpiresAt = rules.secretSeconds == 0 ? 0 : Int(World.now) + rules.secretSeconds
  }

  /// The client information response (RFC 7591 3.2.1), with the peculiarities of the kind.
  func registered(_ client: SandboxClient) -> SandboxJSON {
    var members = client.metadata
    members["client_id"] = .string(client.clientID)
    members["client_id_issued_at"] = .integer(client.issuedAt)
    if let secret = client.secret {
      members["client_secret"] = .string(secret)
      members["client_secret_expires_at"] = .integer(client.secretExpiresAt)
    }
    if let token = client.managementToken, let management = site.kind.management {
      members["registration_access_token"] = .string(token)
      members["registration_client_uri"] = .string(
        (management.elsewhere ?? site.origin) + site.issuerPath + "/clients/" + client.clientID)
    }
    var answer = SandboxJSON.object(members).changed(by: rules.answerChanges)
    if var members = answer.object {
      for name in rules.answerNulls { members[name] = .null }
      answer = .object(members)
    }
    return answer.filled(with: site.template)
  }
}
