import Crypto
import Foundation

extension AuthorizationServer {
  /// The lifetime of an access token in seconds.
  static let accessTokenSeconds = 3600

  /// The token endpoint (OAuth 2.1 3.2).
  func token(_ request: SandboxRequest) -> SandboxAnswer {
    Self.answering { () throws(Refusal) in
      guard request.method == "POST" else { return SandboxAnswer(405, fields: [.init("Allow", "POST")]) }
      let form = try form(of: request)
      let client = try authenticate(request, form)
      switch form["grant_type"] {
      case nil: throw Refusal(400, "invalid_request", "no grant_type")
      case "authorization_code":
        try allow("authorization_code", client)
        return try exchange(form, client)
      case "refresh_token":
        try allow("refresh_token", client)
        return try refresh(form, client)
      case let other?: throw Refusal(400, "unsupported_grant_type", "grant type '\(other)' is not supported")
      }
    }
  }

  /// The revocation endpoint (RFC 7009 2).
  func revoke(_ request: SandboxRequest) -> SandboxAnswer {
    Self.answering { () throws(Refusal) in
      guard request.method == "POST" else { return SandboxAnswer(405, fields: [.init("Allow", "POST")]) }
      let form = try form(of: request)
      let client = try authenticate(request, form)
      guard let token = form["token"] else { throw Refusal(400, "invalid_request", "no token") }
      let wasThere = world.with { state in
        let isRefresh = state.refreshTokens[token].map { belongs($0, to: client) } ?? false
        let isAccess = state.accessTokens[token].map { belongs($0.issued, to: client) } ?? false
        if isRefresh { state.refreshTokens[token] = nil }
        if isAccess { state.accessTokens[token] = nil }
        return isRefresh || isAccess
      }
      var answer = SandboxAnswer(200)
      answer.note = wasThere ? "revoked" : "nothing to revoke"
      return answer
    }
  }

  private func form(of request: SandboxRequest) throws(Refusal) -> [String: String] {
    let type = request.value(of: "Content-Type")?.split(separator: ";").first.map { $0.lowercased() } ?? ""
    guard type == "application/x-www-form-urlencoded", let pairs = FormValues.pairs(request.body) else {
      throw Refusal(400, "invalid_request", "the request has to be a form (application/x-www-form-urlencoded)")
    }
    let form = Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    guard form.count == pairs.count else { throw Refusal(400, "invalid_request", "a parameter is given twice") }
    return form
  }

  private func allow(_ grant: String, _ client: SandboxClient) throws(Refusal) {
    guard client.grantTypes.contains(grant) else {
      throw Refusal(400, "unauthorized_client", "this client may not use the grant '\(grant)'")
    }
  }

  private func belongs(_ issued: World.Issued, to client: SandboxClient) -> Bool {
    issued.clientID == client.clientID && issued.issuer == client.issuer
  }

  /// RFC 6749 4.1.3, RFC 7636 4.6. Every problem with the code itself is `invalid_grant`.
  private func exchange(_ form: [String: String], _ client: SandboxClient) throws(Refusal) -> SandboxAnswer {
    guard let code = form["code"] else { throw Refusal(400, "invalid_request", "no code") }
    guard let verifier = form["code_verifier"] else {
      // An unknown code is reported before a missing verifier.
      let isKnown = world.with { $0.codes[code] != nil }
      guard isKnown else { throw Refusal(400, "invalid_grant", "the code was not issued here") }
      throw Refusal(400, "invalid_request", "no code_verifier")
    }
    let digest = Data(SHA256.hash(data: Data(verifier.utf8))).base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
    let access = World.token("access-")
    let refresh = client.grantTypes.contains("refresh_token") ? World.token("refresh-") : nil
    let outcome: Result<World.Issued, Refusal> = world.with { state in
      guard let stored = state.codes[code], belongs(stored.issued, to: client) else {
        return .failure(Refusal(400, "invalid_grant", "the code was not issued here"))
      }
      if let tokens = stored.tokens {
        for token in tokens {
          state.accessTokens[token] = nil
          state.refreshTokens[token] = nil
        }
        return .failure(Refusal(400, "invalid_grant", "the code was used before; its tokens are revoked"))
      }
      guard stored.expires > World.now else { return .failure(Refusal(400, "invalid_grant", "the code has expired")) }
      if let uri = form["redirect_uri"], uri != stored.redirectURI {
        return .failure(Refusal(400, "invalid_grant", "the redirect URI is not the one that the code was issued for"))
      }
      guard digest == stored.challenge else {
        return .failure(Refusal(400, "invalid_grant", "the code verifier is wrong"))
      }
      guard form["resource"] == nil || stored.issued.resource == nil || form["resource"] == stored.issued.resource
      else {
        return .failure(Refusal(400, "invalid_target", "the resource is not the one that the code was issued for"))
      }
      state.codes[code]?.tokens = [access] + (refresh.map { [$0] } ?? [])
      state.issue(access, refresh, for: stored.issued)
      return .success(stored.issued)
    }
    return Self.tokens(access, refresh, try outcome.get())
  }

  /// RFC 6749 6. A refresh token can be used only once (OAuth 2.1 4.3.1).
  private func refresh(_ form: [String: String], _ client: SandboxClient) throws(Refusal) -> SandboxAnswer {
    guard let old = form["refresh_token"] else { throw Refusal(400, "invalid_request", "no refresh_token") }
    let access = World.token("access-")
    let refresh = World.token("refresh-")
    let issued = world.with { state -> World.Issued? in
      guard let issued = state.refreshTokens[old], belongs(issued, to: client) else { return nil }
      state.refreshTokens[old] = nil
      state.issue(access, refresh, for: issued)
      return issued
    }
    guard let issued else { throw Refusal(400, "invalid_grant", "the refresh token was not issued here") }
    return Self.tokens(access, refresh, issued)
  }

  private static func tokens(_ access: String, _ refresh: String?, _ issued: World.Issued) -> SandboxAnswer {
    var members: [String: SandboxJSON] = [
      "access_token": .string(access), "token_type": "Bearer", "expires_in": .integer(accessTokenSeconds),
    ]
    members["refresh_token"] = refresh.map(SandboxJSON.string)
    members["scope"] = issued.scope.map(SandboxJSON.string)
    var answer = SandboxAnswer.json(200, .object(members), fields: [.init("Cache-Control", "no-store")])
    answer.note = "tokens issued"
    return answer
  }
}

extension World.State {
  fileprivate mutating func issue(_ access: String, _ refresh: String?, for issued: World.Issued) {
    let expires = World.now + Double(AuthorizationServer.accessTokenSeconds)
    accessTokens[access] = World.AccessToken(issued: issued, expires: expires)
    if let refresh { refreshTokens[refresh] = issued }
  }
}
