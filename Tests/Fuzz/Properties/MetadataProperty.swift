@testable import MCPAuthCore

/// The two metadata documents: accepted values are valid, and other members do not change them.
enum MetadataProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    guard let object = (try? JSONParser.parse(bytes))?.object else { return }
    let resource = ProtectedResourceMetadata(object)
    try DiagnosticProperty.check(resource.warnings)
    for server in resource.authorizationServers { try require(!server.isEmpty, "an empty authorization server") }
    try require(resource.scopesSupported?.isEmpty != true, "an empty list of scopes")
    for assumesS256 in [false, true] {
      for trust in [ServerTrust.remote, .local] {
        try checkServer(object, trust, assumesS256)
      }
    }
    // Unknown members, and the order of members, have no effect.
    guard Set(object.members.map(\.name)).count == object.members.count else { return }
    let more = JSONObject(
      [.init("x_unknown", ["issuer": "https://elsewhere.example"])] + object.members.reversed()
        + [.init("authorization_server", .array([.null]))])
    if object["x_unknown"] == nil, object["authorization_server"] == nil {
      try require(ProtectedResourceMetadata(more) == resource, "unknown members change the resource's document")
    }
    guard let copy = (try? JSONParser.parse(JSONWriter.canonical(.object(object))))?.object else {
      throw Violation("the print is not read again")
    }
    try require(ProtectedResourceMetadata(copy) == resource, "it is another document after a print")
  }

  private static func checkServer(
    _ object: JSONObject, _ trust: ServerTrust, _ assumesS256: Bool
  ) throws(Violation) {
    let document = AuthorizationServerDocument(object)
    let url = "https://as.example/.well-known/oauth-authorization-server"
    let metadata: AuthorizationServerMetadata
    let warnings: [Diagnostic]
    do throws(Diagnostic) {
      (metadata, warnings) = try document.metadata(
        issuer: document.issuer ?? "", at: url, trust: trust, assumesS256: assumesS256)
    } catch {
      try DiagnosticProperty.check(error)
      return
    }
    try DiagnosticProperty.check(warnings)
    for endpoint in [metadata.authorizationEndpoint, metadata.tokenEndpoint, metadata.revocationEndpoint] {
      guard let endpoint else { continue }
      guard let checked = try? CheckedURL(endpoint, plaintext: trust.plaintext) else {
        throw Violation("an endpoint that is no URL: \(endpoint)")
      }
      try require(checked.isSecure || trust.plaintext == .loopback, "a plaintext endpoint: \(endpoint)")
    }
    try require(
      metadata.codeChallengeMethodsSupported?.contains("S256") ?? assumesS256, "no S256, and nobody said to assume it")
    for list in [
      metadata.tokenEndpointAuthMethodsSupported, metadata.grantTypesSupported, metadata.scopesSupported,
      metadata.codeChallengeMethodsSupported,
    ] {
      try require(list?.isEmpty != true && list?.contains("") != true, "an empty list, or an empty member")
    }
  }
}
