import MCPAuthCore
import MCPAuthPlan

extension CredentialCheck {
  /// A question about a client, to the token endpoint that its lock entry names and to no other (Registration#Verification).
  ///
  /// - Parameters:
  ///   - entry: token endpoint, method, redirect URI.
  ///   - secret: of the client; nil for a public one.
  ///   - method: how it authenticates, where that is not the entry's word.
  ///   - trust: of the entry's server.
  ///   - isFromInventory: whether the inventory names the token endpoint.
  ///   - nonce: random.
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
