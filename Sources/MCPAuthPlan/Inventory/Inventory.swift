package import MCPAuthCore

/// An inventory without mistakes (InventoryReference#Redirect-URIs): defaults are merged, variables expanded, `{server}` replaced, and modes
/// decided.
package struct Inventory: Sendable, Equatable {
  /// The inventory that a command uses when none is named.
  package static let defaultFile = "servers.yaml"

  /// The path as the user gave it. Every `SourceLocation` contains it.
  package var file: String
  package var secrets: SecretsSettings
  package var state: StateSettings
  package var network: NetworkSettings
  /// The `client` block without a server's overrides, for output that does not depend on a server (`mcpauth client-metadata`). `{server}` is not
  /// replaced.
  package var client: ClientMetadata?
  /// In the order of the file.
  package var servers: [InventoryServer]
  /// `duplicate-url` and similar warnings, in the order of the lines.
  package var warnings: [Diagnostic]

  package init(
    file: String, secrets: SecretsSettings = SecretsSettings(), state: StateSettings = StateSettings(),
    network: NetworkSettings = NetworkSettings(), client: ClientMetadata? = nil, servers: [InventoryServer] = [],
    warnings: [Diagnostic] = []
  ) {
    self.file = file
    self.secrets = secrets
    self.state = state
    self.network = network
    self.client = client
    self.servers = servers
    self.warnings = warnings
  }
}

/// `secrets` (SecretStores#Records).
package struct SecretsSettings: Sendable, Equatable {
  package enum Store: String, Sendable, CaseIterable {
    case directory, age, helper, exec, kv2, etcd
  }

  package var store: Store = .directory
  /// Whether the inventory names its store. With `CI` set, it must (`store-not-durable`).
  package var isNamed = false
  /// The location where the store is named; nil when it is not named.
  package var location: SourceLocation?
  /// As written, relative to the inventory's folder.
  package var path: String?
  package var recipients: [String] = []
  package var helper: String?
  /// The program of an exec store, and its arguments.
  package var command: [String] = []
  /// With `store: kv2`.
  package var kv2: KV2Settings?

  package init() {}
}

/// `state` (InventoryReference#Document, Reliability#Many-runners).
package struct StateSettings: Sendable, Equatable {
  package enum Store: String, Sendable, CaseIterable {
    case file, etcd
  }

  package var store: Store = .file
  package var location: SourceLocation?
  /// With `store: etcd`.
  package var etcd: EtcdSettings?

  package init() {}
}

/// `network` (InventoryReference#Network).
package struct NetworkSettings: Sendable, Equatable {
  /// As written, relative to the inventory's folder.
  package var caFile: String?
  package var caFileLocation: SourceLocation?
  /// Whether the system's certificate authorities are trusted in addition to those of `ca_file`.
  package var trustsSystemRoots = true
  /// As written: networks, addresses or host names.
  package var allowPrivate: [String] = []
  package var perIssuer = 1

  package init() {}
}

/// A reference to a secret that is stored outside the inventory (InventoryReference#Values). It never contains the secret itself.
package enum SecretReference: Sendable, Hashable {
  case env(String)
  /// As written, relative to the inventory's folder.
  case file(String)
  case stored(String)

  /// For example `env:NAME`: for messages and the lock's `inputs`.
  package var description: String {
    switch self {
    case .env(let name): "env:" + name
    case .file(let path): "file:" + path
    case .stored(let key): "stored:" + key
    }
  }
}
