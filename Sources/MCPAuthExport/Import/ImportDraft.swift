internal import MCPAuthCore
internal import MCPAuthPlan

/// A server while it is read from a consumer's file.
struct ImportDraft {
  let source: String
  let format: ImportFormat
  var server: NewServer
  /// Why an inventory cannot have the server.
  var problem: String?
  private var secrets: [ImportedServer.StoredValue] = []
  private var notes: [String] = []
  private var bearer: String?

  init(source: String, format: ImportFormat) {
    self.source = source
    self.format = format
    let name = Self.name(source)
    server = NewServer(name ?? "", url: "")
    if name == nil { problem = "its name has no letter and no digit of ASCII" }
    if let name, name != source { note("it is called '\(name)' in the inventory") }
  }

  func imported(line: Int?) -> ImportedServer {
    ImportedServer(source: source, server: server, secrets: secrets, notes: notes, line: line)
  }

  mutating func note(_ text: String) { notes.append(ForeignText.printable(text)) }

  /// The name in an inventory (InventoryReference#Servers). Keys that begin with `x-` are no servers there.
  static func name(_ source: String) -> String? {
    guard let name = ServerName.isValid(source) ? source : ServerName.resembling(source) else { return nil }
    return name.hasPrefix("x-") ? String("mcp-\(name)".prefix(63)) : name
  }

  // MARK: Address

  /// Reads URL and transport.
  mutating func readAddress(_ object: JSONObject, url: JSON?, type: JSON?) {
    guard problem == nil else { return }
    if object["command"] != nil || object["cmd"] != nil || type?.string == "stdio" {
      problem = "it is a program on the user's machine (stdio)"
      return
    }
    switch type?.string?.lowercased() {
    case nil, "http", "streamable-http", "streamable_http", "streamablehttp", "remote": break
    case "sse": server.transport = .sse
    case .some(let other):
      problem = "its transport is '\(other)', which mcpauth does not support"
      return
    }
    guard let url else {
      problem = "it has no url"
      return
    }
    guard let text = url.string else {
      problem = "its url is \(url.kind), not a text"
      return
    }
    readURL(text)
  }

  mutating func readURL(_ text: String) {
    guard !ConsumerText.hasSecret(url: text) else {
      problem = "its URL seems to have a secret in its path or query: if it is none, add the server with mcpauth add"
      return
    }
    let parsed = ConsumerText(text, format: format)
    if let literal = parsed.literal {
      server.url = literal
    } else if let written = parsed.inventoryText {
      server.url = written
      server.hasVariables = true
      note("its URL has variables: in an inventory they are MCPAUTH_VAR_NAME, or --var NAME=VALUE")
    } else {
      problem = "its URL has a placeholder: add it with mcpauth add, and the value in its place"
    }
  }

  // MARK: Credentials

  /// A variable with a bearer token.
  mutating func addBearer(_ variable: String) { bearer = variable }

  mutating func readCredentials(
    _ client: ImportClient, headers: [(name: String, value: JSON)], isOpen: Bool
  ) {
    guard problem == nil else { return }
    if client.id != nil {
      if !headers.isEmpty || bearer != nil { note("its headers are left out: the server has an OAuth client") }
      return readClient(client)
    }
    if client.secret != nil { note("its client secret is left out: there is no client id with it") }
    var read: [(name: String, value: InventoryServer.HeaderValue)] = []
    for header in headers {
      guard let text = Self.text(header.value) else {
        problem = "the value of its header \(header.name) is \(header.value.kind)"
        return
      }
      guard !text.isEmpty else { continue }
      guard let value = value(text, of: header.name) else { return }
      read.append((name: header.name, value: value))
    }
    if let bearer {
      let name = SecretVariable.name("authorization", of: server.name)
      note("set \(name) to the whole header: 'Bearer ' and the value of \(bearer)")
      read.append((name: "Authorization", value: .reference(.env(name))))
    }
    noteLiterals(read)
    if !read.isEmpty {
      if !client.scopes.isEmpty { note("its scopes are left out: the server has headers") }
      server.credentials = .headers(read)
    } else if isOpen {
      server.credentials = .none
    } else {
      var block = NewServer.Client()
      block.scopes = client.scopes.isEmpty ? nil : client.scopes
      server.credentials = .client(block)
    }
  }

  /// A value that does not look like a secret goes into the inventory, and so into git. Only a person can tell that it is none.
  private mutating func noteLiterals(_ headers: [(name: String, value: InventoryServer.HeaderValue)]) {
    let names = headers.compactMap { header -> String? in
      guard case .literal = header.value else { return nil }
      return header.name
    }
    guard !names.isEmpty else { return }
    let value = names.count == 1 ? "the value of \(names[0]) is" : "the values of \(names.joined(separator: ", ")) are"
    note("\(value) in the inventory, and will be in git: if it is a secret, write a reference in its place")
  }

  /// One header with a key. Without a value, the server refers to a variable.
  mutating func readKey(_ header: String, _ text: String?) {
    let variable = SecretVariable.name("api-key", of: server.name)
    guard let text, !text.isEmpty else {
      note("set \(variable) to the key: the file does not have it")
      server.credentials = .apiKey(header: header, value: .env(variable))
      return
    }
    guard let value = value(text, of: "api-key", isSecret: true), case .reference(let reference) = value else {
      return
    }
    server.credentials = .apiKey(header: header, value: reference)
  }

