/// The table of Registration#Answers, "DCR answer": the final authentication method of the client, for every combination of request and answer.
struct EffectiveAuthMethod: Equatable {
  enum Problem: Error, Equatable {
    /// `registration-insufficient`: this method needs a secret, but there is none.
    case noSecret(method: String)
    /// `auth-method-unsupported`: the server's name for the method, made printable.
    case unsupported(String)
  }

  var method: String
  /// Messages about deviations, for the user. Empty if there are none.
  var oddities: [String] = []
  /// The other methods that can be meant, the most likely first. Empty if the answer confirms the method.
  var alternatives: [String] = []

  /// - Parameters:
  ///   - answered: the method in the answer. nil if it is missing.
  ///   - hasSecret: whether the answer contains a secret.
  ///   - asked: the method that was sent.
  ///   - isInventorys: whether the inventory named the method.
  ///   - supported: L, `token_endpoint_auth_methods_supported`. nil if the metadata does not list it.
  static func decide(
    answered: String?, hasSecret: Bool, asked: String, isInventorys: Bool, supported: [String]?
  ) throws(Problem) -> EffectiveAuthMethod {
    var effective = try row(
      answered: answered, hasSecret: hasSecret, asked: asked, isInventorys: isInventorys, supported: supported)
    effective.findAlternatives(answered: answered, hasSecret: hasSecret, asked: asked, supported: supported)
    return effective
  }

  /// Registration#Method-left-open: a secret, and an answer that leaves the method out, says `none`, or says another method than the one that
  /// was asked for. A list of one method leaves nothing open.
  private mutating func findAlternatives(answered: String?, hasSecret: Bool, asked: String, supported: [String]?) {
    let isConfirmed = answered == asked && asked != TokenEndpointAuthMethod.none
    guard hasSecret, !isConfirmed, supported?.count != 1 else { return }
    let listed = [TokenEndpointAuthMethod.basic, TokenEndpointAuthMethod.post].filter { method in
      supported?.contains(method) ?? true
    }
    let said = [answered, asked].compactMap(\.self).filter(TokenEndpointAuthMethod.isKnown)
    for other in listed + said where other != method && !alternatives.contains(other) { alternatives.append(other) }
  }

  private static func row(
    answered: String?, hasSecret: Bool, asked: String, isInventorys: Bool, supported: [String]?
  ) throws(Problem) -> EffectiveAuthMethod {
    let askedForSecret = TokenEndpointAuthMethod.needsSecret(asked)
    // any | given | the inventory asked for a secret method (RealServers#47)
    if hasSecret, isInventorys, askedForSecret {
      guard let answered, answered != asked else { return EffectiveAuthMethod(method: asked) }
      let shown = ForeignText.printable(answered, limit: 64)
      return EffectiveAuthMethod(
        method: asked,
        oddities: ["the server answers '\(shown)'; the inventory's '\(asked)' is used, because there is a secret"])
    }
    guard let answered else {
      return try leftOut(hasSecret: hasSecret, asked: asked, supported: supported)
    }
    guard TokenEndpointAuthMethod.isKnown(answered) else {
      throw .unsupported(ForeignText.printable(answered, limit: 64))
    }
    if answered == TokenEndpointAuthMethod.none {
      // `none` | given: keep the secret, because the server may require it later
      if hasSecret {
        return EffectiveAuthMethod(
          method: answered, oddities: ["the server sent a secret for a client without authentication; it is kept"])
      }
    } else if !hasSecret {
      throw .noSecret(method: answered)  // RealServers#54
    }
    var effective = EffectiveAuthMethod(method: answered)
    if let supported, !supported.contains(answered) {
      effective.oddities.append("the server answers '\(answered)', which it does not list")
    } else if answered != asked {
      effective.oddities.append("'\(asked)' was requested, and the server registered '\(answered)'")  // RealServers#74
    }
    return effective
  }

  private static func leftOut(
    hasSecret: Bool, asked: String, supported: [String]?
  ) throws(Problem) -> EffectiveAuthMethod {
    guard hasSecret else { return EffectiveAuthMethod(method: TokenEndpointAuthMethod.none) }
    if TokenEndpointAuthMethod.needsSecret(asked) { return EffectiveAuthMethod(method: asked) }
    guard let supported else {
      return EffectiveAuthMethod(
        method: TokenEndpointAuthMethod.basic,
        oddities: ["the server sent a secret and no method: the default is client_secret_basic (RFC 7591 section 2)"])
    }
    if supported.contains(TokenEndpointAuthMethod.none) {
      return EffectiveAuthMethod(method: TokenEndpointAuthMethod.none)
    }
    let listed = [TokenEndpointAuthMethod.basic, TokenEndpointAuthMethod.post].first(where: supported.contains)
    guard let listed else {
      throw .unsupported(ForeignText.printable(supported.joined(separator: ", "), limit: 200))
    }
    return EffectiveAuthMethod(method: listed)
  }
}
