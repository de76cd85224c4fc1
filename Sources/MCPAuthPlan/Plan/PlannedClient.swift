package import MCPAuthCore

/// The client that a server has after a change, as a reviewer needs to see it (PlanAndApply#Approval). It contains no secret.
package struct PlannedClient: Sendable, Equatable {
  /// How the server gets the client.
  package enum Way: String, Sendable, CaseIterable {
    /// A registration (RFC 7591).
    case register
    /// An update of the client at its authorization server (RFC 7592).
    case updateInPlace = "update-in-place"
    /// The client is the Client ID Metadata Document.
    case metadataDocument = "metadata-document"
    /// The inventory names it.
    case inventory
    /// Another tool registered it (`mcpauth import`).
    case imported = "import"
    /// An earlier run registered it.
    case recovered
    /// It stays as it is. Only its entry changes.
    case kept
  }

  /// Where the client secret comes from.
  package enum SecretSource: String, Sendable, CaseIterable {
    /// There is none: the client is public.
    case none
    /// The authorization server makes a new one.
    case server
    /// The secret store has it, or `import` puts it there.
    case stored
    /// The inventory has a reference to it.
    case inventory
  }

  /// A consumer that the inventory names.
  package struct SignIn: Sendable, Equatable {
    package var consumer: Consumer
    package var isPossible: Bool

    package init(_ consumer: Consumer, isPossible: Bool) {
      self.consumer = consumer
      self.isPossible = isPossible
    }
  }

  /// What a person has to do at the provider of a client that the inventory names.
  package struct ProviderTask: Sendable, Equatable {
    /// The issuer, or the authorization endpoint if the inventory gives no issuer.
    package var provider: String
    package var clientID: String
    /// The redirect URIs that the client needs.
    package var adding: [String]
    /// The redirect URIs that the client no longer needs.
    package var removing: [String]

    package init(provider: String, clientID: String, adding: [String], removing: [String]) {
      self.provider = provider
      self.clientID = clientID
      self.adding = adding
      self.removing = removing
    }
  }

  package var url: String
  package var registration: LockedClient.Registration
  package var way: Way
  package var authMethod: AuthMethod
  package var scopes: [String]
  package var scopesFrom: ScopeSelection.Source
  package var redirectURIs: [String]
  package var secret: SecretSource
  /// The store of the client secret; nil if the store does not have it.
  package var store: SecretsSettings.Store?
  /// In the order of the inventory.
  package var consumers: [SignIn] = []
  package var byHand: ProviderTask?

  package init(
    url: String, registration: LockedClient.Registration, way: Way, authMethod: AuthMethod, scopes: [String],
    scopesFrom: ScopeSelection.Source, redirectURIs: [String], secret: SecretSource, store: SecretsSettings.Store?
  ) {
    self.url = url
    self.registration = registration
    self.way = way
    self.authMethod = authMethod
    self.scopes = scopes
    self.scopesFrom = scopesFrom
    self.redirectURIs = redirectURIs
    self.secret = secret
    self.store = store
  }
}

/// The client that a change gives up.
package struct GivenUpClient: Sendable, Equatable {
  package enum Fate: String, Sendable, CaseIterable {
    /// It is deleted at its authorization server (RFC 7592).
    case deleted
    /// It stays at its authorization server, and is listed as an orphan.
    case stays
    /// Its authorization server does not know it any more.
    case lost
    /// The inventory named it. A person can delete it at its provider.
    case own
  }

  package var clientID: String
  package var issuer: String?
  package var fate: Fate

  package init(clientID: String, issuer: String?, fate: Fate) {
    self.clientID = clientID
    self.issuer = issuer
    self.fate = fate
  }

  init?(_ change: Change) {
    guard change.step != .nothing, change.step != .discoverFirst, !change.keepsClient, let entry = change.entry,
      let id = entry.clientID
    else { return nil }
    let isGivenUp =
      switch change.action {
      case .replace, .remove: true
      // The server has no client any more.
      case .update: change.entryToBe?.client == nil
      case .register, .add, .blocked, .unchanged: false
      }
    guard isGivenUp else { return nil }
    let isLost = entry.isLost || change.reasons.contains(.registrationLost)
    let fate: Fate? =
      switch entry.registration {
      case .dcr: isLost ? .lost : entry.isManaged ? .deleted : .stays
      case .manual, .preregistered: .own
      // A document needs no deletion.
      case .cimd, nil: nil
      }
    guard let fate else { return nil }
    self.init(clientID: id, issuer: entry.issuer, fate: fate)
  }
}

