package import MCPAuthCore

/// The lock file's data for one server (PlanAndApply#Lock-file): everything that a consumer needs, except the secrets.
package struct LockEntry: Sendable, Equatable {
  /// How the server gets its credentials.
  package enum Mode: String, Sendable, CaseIterable {
    case discovered, preregistered, manual, none
    case apiKey = "api_key"
    case customHeaders = "custom_headers"
  }

  /// What the entry says.
  struct Members: Sendable, Equatable {
    var mode: Mode
    var url: String
    var endpoints: DiscoveredEndpoints?
    var client: LockedClient?
    var generation = 0
    var protect = false
    var inputs = JSONObject()
  }

  private final class Kept: Sendable {
    let members: Members

    init(_ members: Members) {
      self.members = members
    }
  }

  /// The members are behind a reference: a plan copies each entry many times, and changes few of the copies.
  private var kept: Kept

  init(_ members: Members) {
    kept = Kept(members)
  }

  package init(mode: Mode, url: String, endpoints: DiscoveredEndpoints? = nil, client: LockedClient? = nil) {
    self.init(Members(mode: mode, url: url, endpoints: endpoints, client: client))
  }

  package static func == (one: LockEntry, other: LockEntry) -> Bool {
    one.kept === other.kept || one.kept.members == other.kept.members
  }

  private mutating func change(_ work: (inout Members) -> Void) {
    var members = kept.members
    work(&members)
    kept = Kept(members)
  }
}

extension LockEntry {
  package var mode: Mode {
    get { kept.members.mode }
    set { change { $0.mode = newValue } }
  }

  /// The resolved URL of the inventory.
  package var url: String {
    get { kept.members.url }
    set { change { $0.url = newValue } }
  }

  /// nil in modes without OAuth 2.
  package var endpoints: DiscoveredEndpoints? {
    get { kept.members.endpoints }
    set { change { $0.endpoints = newValue } }
  }

  /// nil in modes without a client.
  package var client: LockedClient? {
    get { kept.members.client }
    set { change { $0.client = newValue } }
  }

  package var generation: Int {
    get { kept.members.generation }
    set { change { $0.generation = newValue } }
  }

  package var protect: Bool {
    get { kept.members.protect }
    set { change { $0.protect = newValue } }
  }

  /// The resolved registration request and settings, without secrets. A later plan is compared with them.
  package var inputs: JSONObject {
    get { kept.members.inputs }
    set { change { $0.inputs = newValue } }
  }
}

/// Shortcuts for the members that are used most.
extension LockEntry {
  package var registration: LockedClient.Registration? { client?.registration }
  package var clientID: String? { client?.id }
  package var redirectURIs: [String]? { client?.redirectURIs }
  package var secretVersion: String? { client?.secretVersion }
  package var secretExpiresAt: Timestamp? { client?.secretExpiresAt }
  package var registeredAt: Timestamp? { client?.registeredAt }
  package var isManaged: Bool { client?.isManaged ?? false }
  package var isLost: Bool { client?.isLost ?? false }
  package var needsSecret: Bool { client?.authMethod.needsSecret ?? false }
  package var issuer: String? { endpoints?.issuer }
  package var tokenEndpoint: String? { endpoints?.tokenEndpoint }

  /// Whether both entries send users and secrets to the same URLs.
  package func hasEndpoints(of other: LockEntry) -> Bool {
    let (own, others) = (endpoints, other.endpoints)
    return own?.issuer == others?.issuer && own?.authorizationEndpoint == others?.authorizationEndpoint
      && own?.tokenEndpoint == others?.tokenEndpoint && own?.registrationEndpoint == others?.registrationEndpoint
      && own?.revocationEndpoint == others?.revocationEndpoint
  }
}

/// A client that may exist at a server, but that no server in the lock file uses any more, or uses yet (PlanAndApply#Lock-file).
package struct Orphan: Sendable, Equatable {
  package enum Reason: String, Sendable, CaseIterable {
    case replaced, removed
    case checkFailed = "check-failed"
    case outcomeUnknown = "outcome-unknown"
  }

  package var server: String
  package var issuer: String
  /// nil when unknown.
  package var clientID: String?
  package var reason: Reason
  package var since: Timestamp
  /// Whether `apply` can try to delete it (RFC 7592): its management token is in the secret store.
  package var managed: Bool
  /// An unknown outcome after `--retry-unknown`. It no longer blocks the server, but the client may still exist.
  package var retried: Bool

  package init(
    server: String, issuer: String, clientID: String?, reason: Reason, since: Timestamp, managed: Bool,
    retried: Bool = false
  ) {
    self.server = server
    self.issuer = issuer
    self.clientID = clientID
    self.reason = reason
    self.since = since
    self.managed = managed
    self.retried = retried
  }
}

/// A complete lock file.
package struct Lock: Sendable, Equatable {
  package static let currentVersion = 1

  /// A random ID from the first apply. Two lock files with the same lineage are states of one inventory.
  package var lineage: String
  package var servers: [String: LockEntry]
  /// In the order of `Orphan.sortKey`, independent of the order of assignment.
  package var orphans: [Orphan]
  /// The command of the secret store that the last apply used (SecretStores#Programs); nil for a store that runs no command.
  package var secretsCommand: [String]?
  /// For a copy (Reliability#Moving-the-state): the place that has the state. No run uses a copy.
  package var movedTo: String?
  /// How often the state was moved from one place to another: of two places, the one with the greater number has the newer state.
  package var moves = 0

  /// The state that a copy is of.
  package var unmarked: Lock {
    var lock = self
    lock.movedTo = nil
    return lock
  }

  package init(lineage: String, servers: [String: LockEntry] = [:], orphans: [Orphan] = []) {
    self.lineage = lineage
    self.servers = servers
    self.orphans = orphans
  }
}
