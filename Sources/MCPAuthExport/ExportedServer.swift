internal import MCPAuthCore
internal import MCPAuthPlan

/// A server for all targets: the connection and the client of the lock file, and the description of the inventory.
struct ExportedServer: Sendable {
  enum Credentials: Sendable {
    case none
    /// `isKey`: it is an `api_key`, not `custom_headers`.
    case headers([Header], isKey: Bool)
    case client(Client)
  }

  struct Header: Sendable {
    var name: String
    var value: Value
  }

  enum Value: Sendable {
    case literal(String)
    case secret(SecretSlot)
  }

  /// A place for a secret.
  struct SecretSlot: Sendable {
    /// The name of the secret for consumers.
    var reference: String
    /// Whether the inventory itself uses this name. Then two servers can share it.
    var isInventorys = false
    /// Only for an export that writes values.
    var value: Secret?
  }

  struct Client: Sendable {
    var id: String
    var secret: SecretSlot?
    var issuer: String?
    var metadataURL: String?
    var resource: String?
    var authorizationEndpoint: String?
    var tokenEndpoint: String?
    var registrationEndpoint: String?
    var revocationEndpoint: String?
    var authMethod: String?
    var grantTypes: [String]
    var redirectURIs: [String]
    var scopes: [String]
    /// Whether the inventory says that no scopes are sent.
    var sendsNoScopes: Bool
    /// Whether the inventory sets the resource, independent of the metadata.
    var hasOwnResource: Bool
    /// Whether the endpoints were discovered. Then a consumer can discover them too.
    var isDiscovered: Bool
    /// Changes with the secret, but is not a secret.
    var secretVersion: String?
    var generation: Int
    var expiresAt: Timestamp?
  }

  var name: String
  /// The name of the server in the target's file.
  var exportName: String
  var url: String
  var isSSE: Bool
  var displayName: String?
  var summary: String?
  var iconURL: String?
  var availability: InventoryServer.Availability?
  var toolAllowList: [String]?
  var toolDenyList: [String]?
  var credentials: Credentials
  /// The consumers that the inventory names for the server.
  var consumers: [ConsumerUse]
  var location: SourceLocation
  /// `consumer-cannot-sign-in`: the reasons why the target's program cannot sign in.
  var obstacles: [Diagnostic]

  var client: Client? {
    if case .client(let client) = credentials { client } else { nil }
  }

  var headers: [Header] {
    if case .headers(let headers, _) = credentials { headers } else { [] }
  }

  /// Every place for a secret, with its field.
  var slots: [(field: ServerSecret.Field, slot: SecretSlot)] {
    switch credentials {
    case .none: []
    case .client(let client): client.secret.map { [(.clientSecret, $0)] } ?? []
    case .headers(let headers, _):
      headers.compactMap { header in
        if case .secret(let slot) = header.value { (.header(header.name), slot) } else { nil }
      }
    }
  }
}

extension ExportedServer {
  /// The client's redirect URI that the program sends: its own one, with the port or the URL of the inventory, before others that it could send.
  func callback(of consumer: Consumer?) -> String? {
    guard let consumer, let client else { return nil }
    let use = consumers.first { $0.consumer == consumer }
    let own = use?.redirectURIs.map { $0.replacing("{server}", with: exportName) } ?? []
    return own.first { client.redirectURIs.contains($0) }
      ?? consumer.facts.redirect.value.match(client.redirectURIs, server: exportName, at: use?.url)
  }

  /// The port of that redirect URI.
  func callbackPort(of consumer: Consumer?) -> Int? {
    callback(of: consumer).flatMap { try? CheckedURL($0, plaintext: .loopback).port }
  }
}

extension ExportedServer {
  /// Why a server cannot be exported: `not-applied`.
  struct Unapplied: Error {
    var reason: String
  }

