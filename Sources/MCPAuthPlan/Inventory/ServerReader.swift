internal import MCPAuthCore
internal import MCPAuthYAML

/// `auth`: how a server authenticates its clients.
private enum AuthKind: String, CaseIterable {
  case oauth2, none
  case apiKey = "api_key"
  case customHeaders = "custom_headers"

  /// nil where the key is not that of such a block.
  init?(ofBlock key: ServerKey) {
    switch key {
    case .oauth2: self = .oauth2
    case .apiKey: self = .apiKey
    case .customHeaders: self = .customHeaders
    default: return nil
    }
  }
}

extension ServersReader {
  /// Reads one server. Returns nil where a part of it is wrong. The mistake was reported.
  ///
  /// - Parameter help: for a server that is not a mapping; nil: the general help.
  mutating func readServer(
    _ entry: YAMLEntry, _ context: inout InventoryContext, help: [String]? = nil
  ) -> InventoryServer? {
    let name = entry.name
    guard
      let fields = context.fields(
        entry.value, called: "'\(InventoryContext.shown(key: name))'", at: context.place(entry), as: ServerKey.self,
        help: help)
    else { return nil }
    let url = readURL(fields[.url], of: entry, &context)
    let allowPrivate = fields[.allowPrivate].flatMap { context.privateHosts($0) } ?? []
    // Where there is no usable URL, the rest is still read, so that every mistake is found in one run.
    let trust = url.map { ServerTrust($0.checked, written: $0.text, allowPrivate: allowPrivate) } ?? .unread
    var server = InventoryServer.Members(
      name: name, trust: trust, mode: .none, location: context.location(entry.mark))
    server.places.reserve(fields.present.count + unwritten.places.count)
    for (key, entry) in fields.present { server.places.add(key.rawValue, context.location(entry.mark)) }
    describe(&server, fields, &context)
    let mode = readMode(fields, of: entry, url: url, isEnabled: server.isEnabled, &server.places, &context)
    guard let url, let mode else { return nil }
    server.mode = mode
    if server.isEnabled, mode.makesClient, let entry = fields[.url] {
      note(url, of: name, at: context.place(entry), &context)
    }
    return InventoryServer(server)
  }

  private mutating func readURL(
    _ entry: YAMLEntry?, of server: YAMLEntry, _ context: inout InventoryContext
  ) -> WrittenURL? {
    guard let entry else {
      guard !InventoryContext.misspelled(in: server.value, as: ServerKey.self).contains(.url) else { return nil }
      context.report(
        .missingKey, "'\(InventoryContext.shown(key: server.name))' has no url", at: server.mark,
        help: ["give the MCP server's URL, as its provider documents it"])
      return nil
    }
    return context.url(entry)
  }

  private mutating func describe(
    _ server: inout InventoryServer.Members, _ fields: InventoryFields<ServerKey>, _ context: inout InventoryContext
  ) {
    // One pass over the keys that are present: most servers give little more than their URL.
    let transport = context.setting(fields[.transport]) { $0.choice($1, InventoryServer.Transport.self) }
    switch transport {
    case .absent: server.transport = defaults?.transport ?? .streamableHTTP
    case .unset, .wrong: break
    case .given(let value, _, let place):
      server.transport = value
      context.noteTransport(value, at: place)
    }
    for (key, entry) in fields.present {
      switch key {
      case .enabled: server.isEnabled = context.boolean(entry) ?? true
      case .protect: server.protect = context.boolean(entry) ?? false
      case .availability: server.availability = context.choice(entry, InventoryServer.Availability.self)
      case .displayName: server.displayName = context.text(entry)
      case .description:
        server.summary = context.text(entry.value, called: entry.name, at: context.place(entry), allowsLines: true)
      case .iconURL: server.iconURL = context.url(entry)?.text
      case .toolAllowList: server.toolAllowList = context.texts(entry)
      case .toolDenyList: server.toolDenyList = context.texts(entry)
      case .movedFrom:
        guard let from = context.serverName(entry) else { continue }
        server.movedFrom = from
        noteMove(of: server.name, from: from, at: context.place(entry))
      case .url, .allowPrivate, .transport, .auth, .oauth2, .apiKey, .customHeaders: continue
      }
    }
  }

  /// Reads `auth` and the block that belongs to it. Other blocks are read too, so that every mistake is found in one run.
  private mutating func readMode(
    _ fields: InventoryFields<ServerKey>, of server: YAMLEntry, url: WrittenURL?, isEnabled: Bool,
    _ places: inout KeyPlaces, _ context: inout InventoryContext
  ) -> InventoryServer.Mode? {
    let auth = context.setting(fields[.auth], canUnset: false) { $0.choice($1, AuthKind.self) }
    let kind: AuthKind? = auth.isGiven ? auth.value : .oauth2
    if let kind { reportStrayBlocks(fields, kind, isWritten: auth.isGiven, of: server.name, &context) }
    let apiKey = fields[.apiKey].flatMap { context.readAPIKey($0, of: server.name, &places) }
    let headers = fields[.customHeaders].flatMap { context.readCustomHeaders($0, of: server.name, &places) }
    var oauth2: MergedBlock? = unwritten
    if let entry = fields[.oauth2] {
      oauth2 = readOAuth2(entry, of: server.name, &context).map { own in
        MergedBlock(own, over: defaults?.oauth2, client: client)
      }
    }
    switch kind {
    case nil: return nil
    case .some(.none): return InventoryServer.Mode.none
    case .apiKey:
      if fields[.apiKey] == nil { reportMissingBlock(.apiKey, auth.place, of: server.name, &context) }
      return apiKey
    case .customHeaders:
      if fields[.customHeaders] == nil { reportMissingBlock(.customHeaders, auth.place, of: server.name, &context) }
      return headers
    case .oauth2:
      guard let oauth2 else { return nil }
      return resolve(oauth2, of: server, url: url, isEnabled: isEnabled, &places, &context)
    }
  }

  private func readOAuth2(_ entry: YAMLEntry, of server: String, _ context: inout InventoryContext) -> OAuth2Block? {
    guard let fields = context.fields(entry.value, called: "'oauth2'", at: context.place(entry), as: OAuth2Key.self)
    else { return nil }
    let block = OAuth2Block()
    for (key, entry) in fields.present { block.read(key, entry, owner: server, &context) }
    return block
  }

  private func reportStrayBlocks(
    _ fields: InventoryFields<ServerKey>, _ kind: AuthKind, isWritten: Bool, of server: String,
    _ context: inout InventoryContext
  ) {
    for (key, entry) in fields.present {
      guard let block = AuthKind(ofBlock: key), block != kind else { continue }
      let auth = isWritten ? "auth: \(kind.rawValue)" : "no auth, which means oauth2,"
      context.report(
        .invalidValue, "'\(InventoryContext.shown(key: server))' has \(auth) and a block for \(block.rawValue)",
        at: entry.mark, help: ["write auth: \(block.rawValue), or remove the block"])
    }
  }

  private func reportMissingBlock(
    _ kind: AuthKind, _ mark: YAMLMark?, of server: String, _ context: inout InventoryContext
  ) {
    guard let mark else { return }
    let stub =
      kind == .apiKey
      ? "api_key: {header: X-API-Key, value: {env: NAME}}" : "custom_headers: {Authorization: {env: NAME}}"
    context.report(
      .missingKey, "'\(InventoryContext.shown(key: server))' has auth: \(kind.rawValue), and no \(kind.rawValue) block",
      at: mark, help: ["add \(stub)"])
  }
}
