import MCPAuthCore

/// Makes the decision for one server with an `oauth2` block whose authorization server is known.
struct ClientDecision {
  let planner: Planner
  let server: InventoryServer
  let settings: OAuth2Settings
  let entry: LockEntry?
  let found: DiscoveredServer
  let clientMetadata: ClientIDMetadataDocument.Verdict?

  /// - Throws: why the server is blocked, with the requests of discovery (ErrorCodes#What-a-failure-says).
  func change() throws(Diagnostic) -> Change {
    do throws(Diagnostic) {
      return try decided()
    } catch {
      var diagnostic = error
      if diagnostic.requests.isEmpty { diagnostic.requests = found.requests }
      throw diagnostic
    }
  }

  private func decided() throws(Diagnostic) -> Change {
    let metadata = metadata
    let destination = SecretDestination(settings: settings, found: found)
    try destination.checkEndpoints(of: entry)
    if case .preregistered = server.mode { return try preregistered(metadata) }
    let client = try requiredClient()
    let choice = try way(client, metadata)
    let scopes = scopes
    let warnings = found.warnings + choice.warnings + scopes.warnings
    switch choice.way {
    case .preregistered: return try preregistered(metadata)
    case .cimd(let url): return try metadataDocument(url, client, scopes, metadata, warnings)
    case .dcr(let endpoint):
      try destination.checkRegistration(at: endpoint)
      let requested = try RequestedRegistration(resolving: client, scopes: scopes, metadata: metadata)
      return try dynamic(requested, endpoint, metadata, warnings)
    }
  }

  /// The client's own Client ID Metadata Document, where the client will use one. It must be fetched before the decision.
  func clientMetadataDocument() -> (document: ClientIDMetadataDocument, redirectURIs: [String])? {
    if case .preregistered = server.mode { return nil }
    do throws(Diagnostic) {
      let client = try requiredClient()
      guard case .cimd(let url) = try way(client, metadata).way else { return nil }
      return (try ClientIDMetadataDocument(clientID: url, trust: server.trust), client.redirectURIs)
    } catch {
      return nil  // `change()` says why
    }
  }

  /// The metadata with the inventory's registration endpoint.
  var metadata: AuthorizationServerMetadata {
    var metadata = found.metadata
    if let endpoint = settings.registrationEndpoint { metadata.registrationEndpoint = endpoint }
    return metadata
  }

  var scopes: ScopeSelection {
    ScopeSelection.select(
      inventory: settings.scopes, challenge: found.challengeScopes, resource: found.resourceScopes,
      supported: found.metadata.scopesSupported)
  }

  func requiredClient() throws(Diagnostic) -> ClientMetadata {
    guard let client = settings.client else {
      throw Diagnostic(
        .error, .missingKey, "'\(server.name)' needs a registered client, and there is no client block",
        help: ["give client.name and client.redirect_uris"])
    }
    return client
  }

  /// A dynamically registered client stays dynamically registered as long as the inventory does not say otherwise. New support for metadata
  /// documents at the server is no reason to make users reconnect.
  private func way(
    _ client: ClientMetadata, _ metadata: AuthorizationServerMetadata
  ) throws(Diagnostic) -> RegistrationChoice {
    if settings.registration == .auto, let entry, entry.registration == .dcr, metadata.registrationEndpoint != nil,
      ServerInputs.changedSettings(entry, server).isDisjoint(with: ["registration", "client_metadata_url"])
    {
      return try RegistrationChoice.choose(strategy: .dcr, client: client, metadata: metadata)
    }
    return try RegistrationChoice.choose(strategy: settings.registration, client: client, metadata: metadata)
  }

  // MARK: The three ways

  private func preregistered(_ metadata: AuthorizationServerMetadata) throws(Diagnostic) -> Change {
    let scopes = scopes
    let client = LockedClient.own(
      .preregistered, settings, supported: metadata.tokenEndpointAuthMethodsSupported, scopes: scopes.scopes,
      scopesFrom: scopes.source)
    let new = EntryTemplate.discovered(
      server, settings, found, mode: .preregistered, client, inputs: ServerInputs.ownClientMembers(client))
    if let entry, entry.registration == .preregistered, entry.clientID == client.id, let old = entry.issuer,
      !old.isExactly(metadata.issuer), settings.issuer != metadata.issuer
    {
      throw Diagnostic(
        .error, .issuerChanged,
        "the issuer of '\(server.name)' was \(ForeignText.printable(old, limit: 256)) and is now \(ForeignText.printable(metadata.issuer, limit: 256)): your client is not known there",
        help: [
          "give the client_id that the new issuer's provider made for you",
          "if the client is known there too, write issuer: \(PastedText.yaml(metadata.issuer))",
        ], requests: found.requests)
    }
    return planner.written(server, entry, new, warnings: found.warnings + scopes.warnings)
  }

