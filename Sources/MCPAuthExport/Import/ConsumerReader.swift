internal import MCPAuthCore
internal import MCPAuthPlan

/// Reads the servers of a consumer's file. A server that an inventory cannot have is left out, with the reason.
struct ConsumerReader {
  let format: ImportFormat
  let document: ConsumerDocument
  private(set) var servers: [ImportedServer] = []
  private(set) var leftOut: [LeftOutServer] = []

  init(format: ImportFormat, document: ConsumerDocument) {
    self.format = format
    self.document = document
  }

  /// - Throws: `import-unreadable` if there is no list of servers, or too many.
  mutating func read() throws(Diagnostic) {
    switch format {
    case .claudeCode:
      // Servers of the user, and of projects.
      let projects = document.value(at: ["projects"])?.object?.members ?? []
      try readSections([["mcpServers"]] + projects.map { ["projects", $0.name, "mcpServers"] })
    case .vscode: try readSections([["servers"], ["mcp", "servers"], ["mcpServers"]])
    case .cursor, .librechat: try readSections([["mcpServers"]])
    case .codex: try readSections([["mcp_servers"]])
    case .coder: try readElements(in: [[], ["servers"], ["mcp_servers"]]) { $0.readCoder($1, at: $2) }
    case .registry: try readElements(in: [[], ["servers"]]) { $0.readRegistry($1, at: $2) }
    }
  }

  // MARK: Lists

  private mutating func readSections(_ sections: [[String]]) throws(Diagnostic) {
    var isThere = false
    var all: [(name: String, value: JSON, path: [String])] = []
    for section in sections {
      guard let value = document.value(at: section), value != .null else { continue }
      guard let object = value.object else {
        throw unreadable("'\(section.joined(separator: "."))' is \(value.kind), not an object", at: section)
      }
      isThere = true
      for member in object.members { all.append((member.name, member.value, section + [member.name])) }
    }
    guard isThere else { throw unreadable("it has no '\(sections[0].joined(separator: "."))'", at: []) }
    try refuseMany(all.count)
    for (name, value, path) in all { readEntry(name, value, at: path) }
  }

  /// Servers in a list, or a file that is one server.
  private mutating func readElements(
    in places: [[String]], _ read: (inout ConsumerReader, JSONObject, [String]) -> Void
  ) throws(Diagnostic) {
    for place in places {
      guard let elements = document.value(at: place)?.array else { continue }
      try refuseMany(elements.count)
      for (index, element) in elements.enumerated() {
        let path = place + ["\(index)"]
        guard let object = element.object else {
          leave("number \(index + 1)", "it is \(element.kind), not an object", path)
          continue
        }
        // The registry's API has the document in a member.
        read(&self, object["server"]?.object ?? object, path)
      }
      return
    }
    guard let object = document.root.object, object["url"] != nil || object["remotes"] != nil || object["name"] != nil
    else { throw unreadable("it has no servers", at: []) }
    read(&self, object, [])
  }

  private func refuseMany(_ count: Int) throws(Diagnostic) {
    guard count > ImportedFile.maximumServers else { return }
    throw unreadable("it has \(count) servers, and \(ImportedFile.maximumServers) is the limit", at: [])
  }

  private func unreadable(_ problem: String, at path: [String]) -> Diagnostic {
    .importUnreadable(
      document.file, format, ForeignText.printable(problem), line: path.isEmpty ? nil : document.line(of: path))
  }

  mutating func leave(_ source: String, _ reason: String, _ path: [String]) {
    leftOut.append(
      LeftOutServer(
        source: ForeignText.printable(source, limit: 128), reason: ForeignText.printable(reason),
        line: document.line(of: path)))
  }

  /// Adds a server, or leaves it out.
  mutating func add(_ draft: ImportDraft, at path: [String]) {
    if let problem = draft.problem { return leave(draft.source, problem, path) }
    if let twin = servers.first(where: { $0.server.name == draft.server.name }) {
      return leave(draft.source, "'\(twin.source)' before it gets the name '\(draft.server.name)'", path)
    }
    servers.append(draft.imported(line: document.line(of: path)))
  }

  // MARK: Entries by name

