package import MCPAuthCore

/// A client that was registered by another tool (`mcpauth import`), with the data that the decision needs.
package struct AdoptedClient: Sendable, Equatable {
  /// Verbatim.
  package var clientID: String
  package var hasSecret: Bool
  /// nil: the method of the inventory, or the one that the rules choose for a client that mcpauth did not register.
  package var tokenEndpointAuthMethod: String?
  package var secretExpiresAt: Timestamp?

  package init(
    clientID: String, hasSecret: Bool, tokenEndpointAuthMethod: String? = nil, secretExpiresAt: Timestamp? = nil
  ) {
    self.clientID = clientID
    self.hasSecret = hasSecret
    self.tokenEndpointAuthMethod = tokenEndpointAuthMethod
    self.secretExpiresAt = secretExpiresAt
  }
}

/// The result of an import. `change` writes the entry with the client in it, except for the values that are known only when the client is stored.
/// `registration` is the request that mcpauth would have sent.
package struct Adoption: Sendable, Equatable {
  package var change: Change
  package var entry: LockEntry
  package var registration: PlannedRegistration
}

/// How to discover a server whose client is adopted.
package enum AdoptionDiscovery: Sendable, Equatable {
  case discover(DiscoveryTarget)
  /// No discovery: the inventory gives all endpoints.
  case found(DiscoveredServer)
}

extension Planner {
  /// - Throws: `invalid-value` for a server whose client cannot be adopted.
  package func look(forAdoptionBy server: InventoryServer) throws(Diagnostic) -> AdoptionDiscovery {
    func refusal(_ why: String, _ help: String) -> Diagnostic {
      Diagnostic(
        .error, .invalidValue, "no client can be imported for '\(server.name)': \(why)", at: server.location,
        help: [help])
    }
    if !server.isEnabled { throw refusal("it is disabled", "write enabled: true first") }
    if let moved = movedEntry(of: server) {
      throw refusal("its moved_from: \(moved.from) is not applied yet", "apply it first")
    }
    switch server.mode {
    case .discovered(let settings):
      if settings.registration == .cimd {
        throw refusal("registration is cimd", "write registration: dcr, or leave it out")
      }
      return .discover(Self.target(server, settings, entry(of: server)))
    case .registeredAtEndpoints(let settings): return .found(endpointsAsGiven(server, settings))
    case .manual, .preregistered:
      throw refusal("the inventory names its client", "change client_id and client_secret there")
    case .none, .apiKey, .customHeaders: throw refusal("it has no oauth2 client", "write auth: oauth2 first")
    }
  }

  /// The change that makes the client the client of the server.
  ///
  /// - Throws: `auth-method-unsupported`, `secret-missing`, `registration-expired`, `registration-unsupported`, `protected`, and every error that
  ///   would block a registration.
  package func adopt(
    _ client: AdoptedClient, for server: InventoryServer, _ found: DiscoveredServer
  ) throws(Diagnostic) -> Adoption {
    guard let settings = server.mode.oauth2 else { preconditionFailure("looked at before") }
    let decision = ClientDecision(
      planner: self, server: server, settings: settings, entry: entry(of: server), found: found, clientMetadata: nil)
    return try decision.adoption(of: client)
  }
}

extension ClientDecision {
  func adoption(of client: AdoptedClient) throws(Diagnostic) -> Adoption {
    let metadata = metadata
    let own = try requiredClient()
    // A later plan will choose the same for the server: it keeps a client that was registered dynamically.
    let choice = try RegistrationChoice.choose(strategy: .dcr, client: own, metadata: metadata)
    guard case .dcr(let endpoint) = choice.way else {
      preconditionFailure("a strategy that is named is never switched")
    }
    var requested = try RequestedRegistration(resolving: own, scopes: scopes, metadata: metadata)
    requested.tokenEndpointAuthMethod = try method(of: client, metadata)
    if let expiry = client.secretExpiresAt, expiry <= planner.now {
      throw Diagnostic(
        .error, .registrationExpired, "the client secret expired at \(expiry.rfc3339)",
        help: ["have the provider make a new one"])
    }
    let template = EntryTemplate.discovered(
      server, settings, found, LockedClient(.dcr, asking: requested), inputs: requested.members)
    var new = template
    new.client?.id = client.clientID
    new.client?.secretExpiresAt = client.secretExpiresAt
    let registration = PlannedRegistration(
      template: template, requested: requested, metadata: metadata, endpoint: endpoint,
      trust: server.trust, isFromInventory: settings.registrationEndpoint != nil, initialAccessToken: nil,
      softwareStatement: nil)
    return Adoption(change: try change(to: new, warnings: found.warnings), entry: new, registration: registration)
  }

  private func change(to new: LockEntry, warnings: [Diagnostic]) throws(Diagnostic) -> Change {
    let (action, reason): (Action, Reason) =
      if let entry {
        if entry.clientID == nil {
          (.add, .modeChanged)
        } else if entry.registration == .dcr, entry.hasSameClient(as: new) {
          (.update, .recovered)
        } else {
          (.replace, .registrationChanged)
        }
      } else {
        (.add, .new)
      }
    if action == .replace, server.protect {
      throw Diagnostic(
        .error, .protected, "'\(server.name)' is protected, and its client would be replaced",
        at: server.place("protect"),
        help: ["write protect: false to allow it"])
    }
    var change = Change(
      server: server.name, action: action, reasons: [reason], entry: entry, issuer: new.issuer, clientID: new.clientID,
      fields: LockEntry.fieldChanges(from: entry, to: new), warnings: warnings, location: server.location,
      step: .write(new))
    change.isImport = true
    return change
  }

  private func method(
    of client: AdoptedClient, _ metadata: AuthorizationServerMetadata
  ) throws(Diagnostic) -> String {
    let supported = metadata.tokenEndpointAuthMethodsSupported
    let wish = settings.tokenEndpointAuthMethod
    if let given = client.tokenEndpointAuthMethod, let wish, given != wish {
      throw Diagnostic(
        .error, .authMethodUnsupported,
        "the client would authenticate with '\(given)', and the inventory says '\(wish)'",
        at: server.place("oauth2.token_endpoint_auth_method"), help: ["write the same method in both"])
    }
    let method =
      client.tokenEndpointAuthMethod
      ?? TokenEndpointAuthMethod.forOwnClient(inventory: wish, hasSecret: client.hasSecret, supported: supported)
    if let supported, !supported.contains(method) {
      throw Diagnostic(
        .error, .authMethodUnsupported,
        "the authorization server does not support the client's token_endpoint_auth_method '\(method)': it lists "
          + ForeignText.printable(supported.joined(separator: ", "), limit: 200),
        help: [
          client.hasSecret
            ? "name the client's own with --token-endpoint-auth-method"
            : "give the client's secret: --client-secret-from env:NAME, or file:PATH"
        ])
    }
    if method != TokenEndpointAuthMethod.none, !client.hasSecret {
      throw Diagnostic(
        .error, .secretMissing, "the client authenticates with '\(method)', and there is no client secret",
        help: ["give it with --client-secret-from env:NAME, or file:PATH"])
    }
    return method
  }
}

extension LockEntry {
  fileprivate func hasSameClient(as other: LockEntry) -> Bool { clientID == other.clientID && issuer == other.issuer }
}