  private func metadataDocument(
    _ url: String, _ client: ClientMetadata, _ scopes: ScopeSelection, _ metadata: AuthorizationServerMetadata,
    _ warnings: [Diagnostic]
  ) throws(Diagnostic) -> Change {
    var warnings = warnings
    if planner.isToRotate(server) { throw planner.nothingToRotate(server, "its client id is a metadata document") }
    _ = try ClientIDMetadataDocument(clientID: url, trust: server.trust)
    switch clientMetadata {
    case .invalid(let diagnostic): throw diagnostic
    case .unverified(let warning): warnings.append(warning)
    case .valid, nil: break
    }
    // All users can read the document. Therefore its client is public, independent of the rest of the inventory (Registration#Strategies).
    var publicClient = client
    publicClient.tokenEndpointAuthMethod = nil
    publicClient.signInMethods = []
    var publicMetadata = metadata
    publicMetadata.tokenEndpointAuthMethodsSupported = [TokenEndpointAuthMethod.none]
    let requested = try RequestedRegistration(resolving: publicClient, scopes: scopes, metadata: publicMetadata)
    let document = LockedClient(.cimd, id: url, asking: requested)
    let new = EntryTemplate.discovered(
      server, settings, found, document, inputs: ServerInputs.ownClientMembers(document))
    return planner.written(server, entry, new, warnings: warnings)
  }

  private func dynamic(
    _ requested: RequestedRegistration, _ endpoint: String, _ metadata: AuthorizationServerMetadata,
    _ warnings: [Diagnostic]
  ) throws(Diagnostic) -> Change {
    let template = EntryTemplate.discovered(
      server, settings, found, LockedClient(.dcr, asking: requested), inputs: requested.members)
    let registration = PlannedRegistration(
      template: template, requested: requested, metadata: metadata, endpoint: endpoint,
      trust: server.trust, isFromInventory: settings.registrationEndpoint != nil,
      initialAccessToken: settings.initialAccessToken, softwareStatement: settings.softwareStatement)

    guard let entry else { return try register(registration, .register, [.new], warnings) }
    guard entry.clientID != nil else { return try register(registration, .register, [.modeChanged], warnings) }
    if entry.mode != .discovered { return try register(registration, .replace, [.modeChanged], warnings) }
    if entry.registration != .dcr { return try register(registration, .replace, [.registrationChanged], warnings) }
    // Bound to the issuer (Registration#Binding-to-the-issuer): the old client is never sent to another authorization server.
    if entry.issuer.map({ $0.isExactly(metadata.issuer) }) != true {
      return try register(registration, .replace, [.issuerChanged], warnings)
    }
    if planner.isGenerationRaised(server, entry) {
      return try register(registration, .replace, [.generationRaised], warnings)
    }
    if entry.isLost || planner.standing.lost.contains(server.name) {
      return try register(registration, .replace, [.registrationLost], warnings)
    }
    return try existing(entry, registration, warnings)
  }

  /// Decides about a client that mcpauth registered, when the issuer is still the same.
  private func existing(
    _ entry: LockEntry, _ registration: PlannedRegistration, _ warnings: [Diagnostic]
  ) throws(Diagnostic) -> Change {
    let old = ServerInputs.members(of: entry.inputs)
    let difference = ClientDifference(old: old, new: registration.requested.members, isRegistered: true)
    // The entry was found in the journal or in a record, and its endpoints may be wrong. Correct them first. All other changes follow with the next
    // apply.
    if planner.isRecovered(server), !registration.template.hasEndpoints(of: entry) {
      return surroundings(entry, registration, old, warnings)
    }
    var reasons = difference.functional
    if hasOtherMethod(entry, registration.metadata) { reasons.append(.authMethodChanged) }
    if let due = SecretRenewal.due(entry, renewBefore: settings.renewBefore, now: planner.now) {
      // A user who names the server in a rotation wants its secret to be renewed.
      guard settings.renew == .auto || planner.isToRotate(server) else { throw renewalRefused(entry, due) }
      reasons.append(due)
    }
    if planner.isToRotate(server) { reasons.append(.rotateRequested) }
    let canUpdate =
      entry.isManaged && canUpdateInPlace(entry, registration.requested) && planner.canRotateInPlace(server, entry)
    // An update without an answer is resolved by another update: its answer gives the current state.
    if reasons.isEmpty, canUpdate, planner.standing.unsettled.contains(server.name) { reasons.append(.recovered) }
    if !reasons.isEmpty {
      return canUpdate
        ? update(registration, entry, reasons, difference.display, warnings)
        : try register(registration, .replace, reasons, warnings)
    }
    if !difference.display.isEmpty, canUpdate {
      return update(registration, entry, [.displayChanged], difference.display, warnings)
    }
    let notes = difference.display.isEmpty ? [] : [Planner.displayWaits(difference.display)]
    return surroundings(entry, registration, old, warnings + notes)
  }

