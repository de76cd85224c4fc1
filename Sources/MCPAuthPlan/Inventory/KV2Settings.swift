package import MCPAuthCore

/// The keys of `secrets` with `store: kv2` (SecretStores#KV2): a KV version 2 engine of OpenBao or Vault.
package struct KV2Settings: Sendable, Equatable {
  /// The mount that a new OpenBao or Vault in dev mode has.
  package static let defaultMount = "secret"

  /// Without a slash at the end.
  package var address: CheckedURL
  /// The location where the address is written; nil for a store that is named on the command line.
  package var location: SourceLocation?
  package var mount = Self.defaultMount
  /// The path below the mount. It belongs to one inventory.
  package var path: String
  package var namespace: String?
  package var auth: KV2Auth

  package init(
    address: CheckedURL, location: SourceLocation? = nil, mount: String = Self.defaultMount, path: String,
    namespace: String? = nil, auth: KV2Auth
  ) {
    self.address = address
    self.location = location
    self.mount = mount
    self.path = path
    self.namespace = namespace
    self.auth = auth
  }

  /// Whether the text is a path of segments that need no encoding in a URL: letters, digits, `.`, `_` and `-`, and no segment `.` or `..`.
  package static func isPath(_ text: String) -> Bool {
    guard (1...256).contains(text.utf8.count) else { return false }
    return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
      !segment.isEmpty && segment != "." && segment != ".."
        && segment.utf8.allSatisfy { VariableExpansion.isNameByte($0) || $0 == 0x2D || $0 == 0x2E }
    }
  }

  /// The address without a slash at the end, so that two spellings of one address are equal.
  package static func base(_ url: CheckedURL) -> CheckedURL {
    var path = url.path
    while path.hasSuffix("/") { path.removeLast() }
    return url.sibling(path: path)
  }
}

/// How mcpauth logs in at a `kv2` store.
package struct KV2Auth: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable {
    /// The credential is the token itself.
    case token
    /// The credential is a signed token of a CI job (OpenID Connect).
    case jwt
    /// The credential is the secret id.
    case approle
    /// The credential is the token of the pod's service account.
    case kubernetes
  }

  package var method: Method
  /// Where the auth method is mounted, below `auth/`. Not used for a token.
  package var mount: String
  /// The role, or the role id of `approle`. Empty for a token.
  package var role: String
  /// `env` or `file`. The store itself cannot keep it.
  package var credential: SecretReference
  package var location: SourceLocation?

  package init(
    _ method: Method, mount: String? = nil, role: String = "", credential: SecretReference,
    location: SourceLocation? = nil
  ) {
    self.method = method
    self.mount = mount ?? method.rawValue
    self.role = role
    self.credential = credential
    self.location = location
  }

  /// Where Kubernetes puts the token of the pod's service account.
  package static let podToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"
}
