extension AuthorizationServer {
  /// The client configuration endpoint (RFC 7592 2).
  func manage(_ request: SandboxRequest, clientID: String) -> SandboxAnswer {
    Self.answering { () throws(Refusal) in
      guard let management = site.kind.management else { return .text(404, "not found") }
      guard ["GET", "PUT", "DELETE"].contains(request.method) else {
        return SandboxAnswer(405, fields: [.init("Allow", "GET, PUT, DELETE")])
      }
      let key = World.ClientKey(issuer: issuer, clientID: clientID)
      // RFC 7592 2.1: a client that does not exist any more is answered like a wrong token.
      guard let client = world.with({ $0.clients[key] }), let token = client.managementToken, request.bearer == token
      else {
        let isBearer = management.wrongTokenStatus == 401
        throw Refusal(
          management.wrongTokenStatus, management.wrongTokenError, "the registration access token is not this client's",
          fields: isBearer ? [.init("WWW-Authenticate", "Bearer error=\"invalid_token\"")] : [])
      }
      switch request.method {
      case "DELETE":
        world.with { $0.remove([key]) }
        var answer = SandboxAnswer(management.deleteStatus)
        answer.note = "deleted"
        return answer
      case "PUT":
        return try keep(
          update(client, to: request, management: management), management, replacing: token, note: "updated")
      default:
        return try keep(client, management, replacing: token, note: "read")
      }
    }
  }

  /// The client with the metadata of a PUT (RFC 7592 2.2).
  private func update(_ client: SandboxClient, to request: SandboxRequest, management: ManagementRules) throws(Refusal)
    -> SandboxClient
  {
    let members = request.json?.object ?? [:]
    let own = ClientRequest.serversOwn.intersection(members.keys).sorted()
    guard own.isEmpty else {
      throw Refusal(400, "invalid_request", "an update must not have \(own.joined(separator: ", "))")
    }
    guard members["client_id"]?.string == client.clientID else {
      throw Refusal(400, "invalid_client_id", "'client_id' has to be this client's")
    }
    if let secret = members["client_secret"], secret.string != client.secret {
      throw Refusal(400, "invalid_client_metadata", "'client_secret' has to be this client's")
    }
    let asked = try ClientRequest(request, rules: rules)
    var client = client
    let hadSecret = client.secret != nil
    client.redirectURIs = asked.redirectURIs
    client.method = asked.method
    client.grantTypes = asked.grantTypes
    client.scope = asked.scope
    client.metadata = asked.metadata
    switch (needsSecret(asked.method), hadSecret) {
    case (true, false) where !management.forgetsToIssueSecret: renewSecret(of: &client)
    case (true, true) where management.rotatesSecret || rules.secretSeconds != 0: renewSecret(of: &client)
    case (false, true): client.secret = nil
    default: break
    }
    return client
  }

  /// Stores the client and answers with it, unless another request with the same token was faster.
  private func keep(_ client: SandboxClient, _ management: ManagementRules, replacing token: String, note: String)
    throws(Refusal) -> SandboxAnswer
  {
    var client = client
    if management.rotatesToken { client.managementToken = World.token("manage-") }
    let key = World.ClientKey(issuer: client.issuer, clientID: client.clientID)
    let isKept = world.with { [client] state in
      guard state.clients[key]?.managementToken == token else { return false }
      state.clients[key] = client
      return true
    }
    guard isKept else {
      throw Refusal(management.wrongTokenStatus, management.wrongTokenError, "the token was used meanwhile")
    }
    var answer = SandboxAnswer.json(200, registered(client), fields: [.init("Cache-Control", "no-store")])
    answer.note = note
    return answer
  }
}