  /// Changes only the data around the client. The client, and the request for it, stay unchanged.
  private func surroundings(
    _ entry: LockEntry, _ registration: PlannedRegistration, _ inputs: JSONObject, _ warnings: [Diagnostic]
  ) -> Change {
    var new = registration.template
    new.client = entry.client
    new.inputs = ServerInputs.make(inputs, server)
    return planner.written(server, entry, new, warnings: warnings)
  }

  /// Whether another method is needed: the inventory's method changed, the consumers do not support the client's method, or the server no longer
  /// accepts it. If a server once chose another method than the requested one (RealServers#74), this is no change.
  private func hasOtherMethod(_ entry: LockEntry, _ metadata: AuthorizationServerMetadata) -> Bool {
    let method = (entry.client?.authMethod ?? .publicClient).text
    let changed = ServerInputs.changedSettings(entry, server)
    if changed.contains("token_endpoint_auth_method"), let wish = settings.tokenEndpointAuthMethod {
      return wish != method
    }
    if settings.tokenEndpointAuthMethod == nil, let client = settings.client, changed.contains("consumers"),
      !client.isSent(method, supported: metadata.tokenEndpointAuthMethodsSupported)
    {
      return true
    }
    guard options.refresh, settings.tokenEndpointAuthMethod == nil,
      let supported = metadata.tokenEndpointAuthMethodsSupported
    else { return false }
    let asked = ServerInputs.members(of: entry.inputs)["token_endpoint_auth_method"]?.string
    return asked == method && !supported.contains(method)
  }

  private var options: PlanOptions { planner.options }

  private func canUpdateInPlace(_ entry: LockEntry, _ requested: RequestedRegistration) -> Bool {
    let method = (entry.client?.authMethod ?? .publicClient).text
    return !requested.isInventoryMethod
      || ManagementRequest.canUpdateInPlace(from: method, to: requested.tokenEndpointAuthMethod)
  }

  private func renewalRefused(_ entry: LockEntry, _ due: Reason) -> Diagnostic {
    let when = entry.secretExpiresAt?.rfc3339 ?? ""
    return Diagnostic(
      .error, .secretExpiring,
      "the client secret of '\(server.name)' \(due == .secretExpired ? "expired" : "expires") at \(when), and renew is never",
      at: server.place("oauth2.renew"),
      help: [
        "write renew: auto to have it renewed",
        "renew it now with mcpauth rotate \(server.name), or by raising generation",
      ])
  }

  // MARK: Changes

  private func register(
    _ registration: PlannedRegistration, _ action: Action, _ reasons: [Reason], _ warnings: [Diagnostic]
  ) throws(Diagnostic) -> Change {
    // A request that is not allowed must block the plan already, not only the apply.
    _ = try registration.trust.endpoint(registration.endpoint, called: "registration endpoint")
    return Change(
      server: server.name, action: action, reasons: reasons, entry: entry, issuer: registration.metadata.issuer,
      fields: LockEntry.fieldChanges(from: entry, to: registration.template), warnings: warnings,
      location: server.location, step: .register(registration))
  }

  private func update(
    _ registration: PlannedRegistration, _ entry: LockEntry, _ reasons: [Reason], _ display: [FieldChange],
    _ warnings: [Diagnostic]
  ) -> Change {
    var registration = registration
    var requested = registration.requested
    // If the inventory gives no method, the client keeps its own.
    if !requested.isInventoryMethod, let method = entry.client?.authMethod.text {
      requested.tokenEndpointAuthMethod = method
    }
    registration.requested = requested
    registration.template.client = LockedClient(.dcr, asking: requested)
    registration.template.inputs = ServerInputs.make(requested.members, server)
    return Change(
      server: server.name, action: .update, reasons: reasons, entry: entry, issuer: entry.issuer,
      clientID: entry.clientID,
      fields: LockEntry.fieldChanges(from: entry, to: registration.template) + display, warnings: warnings,
      location: server.location, step: .updateInPlace(registration))
  }
}
