import MCPAuth
import MCPAuthCore
import MCPAuthPlan

extension Registrar {
  /// The verdict of a check. A check that cannot be made tells nothing of the client.
  func verdict(_ check: () throws(Diagnostic) -> CredentialCheck) async -> CredentialCheck.Verdict {
    let made: CredentialCheck
    do throws(Diagnostic) { made = try check() } catch { return .cannotTell(error.message) }
    return await self.check(made)
  }
}

extension CredentialCheck {
  /// A check of a client at the token endpoint that its lock entry names, and at no other (Registration#Verification).
  ///
  /// - Parameters:
  ///   - entry: has the token endpoint, the method and the redirect URI.
  ///   - secret: the client's secret; nil for a public client.
  ///   - method: how the client authenticates, if that differs from the entry.
  ///   - trust: of the entry's server.
  ///   - isFromInventory: whether the inventory names the token endpoint.
  ///   - nonce: a random value.
  /// - Throws: `invalid-url`, `insecure-url`, `secret-missing`.
  init(
    of entry: LockEntry, clientID: String, secret: Secret?, method: String? = nil,
    trust: ServerTrust, isFromInventory: Bool = false, nonce: String
  ) throws(Diagnostic) {
    try self.init(
      tokenEndpoint: entry.tokenEndpoint ?? "", clientID: clientID, secret: secret,
      method: method ?? (entry.client?.authMethod ?? .publicClient).text,
      redirectURI: entry.redirectURIs?.first ?? "", nonce: nonce, trust: trust,
      isFromInventory: isFromInventory)
  }
}