extension Planner {
  /// The change with what a reviewer needs to see of its client.
  package func described(_ change: Change) -> Change {
    described(change, inventory.servers.first { $0.name == change.server })
  }

  func described(_ change: Change, _ server: InventoryServer?) -> Change {
    var change = change
    change.oldClient = GivenUpClient(change)
    guard let server, change.step != .nothing, let new = change.entryToBe, let client = new.client,
      isAboutClient(change, new)
    else { return change }
    let way = Self.way(change, client)
    let secret = Self.secret(change, way, client, server)
    var planned = PlannedClient(
      url: new.url, registration: client.registration, way: way, authMethod: client.authMethod, scopes: client.scopes,
      scopesFrom: client.scopesFrom, redirectURIs: client.redirectURIs ?? [], secret: secret,
      store: secret == .server || secret == .stored ? inventory.secrets.store : nil)
    let check = SignInCheck(server, new)
    planned.consumers = (server.mode.oauth2?.consumers ?? []).map {
      PlannedClient.SignIn($0.consumer, isPossible: check.reasons($0.consumer).isEmpty)
    }
    if way == .inventory { planned.byHand = Self.providerTask(from: change.entry, to: new) }
    change.client = planned
    return change
  }

  /// Whether the server gets a client, or something about its client changes.
  private func isAboutClient(_ change: Change, _ new: LockEntry) -> Bool {
    switch change.action {
    case .register, .add, .replace: return true
    case .update:
      if case .updateInPlace = change.step { return true }
      guard let old = change.entry else { return true }
      return change.isImport || old.url != new.url || old.client != new.client || old.endpoints != new.endpoints
    case .remove, .blocked, .unchanged: return false
    }
  }

  private static func way(_ change: Change, _ client: LockedClient) -> PlannedClient.Way {
    if change.isImport { return .imported }
    switch change.step {
    case .register: return .register
    case .updateInPlace: return .updateInPlace
    case .nothing, .write, .remove, .discoverFirst: break
    }
    return switch client.registration {
    case .cimd: .metadataDocument
    case .manual, .preregistered: .inventory
    case .dcr: change.action == .register ? .recovered : .kept
    }
  }

  private static func secret(
    _ change: Change, _ way: PlannedClient.Way, _ client: LockedClient, _ server: InventoryServer
  ) -> PlannedClient.SecretSource {
    switch way {
    case .inventory: return server.mode.oauth2?.clientSecret == nil ? .none : .inventory
    case .metadataDocument: return .none
    case .register: return client.authMethod.needsSecret ? .server : .none
    case .updateInPlace:
      guard client.authMethod.needsSecret else { return .none }
      let isRenewed = change.reasons.contains {
        $0 == .secretExpiring || $0 == .secretExpired || $0 == .rotateRequested
      }
      return isRenewed || change.entry?.needsSecret == false ? .server : .stored
    case .imported, .recovered, .kept: return client.authMethod.needsSecret ? .stored : .none
    }
  }

  /// The redirect URIs that a person has to change at the provider; nil when there are none.
  private static func providerTask(from old: LockEntry?, to new: LockEntry) -> PlannedClient.ProviderTask? {
    guard let id = new.clientID, let provider = new.issuer ?? new.endpoints?.authorizationEndpoint else { return nil }
    let after = new.redirectURIs ?? []
    let isSame = old?.clientID == id && old?.registration == new.registration
    let before = isSame ? old?.redirectURIs ?? [] : []
    let task = PlannedClient.ProviderTask(
      provider: provider, clientID: id, adding: after.filter { !before.contains($0) },
      removing: before.filter { !after.contains($0) })
    return task.adding.isEmpty && task.removing.isEmpty ? nil : task
  }
}
