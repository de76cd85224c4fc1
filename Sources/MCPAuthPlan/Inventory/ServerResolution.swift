internal import MCPAuthCore
internal import MCPAuthYAML

/// An `oauth2` block with `defaults` merged in, and what it says for every server that has it.
final class MergedBlock {
  /// The server's own block.
  let own: OAuth2Block
  /// The block with `defaults` merged in.
  let block: OAuth2Block
  /// The consumers that sign in: those that the block names, otherwise all of the `client` block.
  let consumers: [ConsumerUse]
  /// The redirect URIs of the inventory, and those of the consumers.
  let redirectURIs: RedirectURIs?
  /// The settings of a server. The redirect URIs of `client` are missing.
  let settings: OAuth2Settings
  /// The positions of the keys, by path.
  let places: [(path: String, mark: YAMLMark)]
  let plaintextURLs: [(key: OAuth2Key, place: YAMLMark)]

  init(_ own: OAuth2Block, over defaults: OAuth2Block?, client: ClientBlock?) {
    self.own = own
    block = defaults.map { own.over($0) } ?? own
    let all = client?.consumers.value ?? []
    consumers =
      block.consumers.value.map { names in
        all.filter { use in names.contains { $0.consumer == use.consumer } }
      } ?? all
    redirectURIs = RedirectURIs(block.redirectURIs.value ?? client?.redirectURIs.value, adding: consumers)
    places = block.keys.filter { !$0.isNull }.map { ($0.key.path, $0.mark) }
    plaintextURLs = block.plaintextURLs
    var settings = block.settings
    settings.consumers = consumers
    settings.client = Self.metadata(block, client, consumers, redirectURIs)
    self.settings = settings
  }

  /// The client metadata to register; nil where a name or redirect URIs are missing.
  private static func metadata(
    _ block: OAuth2Block, _ client: ClientBlock?, _ consumers: [ConsumerUse], _ redirectURIs: RedirectURIs?
  ) -> ClientMetadata? {
    guard let name = block.clientName.value ?? client?.name.value, let redirectURIs else { return nil }
    var metadata = client?.base ?? ClientMetadata(clientName: name, redirectURIs: [])
    metadata.clientName = name
    metadata.redirectURIs = []
    // A program on the user's machine makes the client native, also where other consumers have https redirect URIs.
    metadata.applicationType =
      block.applicationType.value ?? (!consumers.isEmpty && redirectURIs.inferredType == nil ? .native : nil)
    metadata.signInMethods = consumers.map(\.consumer.facts.methods.value)
    metadata.tokenEndpointAuthMethod = block.tokenEndpointAuthMethod.value
    metadata.scopes = block.scopes.value
    return metadata
  }

  /// The settings of a server with this block.
  func settings(of server: String) -> OAuth2Settings {
    var settings = settings
    if let redirectURIs { settings.client?.redirectURIs = redirectURIs.resolved(for: server) }
    return settings
  }
}

extension ServersReader {
  /// Resolves a server's `oauth2` block, with `defaults` and `client` merged in, by the rules of its mode.
  mutating func resolve(
    _ merged: MergedBlock, of server: YAMLEntry, url: WrittenURL?, isEnabled: Bool,
    _ places: inout KeyPlaces, _ context: inout InventoryContext
  ) -> InventoryServer.Mode? {
    for (path, mark) in merged.places { places.add(path, context.location(mark)) }
    let rules = OAuth2Rules(name: server.name, merged: merged)
    let mode = rules.mode(&context)
    rules.checkSecrets(mode, &context)
    rules.checkResourceMetadata(mode, &context)
    if let url { rules.checkPlaintext(serverIsLoopback: url.checked.isLoopback, &context) }
    checkConsumers(merged, of: server.name, &context)
    guard let mode else { return nil }
    if mode.isRegistered, isEnabled { checkRegistered(merged, of: server, &context) }
    let settings = merged.settings(of: server.name)
    switch mode {
    case .manual: return .manual(settings)
    case .preregistered: return .preregistered(settings)
    case .discovered: return .discovered(settings)
    case .registeredAtEndpoints: return .registeredAtEndpoints(settings)
    }
  }

  /// Checks that the data for a registration is complete.
  private mutating func checkRegistered(
    _ merged: MergedBlock, of server: YAMLEntry, _ context: inout InventoryContext
  ) {
    let block = merged.block
    let name = block.clientName.isGiven ? block.clientName : client?.name ?? .absent
    let redirectURIs = block.redirectURIs.isGiven ? block.redirectURIs : client?.redirectURIs ?? .absent
    let hasConsumers = !merged.consumers.isEmpty
    let isConsumersWrong =
      if case .wrong = client?.consumers { true } else {
        merged.consumers.count < block.consumers.value?.count ?? 0
      }
    let hasRedirectURIs = redirectURIs.isGiven || isConsumersWrong || merged.redirectURIs != nil
    let misspelled = client?.misspelled ?? []
    let lacksName = !name.isGiven && !misspelled.contains(.name)
    let lacksRedirectURIs = !hasRedirectURIs && !misspelled.contains(.redirectURIs)
    if lacksName || lacksRedirectURIs {
      noteIncompleteClient(
        of: server.name, at: server.mark, lacksName: lacksName, lacksRedirectURIs: lacksRedirectURIs)
    }
    checkMethods(merged, of: server.name, &context)
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
