package import MCPAuthCore

/// The keys of `state` with `store: etcd` (Reliability#Many-runners): an etcd cluster of version 3, through its JSON gateway.
package struct EtcdSettings: Sendable, Equatable {
  /// In the order of the inventory, each without a slash at the end. All belong to one cluster.
  package var endpoints: [CheckedURL]
  /// The location where the endpoints are written.
  package var location: SourceLocation?
  /// Begins with a slash, and has none at the end. It belongs to one inventory.
  package var prefix: String
  /// nil: etcd has no authentication, or does not need it.
  package var auth: EtcdAuth?
  /// PEM files.
  package var caFile: WrittenPath?
  package var clientCertificate: WrittenPath?
  package var clientKey: WrittenPath?

  package init(endpoints: [CheckedURL], location: SourceLocation? = nil, prefix: String) {
    self.endpoints = endpoints
    self.location = location
    self.prefix = prefix
  }

  /// Whether the text is a prefix: a slash, then segments as those of a kv2 path.
  package static func isPrefix(_ text: String) -> Bool {
    text.hasPrefix("/") && KV2Settings.isPath(String(text.dropFirst()))
  }
}

/// The user of etcd, and its password.
package struct EtcdAuth: Sendable, Equatable {
  /// The name of the user, or where it is.
  package enum User: Sendable, Equatable {
    case name(String)
    /// `env` or `file`.
    case reference(SecretReference)
  }

  package var user: User
  /// `env` or `file`.
  package var password: SecretReference
  package var location: SourceLocation?

  package init(user: User, password: SecretReference, location: SourceLocation? = nil) {
    self.user = user
    self.password = password
    self.location = location
  }

  /// All references.
  package var references: [SecretReference] {
    if case .reference(let reference) = user { [reference, password] } else { [password] }
  }
}

/// A path of the inventory, relative to its folder, and where it is written.
package struct WrittenPath: Sendable, Equatable {
  package var path: String
  package var location: SourceLocation?

  package init(_ path: String, at location: SourceLocation? = nil) {
    self.path = path
    self.location = location
  }
}