  private mutating func readEntry(_ name: String, _ value: JSON, at path: [String]) {
    guard let object = value.object else { return leave(name, "it is \(value.kind), not an object", path) }
    var draft = ImportDraft(source: name, format: format)
    draft.readAddress(object, url: object["url"] ?? object["httpUrl"] ?? object["serverUrl"], type: object["type"])
    guard draft.problem == nil else { return add(draft, at: path) }
    var headers = Self.members(object["headers"]) + Self.members(object["http_headers"])
    let named = Self.members(object["env_http_headers"])
    // A secret is sometimes written in place of the name. It is not shown.
    let names = named.map(\.value) + [object["bearer_token_env_var"]].compactMap(\.self)
    if names.compactMap(\.string).contains(where: { !InventoryVariables.isName($0) }) {
      draft.problem = "the name of a variable in env_http_headers or bearer_token_env_var is not valid"
    }
    headers += named.map { (name: $0.name, value: Self.placeholder($0.value)) }
    if let variable = object["bearer_token_env_var"]?.string { draft.addBearer(variable) }
    let block = object["oauth"]?.object ?? object["auth"]?.object ?? JSONObject()
    let scopes = ImportClient.scopes(block["scopes"] ?? block["scope"] ?? object["scopes"])
    let client = ImportClient(block, scopes: scopes)
    let isOpen = object["requiresOAuth"]?.bool == false && headers.isEmpty
    draft.readCredentials(client, headers: headers, isOpen: isOpen)
    draft.server.displayName = Self.text(object["title"])
    draft.server.summary = Self.text(object["description"])
    draft.server.toolAllowList = Self.texts(object["enabled_tools"])
    draft.server.toolDenyList = Self.texts(object["disabled_tools"])
    if object["enabled"]?.bool == false || object["disabled"]?.bool == true { draft.server.isEnabled = false }
    add(draft, at: path)
  }

  /// A text that names a variable, as a placeholder.
  private static func placeholder(_ value: JSON) -> JSON {
    value.string.map { JSON.string("${\($0)}") } ?? value
  }

  // MARK: Coder

  private mutating func readCoder(_ object: JSONObject, at path: [String]) {
    let name = object["slug"]?.string ?? object["display_name"]?.string ?? object["name"]?.string
    var draft = ImportDraft(source: name ?? "number \((path.last.flatMap { Int($0) } ?? 0) + 1)", format: format)
    draft.readAddress(object, url: object["url"], type: object["transport"])
    guard draft.problem == nil else { return add(draft, at: path) }
    switch object["auth_type"]?.string ?? "none" {
    case "none": draft.server.credentials = .none
    case "api_key":
      let header = object["api_key_header"]?.string ?? "X-API-Key"
      draft.readKey(header, object["api_key_value"]?.string)
    case "custom_headers":
      draft.readCredentials(ImportClient(), headers: Self.members(object["custom_headers"]), isOpen: false)
    case "oauth2":
      var block = JSONObject()
      for member in object.members where member.name.hasPrefix("oauth2_") {
        block[String(member.name.dropFirst(7))] = member.value
      }
      draft.readCredentials(
        ImportClient(block, scopes: ImportClient.scopes(block["scopes"])), headers: [], isOpen: false)
    case let other: draft.problem = "its auth_type is '\(other)', which mcpauth does not support"
    }
    draft.server.displayName = Self.text(object["display_name"])
    draft.server.summary = Self.text(object["description"])
    draft.server.iconURL = Self.text(object["icon_url"])
    draft.server.availability = object["availability"]?.string.flatMap(InventoryServer.Availability.init(rawValue:))
    draft.server.toolAllowList = Self.texts(object["tool_allow_list"])
    draft.server.toolDenyList = Self.texts(object["tool_deny_list"])
    if object["enabled"]?.bool == false { draft.server.isEnabled = false }
    add(draft, at: path)
  }

  // MARK: Values

  static func members(_ value: JSON?) -> [(name: String, value: JSON)] {
    value?.object?.members.map { (name: $0.name, value: $0.value) } ?? []
  }

  /// A text for people. One that an inventory cannot hold on one line is left out.
  static func text(_ value: JSON?) -> String? {
    guard let text = value?.string, !text.isEmpty, !text.unicodeScalars.contains(where: ForeignText.isHarmful) else {
      return nil
    }
    return text
  }

  /// A list with at least one text.
  private static func texts(_ value: JSON?) -> [String]? {
    let texts = value?.array?.compactMap { Self.text($0) } ?? []
    return texts.isEmpty ? nil : texts
  }
}
