package import MCPAuthCore

/// Decides what to do for each server: a pure function of the inventory, the current state, and the observations.
///
/// There are two steps, so that no request is made for servers that did not change. `assess` decides everything that needs no request, and says
/// which servers must be discovered. `decide` uses the observations.
package struct Planner: Sendable {
  package let inventory: Inventory
  package let standing: Standing
  package let options: PlanOptions
  package let now: Timestamp
  /// The URLs of all servers, if only a share of them is wanted.
  private let urls: [String: String]

  package init(inventory: Inventory, standing: Standing, options: PlanOptions, now: Timestamp) {
    self.inventory = inventory
    self.standing = standing
    self.options = options
    self.now = now
    guard !options.share.isWhole else {
      urls = [:]
      return
    }
    var urls = standing.entries.mapValues(\.url)
    for server in inventory.servers { urls[server.name] = server.url }
    self.urls = urls
  }

  /// The result of `assess` for a server.
  package indirect enum Assessment: Sendable, Equatable {
    case settled(Change)
    case discover(DiscoveryTarget)
  }

  package func assess(_ server: InventoryServer) -> Assessment {
    let entry = entry(of: server)
    if let refusal = rotationRefusal(server) { return .settled(blocked(server, entry, refusal)) }
    guard server.isEnabled else { return .settled(unchanged(server, entry, reasons: [.disabled])) }
    if let blocked = blockedBeforehand(server, entry) { return .settled(blocked) }
    switch server.mode {
    case .none, .apiKey, .customHeaders, .manual:
      return .settled(finish(decideWithoutDiscovery(server, entry), server))
    case .registeredAtEndpoints(let settings):
      if let unchanged = unchangedWithoutDecision(server, settings, entry) {
        return .settled(finish(unchanged, server))
      }
      let observation = Observation(discovery: .success(endpointsAsGiven(server, settings)))
      return .settled(decide(server, observation))
    case .preregistered(let settings), .discovered(let settings):
      if let unchanged = unchangedWithoutDecision(server, settings, entry) {
        return .settled(finish(unchanged, server))
      }
      if options.offline { return .settled(predicted(server, settings, entry)) }
      return .discover(Self.target(server, settings, entry))
    }
  }

  /// - Parameter observation: what was observed of a server for which `assess` required discovery.
  package func decide(_ server: InventoryServer, _ observation: Observation) -> Change {
    let entry = entry(of: server)
    guard let settings = server.mode.oauth2 else { return finish(decideWithoutDiscovery(server, entry), server) }
    switch observation.discovery {
    case .failure(let diagnostic):
      return blocked(server, entry, diagnostic)
    case .success(let found):
      let decision = ClientDecision(
        planner: self, server: server, settings: settings, entry: entry, found: found,
        clientMetadata: observation.clientMetadata)
      do throws(Diagnostic) {
        return finish(try decision.change(), server)
      } catch {
        return blocked(server, entry, error, warnings: found.warnings)
      }
    }
  }

  /// The client's own Client ID Metadata Document and the redirect URIs that it must contain, where the server's client will use a document.
  package func clientMetadataDocument(
    of server: InventoryServer, _ found: DiscoveredServer
  ) -> (document: ClientIDMetadataDocument, redirectURIs: [String])? {
    guard let settings = server.mode.oauth2 else { return nil }
    return ClientDecision(
      planner: self, server: server, settings: settings, entry: entry(of: server), found: found, clientMetadata: nil
    ).clientMetadataDocument()
  }

  /// Combines the changes of all servers in the inventory, in its order, to a plan.
  package func plan(_ changes: [Change]) -> Plan {
    var plan = Plan(inventory: inventory.file, changes: changes, warnings: inventory.warnings)
    let places = Dictionary(
      zip(inventory.servers.map(\.name), inventory.servers.indices), uniquingKeysWith: { first, _ in first })
    let moved = Set(inventory.servers.compactMap { movedEntry(of: $0)?.from })
    let gone = standing.entries.keys.sorted().filter { places[$0] == nil && !moved.contains($0) }
    for name in gone where isWanted(name) {
      if let entry = standing.entries[name] { plan.changes.append(removal(name, entry)) }
    }
    for index in plan.changes.indices {
      // There is nothing to describe about a server that stays as it is, and most servers do.
      if case .nothing = plan.changes[index].step { continue }
      let change = plan.changes[index]
      plan.changes[index] = described(change, places[change.server].map { inventory.servers[$0] })
    }
    suggestMoves(&plan.changes, places, gone: gone)
    return plan
  }

  package func isWanted(_ name: String) -> Bool {
    guard options.only.isEmpty || options.only.contains(name) else { return false }
    return options.share.isWhole || urls[name].map(options.share.has) ?? true
  }

  // MARK: Current state

  /// The server's entry: under its own name, or under its previous name (`moved_from`).
  package func entry(of server: InventoryServer) -> LockEntry? {
    standing.entries[server.name] ?? movedEntry(of: server)?.entry
  }

  /// The entry that moves to this server, and its previous name.
  package func movedEntry(of server: InventoryServer) -> (from: String, entry: LockEntry)? {
    guard standing.entries[server.name] == nil, let old = server.movedFrom, let entry = standing.entries[old],
      // Another server still uses the old name. Then nothing moves.
      !inventory.servers.contains(where: { $0.name == old })
    else { return nil }
    return (old, entry)
  }

  private func blockedBeforehand(_ server: InventoryServer, _ entry: LockEntry?) -> Change? {
    if standing.underWay.contains(server.name) {
      return blocked(
        server, entry,
        Diagnostic(
          .error, .locked, "another run is working on '\(server.name)'", help: ["plan again when it has ended"]))
    }
    if !options.retryUnknown, let unknown = standing.unknownOutcome(of: server.name) {
      return blocked(server, entry, Self.unknownOutcome(unknown))
    }
    // Its token and secret may have been rotated. This must be resolved under the old name, which the journal knows, before the move.
    if let (old, moved) = movedEntry(of: server), standing.unsettled.contains(old) {
      return blocked(
        server, moved,
        Diagnostic(
          .error, .updateOutcomeUnknown,
          "an update of the client of '\(old)' had no answer: its result must be known before '\(old)' is renamed to '\(server.name)'",
          at: server.place("moved_from"), help: ["apply it under the name '\(old)' once, then rename it"]))
    }
    if let entry, let problem = secretProblem(of: server), !entry.isLost, !isGenerationRaised(server, entry),
      !isToRotate(server), entry.registration == .dcr, server.mode.oauth2 != nil, !isManual(server)
    {
      return blocked(server, entry, problem)
    }
    return nil
  }

  static func unknownOutcome(_ orphan: Orphan) -> Diagnostic {
    let issuer = ForeignText.printable(orphan.issuer, limit: 256)
    return Diagnostic(
      .error, .registrationOutcomeUnknown,
      "a registration for '\(orphan.server)' at \(issuer) on \(orphan.since.rfc3339) ended without an answer: "
        + "a client may have been left there",
      help: [
        "look at \(issuer) for a client made at that time; if you find it, delete it or adopt it with mcpauth import",
        "register again with mcpauth apply --retry-unknown",
      ])
  }

  func isGenerationRaised(_ server: InventoryServer, _ entry: LockEntry) -> Bool {
    (server.mode.oauth2?.generation ?? 0) > entry.generation
  }

  /// Its endpoints must come from discovery or the inventory, not from the place where the entry was found.
  func isRecovered(_ server: InventoryServer) -> Bool {
    standing.recovered.contains(movedEntry(of: server)?.from ?? server.name)
  }

  private func isManual(_ server: InventoryServer) -> Bool {
    if case .manual = server.mode { true } else { false }
  }

  // MARK: Whether discovery is needed

  /// The unchanged server; nil if anything about it may have changed: only then is it discovered. If display metadata differs, it waits for the next
  /// registration, and the plan contains a note.
  private func unchangedWithoutDecision(
    _ server: InventoryServer, _ settings: OAuth2Settings, _ entry: LockEntry?
  ) -> Change? {
    guard let entry, !entry.isLost, !standing.unsettled.contains(server.name), !isRecovered(server),
      !options.refresh, !isToRotate(server), !standing.lost.contains(server.name),
      entry.mode == Self.mode(of: server), entry.url == server.url,
      entry.generation == settings.generation, entry.protect == server.protect,
      SecretRenewal.due(entry, renewBefore: settings.renewBefore, now: now) == nil,
      ServerInputs.changedSettings(entry, server).isEmpty
    else { return nil }
    let difference = inventoryDifference(settings, entry)
    guard difference.functional.isEmpty, difference.display.isEmpty || !entry.isManaged else { return nil }
    var change = unchanged(server, entry, reasons: [])
    if !difference.display.isEmpty { change.warnings.append(Self.displayWaits(difference.display)) }
    return change
  }

  static func mode(of server: InventoryServer) -> LockEntry.Mode {
    switch server.mode {
    case .none: .none
    case .apiKey: .apiKey
    case .customHeaders: .customHeaders
    case .manual: .manual
    case .preregistered: .preregistered
    case .discovered, .registeredAtEndpoints: .discovered
    }
  }

  /// The difference that the inventory alone shows. Values that discovery decides are assumed to be unchanged.
  private func inventoryDifference(_ settings: OAuth2Settings, _ entry: LockEntry) -> ClientDifference {
    let old = ServerInputs.members(of: entry.inputs)
    guard let client = settings.client else {
      return ClientDifference(old: old, new: old, isRegistered: false)
    }
    var new = old
    new["redirect_uris"] = .strings(client.redirectURIs)
    if let type = client.applicationType ?? ApplicationType.inferred(from: client.redirectURIs) {
      new["application_type"] = .string(type.rawValue)
    }
    for name in ClientDifference.displayMembers { new[name] = nil }
    for member in client.displayMembers.members { new[member.name] = member.value }
    return ClientDifference(old: old, new: new, isRegistered: entry.registration == .dcr)
  }

  static func displayWaits(_ display: [FieldChange]) -> Diagnostic {
    .warning(
      .displayChangeWaits,
      "\(display.map(\.field).joined(separator: ", ")) changed: the server offers no way to change it in place, "
        + "so it waits for the next registration",
      help: ["raise generation to register again now; users must then reconnect"])
  }

  static func target(
    _ server: InventoryServer, _ settings: OAuth2Settings, _ entry: LockEntry?
  ) -> DiscoveryTarget {
    let resourceMetadata: DiscoveryTarget.ResourceMetadata =
      switch settings.resourceMetadata {
      case .discovered: .discovered
      case .url(let url): .url(url)
      case .none: .none
      }
    return DiscoveryTarget(
      server.trust, resourceMetadata: resourceMetadata, issuer: settings.issuer,
      metadataURL: settings.metadataURL, resource: settings.resource, assumesS256: settings.pkce == .assumeS256,
      boundAuthorizationServer: entry?.endpoints?.authorizationServer)
  }

  // MARK: Results

  func unchanged(_ server: InventoryServer, _ entry: LockEntry?, reasons: [Reason]) -> Change {
    Change(
      server: server.name, action: .unchanged, reasons: reasons, entry: entry, issuer: entry?.issuer,
      clientID: entry?.clientID, location: server.location)
  }

  func blocked(
    _ server: InventoryServer, _ entry: LockEntry?, _ diagnostic: Diagnostic, warnings: [Diagnostic] = []
  ) -> Change {
    Change(
      server: server.name, action: .blocked, reasons: [.code(diagnostic.code)], entry: entry, issuer: entry?.issuer,
      clientID: entry?.clientID, warnings: warnings, error: diagnostic.placed(at: server.location),
      location: server.location)
  }

  /// Applies the rules for every change, independent of how it was decided: move, recovery, protection.
  private func finish(_ change: Change, _ server: InventoryServer) -> Change {
    var change = change
    if let entry = change.entryToBe {
      // These warnings come first.
      change.warnings = SignInCheck(server, entry).warnings() + change.warnings
    }
    if let advice = keepingClient(change, server) { change.advice.append(advice) }
    if change.action == .replace, server.protect {
      var refused = blocked(
        server, change.entry,
        Diagnostic(
          .error, .protected,
          "'\(server.name)' is protected, and would be replaced (\(change.reasons.map(\.name).joined(separator: ", ")))",
          at: server.place("protect"),
          help: ["write protect: false to allow it", "or undo the change that needs a new client"]),
        warnings: change.warnings)
      refused.advice = change.advice
      return refused
    }
    if let (old, _) = movedEntry(of: server), change.action != .blocked {
      change.reasons.insert(.moved, at: 0)
      change.fields.insert(FieldChange("name", old: old, new: server.name), at: 0)
      if change.action == .unchanged, let entry = change.entry {
        change.action = .update
        change.step = .write(entry)
      }
    }
    if isRecovered(server), change.action != .blocked {
      change.reasons.insert(.recovered, at: 0)
      if change.action == .unchanged, let entry = change.entry {
        change.action = .register
        change.entry = nil
        change.fields = LockEntry.fields(of: entry)
        change.step = .write(entry)
      }
    }
    change.sends = sends(change, server)
    return change
  }

  private func removal(_ name: String, _ entry: LockEntry) -> Change {
    guard !entry.protect else {
      return Change(
        server: name, action: .blocked, reasons: [.code(.protected)], entry: entry, issuer: entry.issuer,
        clientID: entry.clientID,
        error: Diagnostic(
          .error, .protected, "'\(name)' is protected, and is no longer in the inventory",
          help: ["put it back into the inventory", "to remove it, first apply it with protect: false, then delete it"]))
    }
    var change = Change(
      server: name, action: .remove, reasons: [.goneFromInventory], entry: entry, issuer: entry.issuer,
      clientID: entry.clientID, step: .remove)
    if entry.registration == .dcr, !entry.isManaged {
      change.warnings.append(
        .warning(
          .clientLeftBehind,
          "the client stays at \(ForeignText.printable(entry.issuer ?? "its server", limit: 256)), which offers no way to delete it; it will be listed under orphans"
        ))
    }
    return change
  }
}

extension ClientMetadata {
  /// The members that users see, as a registration sends them (RFC 7591 section 2).
  var displayMembers: JSONObject {
    var object: JSONObject = ["client_name": .string(clientName)]
    let optional: [(String, String?)] = [
      ("client_uri", clientURI), ("logo_uri", logoURI), ("tos_uri", tosURI), ("policy_uri", policyURI),
      ("software_id", softwareID), ("software_version", softwareVersion),
    ]
    for (name, value) in optional {
      if let value, !value.isEmpty { object.members.append(.init(name, .string(value))) }
    }
    if !contacts.isEmpty { object.members.append(.init("contacts", .strings(contacts))) }
    return object
  }
}