  /// - Throws: `Unapplied` if the inventory and the lock file have different clients.
  init(
    _ server: InventoryServer, _ entry: LockEntry?, _ secrets: ServerSecretValues, target: ExportTarget
  ) throws(Unapplied) {
    guard let entry else { throw Unapplied(reason: "it is not in the lock file") }
    guard Self.modes(of: server.mode).contains(entry.mode) else {
      throw Unapplied(reason: "the lock file has it as \(entry.mode.rawValue)")
    }
    name = server.name
    exportName = target.name(of: server.name)
    obstacles = target.consumer.map { SignInCheck(server, entry).warnings(for: $0) } ?? []
    url = entry.url
    isSSE = server.transport == .sse
    displayName = server.displayName
    summary = server.summary
    iconURL = server.iconURL
    availability = server.availability
    toolAllowList = server.toolAllowList
    toolDenyList = server.toolDenyList
    consumers = server.mode.oauth2?.consumers ?? []
    location = server.location
    switch server.mode {
    case .none: credentials = .none
    case .apiKey(let header, let reference):
      let slot = SecretSlot(reference, or: ExportNames.apiKey(of: server.name), value: secrets.headers[header])
      credentials = .headers([Header(name: header, value: .secret(slot))], isKey: true)
    case .customHeaders(let headers):
      credentials = .headers(
        headers.map { header in
          switch header.value {
          case .literal(let text): return Header(name: header.name, value: .literal(text))
          case .reference(let reference):
            let name = ExportNames.header(header.name, of: server.name)
            let slot = SecretSlot(reference, or: name, value: secrets.headers[header.name])
            return Header(name: header.name, value: .secret(slot))
          }
        }, isKey: false)
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      credentials = .client(try Self.client(settings, server, entry, secrets))
    }
  }

  private static func modes(of mode: InventoryServer.Mode) -> [LockEntry.Mode] {
    switch mode {
    case .none: [.none]
    case .apiKey: [.apiKey]
    case .customHeaders: [.customHeaders]
    case .manual: [.manual]
    case .preregistered: [.preregistered]
    // An imported client of a discovered server is `preregistered`.
    case .discovered, .registeredAtEndpoints: [.discovered, .preregistered]
    }
  }

  private static func client(
    _ settings: OAuth2Settings, _ server: InventoryServer, _ entry: LockEntry, _ secrets: ServerSecretValues
  ) throws(Unapplied) -> Client {
    guard let client = entry.client, let endpoints = entry.endpoints, let id = client.id else {
      throw Unapplied(reason: "the lock file has no client for it")
    }
    if let own = settings.clientID, !own.isExactly(id) {
      throw Unapplied(reason: "the lock file has another client id for it")
    }
    if entry.isLost { throw Unapplied(reason: "its authorization server no longer knows its client") }
    let source = ServerSecret.clientSecretSource(settings, entry)
    var reference: SecretReference?
    if case .reference(let own) = source { reference = own }
    return Client(
      id: id,
      secret: source == nil
        ? nil
        : SecretSlot(reference, or: ExportNames.clientSecret(of: server.name), value: secrets.clientSecret),
      issuer: endpoints.issuer, metadataURL: settings.metadataURL, resource: endpoints.resource,
      authorizationEndpoint: endpoints.authorizationEndpoint, tokenEndpoint: endpoints.tokenEndpoint,
      registrationEndpoint: endpoints.registrationEndpoint, revocationEndpoint: endpoints.revocationEndpoint,
      authMethod: client.authMethod.text, grantTypes: client.grantTypes ?? [],
      redirectURIs: client.redirectURIs ?? [], scopes: client.scopes,
      sendsNoScopes: settings.scopes?.isEmpty == true, hasOwnResource: settings.resource != nil,
      isDiscovered: settings.tokenEndpoint == nil, secretVersion: client.secretVersion,
      generation: entry.generation, expiresAt: client.secretExpiresAt)
  }
}

extension ExportedServer.SecretSlot {
  /// A variable that the inventory names keeps its name.
  fileprivate init(_ reference: SecretReference?, or name: String, value: Secret?) {
    if case .env(let own) = reference {
      self.init(reference: own, isInventorys: true, value: value)
    } else {
      self.init(reference: name, value: value)
    }
  }
}