  private mutating func readClient(_ given: ImportClient) {
    var client = NewServer.Client()
    let texts = [
      given.id, given.authorizationEndpoint, given.tokenEndpoint, given.revocationEndpoint, given.metadataURL,
    ]
    if texts.contains(where: { text in text.map { ConsumerText($0, format: format).literal == nil } ?? false }) {
      problem = "its client id or an endpoint is a placeholder: add it with mcpauth add, and the value in its place"
      return
    }
    client.id = given.id
    client.scopes = given.scopes.isEmpty ? nil : given.scopes
    client.revocationEndpoint = given.revocationEndpoint
    if let authorization = given.authorizationEndpoint, let token = given.tokenEndpoint {
      client.authorizationEndpoint = authorization
      client.tokenEndpoint = token
    } else {
      client.registration = .preregistered
      client.metadataURL = given.metadataURL
    }
    if let secret = given.secret, !secret.isEmpty {
      guard let value = value(secret, of: "client_secret", isSecret: true), case .reference(let reference) = value
      else { return }
      client.secret = reference
      client.authMethod = given.authMethod
    }
    server.credentials = .client(client)
  }

  /// The value in an inventory: a reference to a variable for a placeholder, a stored secret, or the text.
  ///
  /// - Returns: nil where there is none; then `problem` says why.
  mutating func value(
    _ text: String, of field: String, isSecret: Bool? = nil
  ) -> InventoryServer.HeaderValue? {
    let parsed = ConsumerText(text, format: format)
    if let unknown = parsed.unknown {
      problem = "its \(field) has the placeholder \(unknown), which only \(format.rawValue) can replace"
      return nil
    }
    if let variable = codexVariable(text) ?? parsed.variable {
      let name = SecretVariable.usable(variable)
      if name != variable { note("set \(name) to the value of \(variable), whose name is reserved") }
      // The default may be a secret.
      if case .variable(_, _?)? = parsed.parts.first {
        note("set \(name) where mcpauth runs: the default of \(variable) is left out")
      }
      return .reference(.env(name))
    }
    guard let literal = parsed.literal else {
      let name = SecretVariable.name(field, of: server.name)
      note("set \(name) to the whole value of \(field), which is '\(parsed.shape)' there")
      return .reference(.env(name))
    }
    guard isSecret ?? (ConsumerText.namesSecret(field) || ConsumerText.looksSecret(literal)) else {
      return .literal(literal)
    }
    var key = Self.key(server.name, field)
    // Two names of headers may differ only in signs.
    if secrets.contains(where: { $0.key == key }) { key = Self.key(server.name, "\(field)-\(secrets.count)") }
    secrets.append(ImportedServer.StoredValue(key: key, value: Secret(literal)))
    return .reference(.stored(key))
  }

  /// The variable of `env_http_headers`, which the reader writes as a placeholder.
  private func codexVariable(_ text: String) -> String? {
    guard format == .codex, text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
    let name = String(text.dropFirst(2).dropLast())
    return InventoryVariables.isName(name) ? name : nil
  }

  /// The key of a stored secret, by the rule of names: `linear-client-secret`.
  private static func key(_ server: String, _ field: String) -> String {
    let characters = field.lowercased().map { (character: Character) -> Character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    let end = String(characters.suffix(30))
    return "\(server.prefix(62 - end.utf8.count))-\(end)"
  }

  private static func text(_ value: JSON) -> String? {
    switch value {
    case .string(let text), .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object: nil
    }
  }
}

/// A client of a consumer's file, under the names that any of the formats has.
struct ImportClient {
  var id: String?
  var secret: String?
  var scopes: [String] = []
  var authorizationEndpoint: String?
  var tokenEndpoint: String?
  var revocationEndpoint: String?
  var metadataURL: String?
  var authMethod: String?

  init() {}

  init(_ block: JSONObject, scopes: [String]) {
    func first(_ names: String...) -> String? {
      names.lazy.compactMap { block[$0]?.string }.first { !$0.isEmpty }
    }
    id = first("clientId", "client_id", "CLIENT_ID")
    secret = first("clientSecret", "client_secret", "CLIENT_SECRET")
    authorizationEndpoint = first("authorization_url", "auth_url")
    tokenEndpoint = first("token_url")
    revocationEndpoint = first("revocation_endpoint", "revocation_url")
    metadataURL = first("authServerMetadataUrl")
    self.scopes = scopes
    switch first("token_exchange_method") {
    case "basic_auth_header": authMethod = TokenEndpointAuthMethod.basic
    case "default_post": authMethod = TokenEndpointAuthMethod.post
    default: break
    }
  }

  /// A list, or one text with spaces or commas.
  static func scopes(_ value: JSON?) -> [String] {
    if let text = value?.string { return text.split { $0 == " " || $0 == "," }.map { String($0) } }
    return value?.array?.compactMap(\.string) ?? []
  }
}
