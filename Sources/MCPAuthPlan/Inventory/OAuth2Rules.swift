internal import MCPAuthCore
internal import MCPAuthYAML

/// The rules between the keys of an `oauth2` block, with `defaults` merged in (InventoryReference#Modes, "Deciding the mode").
struct OAuth2Rules {
  /// The server's name, as it is written.
  let name: String
  let merged: MergedBlock

  enum Mode {
    case manual, preregistered, discovered, registeredAtEndpoints

    var isRegistered: Bool { self == .discovered || self == .registeredAtEndpoints }
  }

  /// The name in messages.
  private var server: String { InventoryContext.shown(key: name) }
  private var block: OAuth2Block { merged.block }
  private var own: OAuth2Block { merged.own }

  private var trio: [(name: String, mark: YAMLMark?)] {
    [
      ("client_id", block.clientID.key), ("authorization_endpoint", block.authorizationEndpoint.key),
      ("token_endpoint", block.tokenEndpoint.key),
    ]
  }

  /// The mode. It is nil, and a mistake is reported, where the keys of the block give no mode.
  func mode(_ context: inout InventoryContext) -> Mode? {
    let given = [block.clientID.isGiven, block.authorizationEndpoint.isGiven, block.tokenEndpoint.isGiven]
      .count(where: \.self)
    let registration = block.registration.value ?? .auto
    let hasClient = block.clientID.isGiven
    if given == 3 { return .manual }
    if registration == .preregistered, hasClient, given == 1 { return .preregistered }
    if registration == .dcr, block.registrationEndpoint.isGiven, !hasClient, given == 2 {
      return .registeredAtEndpoints
    }
    // Whether the block is partial depends on the intended strategy, which is unknown here.
    if case .wrong = block.registration { return nil }
    guard given == 0 else {
      reportPartial(trio.compactMap(\.mark), &context)
      return nil
    }
    if registration == .preregistered, let mark = block.registration.place {
      context.report(
        .missingKey, "'\(server)' has registration: preregistered, and no client_id", at: mark,
        help: ["give the client_id of your client", "or leave registration out to have a client registered"])
      return nil
    }
    return .discovered
  }

  /// Checks the rules that apply in every mode.
  func checkSecrets(_ mode: Mode?, _ context: inout InventoryContext) {
    if let key = block.clientSecret.key, !block.clientID.isGiven, mode?.isRegistered == true {
      context.report(
        .secretWithoutClient, "'\(server)' gives client_secret, but no client_id that it belongs to", at: key,
        help: [
          "give client_id, authorization_endpoint and token_endpoint too, or client_id with registration: preregistered",
          "or remove it: a client that is registered gets a secret of its own",
        ])
    }
    guard !own.issuer.isGiven, !own.registrationEndpoint.isGiven else { return }
    for (name, secret) in [
      ("initial_access_token", own.initialAccessToken), ("software_statement", own.softwareStatement),
    ] {
      guard let key = secret.key else { continue }
      context.report(
        .tokenWithoutIssuer,
        "'\(server)' gives \(name), but not the issuer or registration_endpoint that it may be sent to",
        at: key,
        help: [
          "give issuer or registration_endpoint in the same block: otherwise any server could name an endpoint and receive it"
        ])
    }
  }

  /// With `resource_metadata_url: none`, the inventory must give the authorization server.
  func checkResourceMetadata(_ mode: Mode?, _ context: inout InventoryContext) {
    guard case .given(.none, _, let place) = block.resourceMetadata, !block.issuer.isGiven, !block.metadataURL.isGiven,
      own.resourceMetadata.isGiven || mode == .discovered || mode == .preregistered
    else { return }
    context.report(
      .missingKey, "'\(server)' has resource_metadata_url: none, and neither issuer nor metadata_url", at: place,
      help: ["give the issuer of the server's authorization server, or the metadata_url of its document"])
  }

  /// http is allowed only between loopback addresses (Discovery#Requests). Therefore the server's own URL must be a loopback address too.
  func checkPlaintext(serverIsLoopback: Bool, _ context: inout InventoryContext) {
    guard !serverIsLoopback else { return }
    for (key, place) in merged.plaintextURLs {
      context.report(
        .insecureURL, "'\(key.rawValue)' is not https, and the URL of '\(server)' is not a loopback address", at: place,
        help: ["write https://", "http is allowed if both are loopback addresses"])
    }
  }

  private func reportPartial(_ marks: [YAMLMark], _ context: inout InventoryContext) {
    let ownMarks = [own.clientID.key, own.authorizationEndpoint.key, own.tokenEndpoint.key].compactMap { $0 }
    let given = trio.filter { $0.mark != nil }.map(\.name).joined(separator: ", ")
    let missing = trio.filter { $0.mark == nil }.map(\.name).joined(separator: ", ")
    let candidates = ownMarks.isEmpty ? marks : ownMarks
    guard let first = candidates.min(by: { ($0.line, $0.column) < ($1.line, $1.column) }) else { return }
    var help = ["give all three to use your own client, or none of them to discover and register automatically"]
    if block.registrationEndpoint.isGiven, !block.clientID.isGiven {
      help.append("or give both endpoints and registration: dcr to register at registration_endpoint without discovery")
    }
    // A mistake in `defaults` alone affects every server that does not replace it. It is reported once, not once per server.
    let isShared = ownMarks.isEmpty
    context.report(
      .partialOAuth2Config, "'\(isShared ? "defaults" : server)' gives \(given) but not \(missing)", at: first,
      notes: isShared ? ["'\(server)' is the first server that this concerns"] : [], help: help)
  }
}
