package import MCPAuthCore

/// What is locked for one server (PlanAndApply#Lock-file): everything a consumer needs but the secrets.
package struct LockEntry: Sendable, Equatable {
  /// How the server gets its credentials.
  package enum Mode: String, Sendable, CaseIterable {
    case discovered, preregistered, manual, none
    case apiKey = "api_key"
    case customHeaders = "custom_headers"
  }

  /// Where the client came from; nil in the modes without one.
  package enum Registration: String, Sendable, CaseIterable {
    case dcr, cimd, preregistered, manual
  }

  package var mode: Mode
  package var registration: Registration?
  /// As the inventory has it, resolved.
  package var url: String
  /// The resource identifier for RFC 8707, verbatim.
  package var resource: String?
  /// The validated metadata's own string.
  package var issuer: String?
  /// The protected resource metadata's own string for the issuer (Registration#Binding-to-the-issuer).
  package var authorizationServer: String?
  package var discoveredBy: String?
  package var authorizationEndpoint: String?
  package var tokenEndpoint: String?
  package var registrationEndpoint: String?
  package var revocationEndpoint: String?
  package var authorizationResponseIssParameterSupported: Bool?
  package var clientID: String?
  package var tokenEndpointAuthMethod: String?
  package var grantTypes: [String]?
  package var applicationType: String?
  package var redirectURIs: [String]?
  package var scopes: [String]?
  package var scopesFrom: String?
  /// nil: never.
  package var clientSecretExpiresAt: Timestamp?
  package var registeredAt: Timestamp?
  /// Whether RFC 7592 management came with the registration.
  package var managed = false
  /// The record in the secret store; nil where there is none.
  package var secretVersion: String?
  package var generation = 0
  package var protect = false
  /// The server knows the client no longer (`registration-lost`): the next plan replaces it. Written only where it is so.
  package var isLost = false
  /// The resolved registration request and settings, without secrets: what a later plan is compared with.
  package var inputs = JSONObject()

  package init(mode: Mode, registration: Registration?, url: String) {
    self.mode = mode
    self.registration = registration
    self.url = url
  }
}

/// A client that may exist at a server and is no longer, or not yet, anybody's (PlanAndApply#Lock-file).
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
  /// An unknown outcome after `--retry-unknown`: it blocks no more, but the client may still be there.
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

/// The whole of a lock file.
package struct Lock: Sendable, Equatable {
  package static let currentVersion = 1

  /// A random id from the first apply: two locks of one lineage are states of one inventory.
  package var lineage: String
  package var servers: [String: LockEntry]
  /// In the order of `Orphan.sortKey`, whatever the order of assignment.
  package var orphans: [Orphan]

  package init(lineage: String, servers: [String: LockEntry] = [:], orphans: [Orphan] = []) {
    self.lineage = lineage
    self.servers = servers
    self.orphans = orphans
  }
}
