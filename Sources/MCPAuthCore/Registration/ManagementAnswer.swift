extension ManagementRequest {
  /// Takes the answer to a read or an update (RFC 7592 section 3). A member in the answer is new. A missing or null member stays as known.
  ///
  /// Even if the answer is wrong, its new token and secret are kept: they are returned together with the problem.
  func answer(
    _ response: HTTPResponse, _ record: RequestRecord, supported: [String]?, now: Timestamp
  ) -> ManagementOutcome {
    var client = known
    client.warnings = []
    if response.body.isEmpty, case .update(let wanted) = call {
      client.adopt(wanted)
      client.warnings = [.warning(.unusualAnswer, "the update was answered with \(response.status) and no body")]
      return .done(client: client, problem: nil)
    }
    guard let answer = AnswerMembers(response.body) else {
      return .outcomeUnknown(unknown("\(response.status) came with no JSON object", record))
    }
    if let id = answer.string("client_id"), !id.isExactly(known.clientID) {
      return .refused(
        rejected("\(url.redacted) answers for another client, '\(ForeignText.printable(id, limit: 128))'", record))
    }
    if case .update(let wanted) = call { client.adopt(wanted) }
    takeCredentials(answer, into: &client)
    let problem = takeMetadata(answer, into: &client, supported: supported, now: now)
    return .done(
      client: client,
      problem: problem.map { problem in
        var problem = problem
        problem.requests = [record]
        return problem
      })
  }

  /// Takes token, URI, secret and the secret's lifetime: RealServers#70, RealServers#72.
  private func takeCredentials(_ answer: AnswerMembers, into client: inout RegisteredClient) {
    if let token = answer.secret("registration_access_token") { client.registrationAccessToken = token }
    // It must have the origin of the known URI, which is the origin of the registration endpoint.
    let management = answer.managementURI(origin: url.origin, trust: trust)
    if let uri = management.uri { client.registrationClientURI = uri }
    if let oddity = management.oddity { client.warnings.append(.warning(.unusualAnswer, oddity)) }
    if let secret = answer.secret("client_secret") { client.clientSecret = secret }
    guard client.clientSecret != nil else { return }
    let expiry = answer.secretExpiry
    guard !expiry.isMissing else { return }
    client.clientSecretExpiresAt = expiry.time
    if let oddity = expiry.oddity { client.warnings.append(.warning(.unusualAnswer, oddity)) }
  }

  /// The same checks as for a registration, in the same order.
  private func takeMetadata(
    _ answer: AnswerMembers, into client: inout RegisteredClient, supported: [String]?, now: Timestamp
  ) -> Diagnostic? {
    let asked = client.tokenEndpointAuthMethod
    do throws(EffectiveAuthMethod.Problem) {
      // A read never changes a method that works. The method was decided when the client was registered.
      let isInventorys = if case .update(let wanted) = call { wanted.isInventoryMethod } else { true }
      client.tokenEndpointAuthMethod = try EffectiveAuthMethod.decide(
        answered: answer.authMethod ?? asked, hasSecret: client.clientSecret != nil, asked: asked,
        isInventorys: isInventorys, supported: supported
      ).method
    } catch {
      return Diagnostic(.error, error.code, error.message, help: error.help)
    }
    if let returned = answer.strings("redirect_uris"),
      let missing = client.redirectURIs.first(where: { !returned.containsExactly($0) })
    {
      return Diagnostic(
        .error, .registrationAltered,
        "the server has other redirect URIs than requested: '\(missing)' is missing, it has "
          + ForeignText.printable(returned.joined(separator: ", "), limit: 256),
        help: ["replace the client by raising generation"])
    }
    if let grants = answer.strings("grant_types") {
      guard grants.contains("authorization_code") else {
        return Diagnostic(
          .error, .registrationInsufficient, "the server has the client without the grant type authorization_code",
          help: ["replace the client by raising generation"])
      }
      client.grantTypes = client.grantTypes.filter(grants.contains)
    }
    if let type = answer.applicationType { client.applicationType = type }
    if let granted = answer.scopes {
      let lost = client.scopes.filter { !granted.contains($0) }
      if !lost.isEmpty {
        client.scopes.removeAll(where: lost.contains)
        client.warnings.append(
          .warning(.scopeNarrowed, "the server has the client without the scopes \(lost.joined(separator: ", "))"))
      }
    }
    if let expiry = client.clientSecretExpiresAt, expiry <= now, client.clientSecret != nil {
      return Diagnostic(
        .error, .registrationExpired, "the client secret expired at \(expiry.rfc3339)",
        help: ["renew it with mcpauth rotate, or raise generation"])
    }
    return nil
  }
}

extension RegisteredClient {
  /// Takes the requested values as granted, until the answer says otherwise.
  fileprivate mutating func adopt(_ wanted: RequestedRegistration) {
    tokenEndpointAuthMethod = wanted.tokenEndpointAuthMethod
    grantTypes = wanted.grantTypes
    applicationType = wanted.applicationType
    redirectURIs = wanted.redirectURIs
    scopes = wanted.scopes
    scopesFrom = wanted.scopesFrom
  }
}
