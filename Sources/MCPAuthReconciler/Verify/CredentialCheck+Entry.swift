import MCPAuthCore
import MCPAuthPlan

extension CredentialCheck {
  /// A question about a client, to the token endpoint that its lock entry names and to no other (Registration#Verification).
  ///
  /// - Parameters:
  ///   - entry: token endpoint, method, redirect URI; its server's URL decides what http may lead to.
  ///   - secret: of the client; nil for a public one.
  ///   - method: how it authenticates, where that is not the entry's word.
  ///   - provenance: who chose the token endpoint; nil: a server did, so that only its own origin is trusted as its URL is (Discovery#Requests).
  ///   - nonce: random.
  /// - Throws: `invalid-url`, `insecure-url`, `secret-missing`.
  init(
    of entry: LockEntry, clientID: String, secret: Secret?, method: String? = nil,
    provenance: HTTPRequest.Provenance? = nil, nonce: String
  ) throws(Diagnostic) {
    let endpoint = entry.tokenEndpoint ?? ""
    let plaintext = CheckedURL.Plaintext.ofServer(entry.url)
    try self.init(
      tokenEndpoint: endpoint, clientID: clientID, secret: secret,
      method: method ?? (entry.client?.authMethod ?? .publicClient).text,
      redirectURI: entry.redirectURIs?.first ?? "", nonce: nonce,
      provenance: provenance ?? .ofEndpoint(endpoint, serverURL: entry.url, plaintext: plaintext),
      plaintext: plaintext)
  }
}
