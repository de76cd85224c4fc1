internal import MCPAuthCore
internal import MCPAuthYAML

/// Reads `servers`, and checks the rules between servers.
struct ServersReader {
  let client: ClientBlock?
  /// It is also given where `client` is nil because the block cannot be read.
  let clientEntry: YAMLEntry?
  let defaults: DefaultsBlock?
  /// The block of all servers without an `oauth2` block. It is resolved once.
  let unwritten: MergedBlock
  /// The first server for which the `client` block is incomplete, and the number of such servers.
  private var incomplete: (server: String, mark: YAMLMark, lacksName: Bool, lacksRedirectURIs: Bool, count: Int)?
  private var urls: [String: (server: String, mark: YAMLMark)] = [:]
  private var moves: [(server: String, from: String, mark: YAMLMark)] = []

  init(client: ClientBlock?, clientEntry: YAMLEntry?, defaults: DefaultsBlock?) {
    self.client = client
    self.clientEntry = clientEntry
    self.defaults = defaults
    unwritten = MergedBlock(OAuth2Block(), over: defaults?.oauth2, client: client)
  }

  mutating func read(_ entry: YAMLEntry, _ context: inout InventoryContext) -> [InventoryServer] {
    if case .sequence(let elements) = entry.value.content {
      readList(elements, at: context.place(entry), &context)
      return []
    }
    guard let entries = context.entries(entry.value, called: "'servers'", at: context.place(entry)) else { return [] }
    var servers: [InventoryServer] = []
    servers.reserveCapacity(entries.count)
    urls.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      checkName(entry, &context)
      let help = Self.help(for: entry, at: index, in: entries)
      if let server = readServer(entry, &context, help: help) { servers.append(server) }
    }
    if case .mapping(let all) = entry.value.content, all.count > entries.count { readRepeats(all, &context) }
    if !moves.isEmpty { checkMoves(names: Set(entries.map(\.name)), &context) }
    reportIncompleteClient(&context)
    return servers
  }

  /// Help for a server that is one value and not a mapping; nil where the general help is enough.
  private static func help(for entry: YAMLEntry, at index: Int, in entries: [YAMLEntry]) -> [String]? {
    guard case .scalar(let scalar) = entry.value.content else { return nil }
    if scalar.value == .null {
      // The key of the server is at the indentation of the server's name.
      guard index + 1 < entries.count, isKey(entries[index + 1]) else { return nil }
      return ["indent \(entries[index + 1].name) below \(InventoryContext.shown(key: entry.name))"]
    }
    if isKey(entry), let server = entries[..<index].last(where: { ServerKey(rawValue: $0.name) == nil }),
      case .scalar(let empty) = server.value.content, empty.value == .null
    {
      return ["indent \(entry.name) below \(InventoryContext.shown(key: server.name))"]
    }
    if scalar.value == .string, let key = keyWithoutColon(scalar.text) {
      return ["a ':' and a space are missing after \(key): write \(key): …"]
    }
    guard scalar.value == .string, !scalar.text.contains(" "), scalar.text.contains(where: { $0 == "." || $0 == "/" })
    else { return nil }
    return ["write \(InventoryContext.shown(key: entry.name)): {url: https://…}"]
  }

  /// The key in `url https://…` and `url:https://…`.
  private static func keyWithoutColon(_ text: String) -> String? {
    let word = String(text.prefix { $0 != " " && $0 != ":" })
    return word.count < text.count && ServerKey(rawValue: word) != nil ? word : nil
  }

  /// Whether the entry is the key of a server with its value, in the place of a server.
  private static func isKey(_ entry: YAMLEntry) -> Bool {
    guard ServerKey(rawValue: entry.name) != nil, case .scalar(let scalar) = entry.value.content else { return false }
    return scalar.value != .null
  }

  /// Reports that the servers are a list, and reads them only to report the mistakes in them.
  private mutating func readList(_ elements: [YAMLNode], at mark: YAMLMark, _ context: inout InventoryContext) {
    let servers = elements.compactMap(Self.named)
    let name = servers.first.map { InventoryContext.shown(key: $0.name) } ?? "linear"
    context.report(
      .invalidValue, "'servers' takes a mapping of names to servers, and this is a list", at: mark,
      help: ["write each server under its name, without '-': servers: {\(name): {url: https://…}}"])
    for server in servers {
      checkName(server, &context)
      _ = readServer(server, &context)
    }
    reportIncompleteClient(&context)
  }

  /// An element `{name: linear, url: …}` or `{linear: {url: …}}`, as the entry that it has to be.
  private static func named(_ element: YAMLNode) -> YAMLEntry? {
    guard case .mapping(var members) = element.content else { return nil }
    guard let at = members.firstIndex(where: { $0.name == "name" }) else {
      guard members.count == 1, case .mapping = members[0].value.content else { return nil }
      return members[0]
    }
    guard case .scalar(let name) = members[at].value.content, !name.text.isEmpty else { return nil }
    let mark = members[at].value.mark
    members.remove(at: at)
    return YAMLEntry(name.text, at: mark, YAMLNode(.mapping(members), at: element.mark))
  }

  /// Reads the second block of a server that is given twice, only to report the mistakes in it. The block has no other effect.
  private func readRepeats(_ entries: [YAMLEntry], _ context: inout InventoryContext) {
    for index in context.repeats(in: entries).keys where !entries[index].name.hasPrefix("x-") {
      var apart = ServersReader(client: client, clientEntry: clientEntry, defaults: defaults)
      _ = apart.readServer(entries[index], &context)
    }
  }

  private func checkName(_ entry: YAMLEntry, _ context: inout InventoryContext) {
    guard !ServerName.isValid(entry.name) else { return }
    context.report(
      .invalidValue, "'\(InventoryContext.shown(key: entry.name))' cannot be a server's name", at: entry.mark,
      notes: ["a name is \(ServerName.pattern)"],
      help: ServerName.resembling(entry.name).map { ["write '\($0)'; display_name takes any text"] } ?? [])
  }

  /// Warns about two servers with the same URL for which two clients are made. This is rarely intended.
  mutating func note(_ url: WrittenURL, of server: String, at mark: YAMLMark, _ context: inout InventoryContext) {
    guard let first = urls[url.checked.text] else {
      urls[url.checked.text] = (server, mark)
      return
    }
    let (server, other) = (InventoryContext.shown(key: server), InventoryContext.shown(key: first.server))
    context.report(
      .duplicateURL, "'\(server)' has the URL of '\(other)': they are two servers with two clients", at: mark,
      severity: .warning, notes: ["'\(other)' has it at " + context.shown(first.mark)])
  }

  mutating func noteMove(of server: String, from: String, at mark: YAMLMark) {
    moves.append((server, from, mark))
  }

  private func checkMoves(names: Set<String>, _ context: inout InventoryContext) {
    var taken: [String: YAMLMark] = [:]
    for move in moves {
      if move.from == move.server {
        context.report(
          .invalidValue, "'\(move.server)' cannot have moved from its own name", at: move.mark,
          help: ["remove moved_from, or give the name that it had before"])
      } else if names.contains(move.from) {
        context.report(
          .invalidValue, "'\(move.server)' cannot have moved from '\(move.from)', which is still in the inventory",
          at: move.mark, help: ["remove '\(move.from)', or remove moved_from"])
      } else if let first = taken[move.from] {
        context.report(
          .invalidValue, "two servers cannot have moved from '\(move.from)'", at: move.mark,
          notes: ["the first is at " + context.shown(first)], help: ["keep one of the two"])
      } else {
        taken[move.from] = move.mark
      }
    }
  }

  mutating func noteIncompleteClient(of server: String, at mark: YAMLMark, lacksName: Bool, lacksRedirectURIs: Bool) {
    guard var known = incomplete else {
      incomplete = (server, mark, lacksName, lacksRedirectURIs, 1)
      return
    }
    known.lacksName = known.lacksName || lacksName
    known.lacksRedirectURIs = known.lacksRedirectURIs || lacksRedirectURIs
    known.count += 1
    incomplete = known
  }

  /// Reported once for all servers.
  private func reportIncompleteClient(_ context: inout InventoryContext) {
    guard let incomplete, client != nil || clientEntry == nil else { return }
    let missing = (incomplete.lacksName ? ["name"] : []) + (incomplete.lacksRedirectURIs ? ["redirect_uris"] : [])
    let others =
      incomplete.count == 2 ? " and one other" : incomplete.count > 2 ? " and \(incomplete.count - 1) others" : ""
    var stub = ["client:"]
    if incomplete.lacksName { stub.append("  name: My App") }
    if incomplete.lacksRedirectURIs {
      stub += ["  redirect_uris:", "    - https://app.example.com/oauth/{server}/callback"]
    }
    context.report(
      .missingKey,
      missing.map { "client.\($0)" }.joined(separator: " and ")
        + (missing.count == 1 ? " is missing: '" : " are missing: '") + incomplete.server + "'\(others)"
        + (incomplete.count == 1 ? " is" : " are") + " to be registered", at: clientEntry?.mark ?? incomplete.mark,
      help: ["say what to register as:\n" + stub.joined(separator: "\n")])
  }
}
