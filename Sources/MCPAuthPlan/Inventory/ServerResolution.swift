internal import MCPAuthCore
internal import MCPAuthYAML

extension ServersReader {
  /// Resolves a server's `oauth2` block, with `defaults` and `client` merged in, by the rules of its mode.
  mutating func resolve(
    _ own: OAuth2Block, of server: YAMLEntry, url: WrittenURL?, isEnabled: Bool,
    _ places: inout [String: SourceLocation], _ context: inout InventoryContext
  ) -> InventoryServer.Mode? {
    let block = defaults.map { own.over($0.oauth2) } ?? own
    for key in block.keys where !key.isNull { places[key.key.path] = context.location(key.mark) }
    let rules = OAuth2Rules(
      server: InventoryContext.shown(key: server.name), nameMark: server.mark, block: block, own: own)
    let mode = rules.mode(&context)
    rules.checkSecrets(mode, &context)
    rules.checkResourceMetadata(mode, &context)
    if let url { rules.checkPlaintext(serverIsLoopback: url.checked.isLoopback, &context) }
    checkConsumers(block, of: InventoryContext.shown(key: server.name), &context)
    guard let mode else { return nil }
    var settings = block.settings
    settings.client = client(of: server, block)
    settings.consumers = consumers(block)
    if mode.isRegistered, isEnabled { checkRegistered(block, of: server, &context) }
    switch mode {
    case .manual: return .manual(settings)
    case .preregistered: return .preregistered(settings)
    case .discovered: return .discovered(settings)
    case .registeredAtEndpoints: return .registeredAtEndpoints(settings)
    }
  }

  /// The client metadata to register; nil where a name or redirect URIs are missing.
  private func client(of server: YAMLEntry, _ block: OAuth2Block) -> ClientMetadata? {
    guard let name = block.clientName.value ?? client?.name.value,
      let redirectURIs = redirectURIs(block)
    else { return nil }
    var metadata = client?.base ?? ClientMetadata(clientName: name, redirectURIs: [])
    metadata.clientName = name
    metadata.redirectURIs = redirectURIs.resolved(for: server.name)
    let consumers = consumers(block)
    // A program on the user's machine makes the client native, also where other consumers have https redirect URIs.
    metadata.applicationType =
      block.applicationType.value ?? (!consumers.isEmpty && redirectURIs.inferredType == nil ? .native : nil)
    metadata.signInMethods = consumers.map(\.consumer.facts.methods.value)
    metadata.tokenEndpointAuthMethod = block.tokenEndpointAuthMethod.value
    metadata.scopes = block.scopes.value
    return metadata
  }

  /// The redirect URIs of the inventory, and those of the consumers.
  private func redirectURIs(_ block: OAuth2Block) -> RedirectURIs? {
    RedirectURIs(block.redirectURIs.value ?? client?.redirectURIs.value, adding: consumers(block))
  }

  /// Checks that the data for a registration is complete.
  private mutating func checkRegistered(_ block: OAuth2Block, of server: YAMLEntry, _ context: inout InventoryContext) {
    let name = block.clientName.isGiven ? block.clientName : client?.name ?? .absent
    let redirectURIs = block.redirectURIs.isGiven ? block.redirectURIs : client?.redirectURIs ?? .absent
    let hasConsumers = !consumers(block).isEmpty
    let isConsumersWrong =
      if let client, case .wrong = client.consumers { true } else {
        consumers(block).count < block.consumers.value?.count ?? 0
      }
    let hasRedirectURIs = redirectURIs.isGiven || isConsumersWrong || self.redirectURIs(block) != nil
    let misspelled = client?.misspelled ?? []
    let lacksName = !name.isGiven && !misspelled.contains(.name)
    let lacksRedirectURIs = !hasRedirectURIs && !misspelled.contains(.redirectURIs)
    if lacksName || lacksRedirectURIs {
      noteIncompleteClient(
        of: server.name, at: server.mark, lacksName: lacksName, lacksRedirectURIs: lacksRedirectURIs)
    }
    checkMethods(block, of: InventoryContext.shown(key: server.name), &context)
    if case .given(let uris, let key, _) = redirectURIs, uris.inferredType == nil, !hasConsumers,
      !block.applicationType.isGiven
    {
      context.report(
        .mixedRedirectURIs, "the redirect URIs are of both a native and a web application", at: key,
        notes: ["loopback addresses and an application's own schemes are native, https is web"],
        help: ["keep one kind, or write application_type: native or web in the server's oauth2 block or in defaults"])
    }
    if case .given(.cimd, _, let place) = block.registration, client?.metadataURL.isGiven != true {
      context.report(
        .missingKey, "registration is cimd, and there is no client.metadata_url", at: place,
        help: ["set client.metadata_url to the https URL of your Client ID Metadata Document"])
    }
  }
}
