/// What a resource says of itself (RFC 9728 section 2), as far as it is used. Nothing is checked but types.
package struct ProtectedResourceMetadata: Sendable, Equatable {
  /// Verbatim.
  package var resource: String?
  /// What stands there instead: "missing", "a list".
  package var insteadOfResource: String
  /// Verbatim, each once; empty when none is listed.
  package var authorizationServers: [String]
  package var scopesSupported: [String]?
  /// `metadata-member-ignored`.
  package var warnings: [Diagnostic]

  package init(_ object: JSONObject) {
    var members = MetadataMembers(object)
    resource = members.required("resource")
    insteadOfResource = members.insteadOf("resource")
    var servers: [String] = []
    var seen: Set<[UInt8]> = []
    for server in members.strings("authorization_servers") ?? [] where seen.insert(Array(server.utf8)).inserted {
      servers.append(server)
    }
    authorizationServers = servers
    scopesSupported = members.strings("scopes_supported")
    warnings = members.warnings
  }
}
