import Foundation
import MCPAuthSandbox
import Testing

/// Two servers with locked clients, and the authorization server of an attacker who has taken over both.
///
/// In the inventory, `bound` has an issuer, an initial access token and a software statement; `free` has none of these. Both have
/// confidential, managed clients (RFC 7592).
struct Compromise: Sendable {
  static let initialToken = "initial-access-token-0123456789"
  static let statement = "eyJhbGciOiJub25lIn0.eyJzb2Z0d2FyZV9pZCI6IngifQ.c2lnbmF0dXJl"
  static let environment = ["INITIAL": initialToken, "STATEMENT": statement]
  static let servers = ["bound", "free"]

  let sandbox: Sandbox
  let attacker: Sandbox
  let place: Workplace
  /// Values that only the right authorization server may receive: secrets, management tokens, client ids, the initial token, the statement.
  let secrets: [String]
  let clientIDs: [String: String]

  /// The attacker's authorization server. It accepts every registration.
  var evil: String { attacker.issuer("evil") }

  /// Registers clients at both servers, then calls the body, which takes the servers over.
  static func run(_ body: @Sendable (Compromise) async throws -> Void) async throws {
    var honest = SandboxConfiguration(kinds: [])
    honest.kinds = servers.map { name in
      var kind = SandboxKind(name, "honest, until it is taken over")
      kind.registration.methods = ["client_secret_basic"]
      kind.management = ManagementRules()
      if name == "bound" { kind.registration.initialAccessToken = initialToken }
      return kind
    }
    let evil = SandboxConfiguration.made("evil") {
      $0.registration.methods = ["client_secret_basic"]
      $0.management = ManagementRules()
    }
    try await withServers(honest) { sandbox in
      try await withSandbox(evil) { attacker in
        let place = try Workplace()
        try write(place, sandbox)
        let first = try await place.run(["apply"], environment: environment)
        try #require(first.exit == 0, "\(first.all)")
        var secrets = [initialToken, statement]
        var clientIDs: [String: String] = [:]
        for client in sandbox.clients() {
          secrets += [client.clientID, client.secret, client.managementToken].compactMap(\.self)
          clientIDs[client.kind] = client.clientID
        }
        try #require(secrets.count == 8)
        sandbox.forgetRequests()
        try await body(
          Compromise(sandbox: sandbox, attacker: attacker, place: place, secrets: secrets, clientIDs: clientIDs))
      }
    }
  }

  /// - Parameter generation: a higher value makes apply replace both clients.
  static func write(_ place: Workplace, _ sandbox: Sandbox, generation: Int = 0) throws {
    let bound = sandbox.block(
      "bound",
      oauth2: [
        "issuer: \"\(sandbox.issuer("bound"))\"", "initial_access_token: {env: INITIAL}",
        "software_statement: {env: STATEMENT}", "generation: \(generation)",
      ])
    let free = sandbox.block("free", oauth2: ["generation: \(generation)"])
    try place.write(servers: bound + "\n" + free)
  }

  /// All runs from which an attacker could gain something: refresh, verify, rotate, replace, retry.
  @discardableResult
  func provoke() async throws -> [Run] {
    var runs: [Run] = []
    for command in [
      ["plan", "--refresh"], ["apply", "--refresh"], ["verify"], ["rotate", "bound", "free", "--allow-mass-change"],
    ] {
      runs.append(try await place.run(command + ["--format", "json"], environment: Self.environment))
    }
    try Self.write(place, sandbox, generation: 1)
    for command in [["apply", "--allow-mass-change"], ["apply", "--refresh", "--retry-unknown"], ["verify"]] {
      runs.append(try await place.run(command + ["--format", "json"], environment: Self.environment))
    }
    return runs
  }

  /// `secrets`, and the secrets of clients that the honest servers registered later.
  var allSecrets: [String] {
    let later = sandbox.clients().flatMap { [$0.clientID, $0.secret, $0.managementToken].compactMap(\.self) }
    return Array(Set(secrets + later))
  }

  /// Checks that no log that the attacker can read contains a secret: neither that of the attacker's authorization server, nor those of the
  /// MCP servers that were taken over.
  func expectNothingGained(_ location: SourceLocation = #_sourceLocation) {
    let own = sandbox.requests().filter { request in
      switch request.endpoint {
      case .mcp, .resourceMetadata, .rootResourceMetadata, .otherResourceMetadata, .other, nil: true
      default: false
      }
    }
    for request in attacker.requests() + own {
      for secret in allSecrets {
        #expect(!Self.holds(request, secret), "\(request.step) holds \(secret)", sourceLocation: location)
      }
    }
    // A registration at the attacker's server has no credentials.
    for request in attacker.requests() where ![.token, .management].contains(request.endpoint) {
      #expect(request.value(of: "Authorization") == nil, "\(request.step)", sourceLocation: location)
    }
    // No client of one authorization server is sent to the other.
    for (server, id) in clientIDs {
      let others = sandbox.requests().filter { $0.kind != server }
      #expect(!others.contains { Self.holds($0, id) }, sourceLocation: location)
    }
  }

  /// Searches the whole record (headers, path, query, body) for the plain text, the form-encoded text, and the text in the base64 of Basic.
  private static func holds(_ request: SandboxRequest, _ secret: String) -> Bool {
    let basic = request.values(of: "Authorization").compactMap { value in
      value.split(separator: " ").last.flatMap { Data(base64Encoded: String($0)) }
    }.map { String(decoding: $0, as: UTF8.self) }
    let text = request.record.text()
    let encoded = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret
    return ([text, text.removingPercentEncoding ?? ""] + basic).contains {
      $0.contains(secret) || $0.contains(encoded)
    }
  }
}
