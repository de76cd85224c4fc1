/// The used members of a resource's metadata (RFC 9728 section 2). Only their types are checked.
package struct ProtectedResourceMetadata: Sendable, Equatable {
  /// Unchanged.
  package var resource: String?
  /// What the document has instead of a valid resource: "missing", "a list".
  package var insteadOfResource: String
  /// Unchanged, without duplicates. Empty if none is listed.
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
