@testable import MCPAuthCore

/// The answers of a registration endpoint and a management endpoint. The first byte of the input selects the status and the request, the
/// text up to an empty line is the header fields, and the rest is the body. A line `%%` separates up to three answers.
enum RegistrationProperty {
  private static let statuses = [201, 200, 400, 403, 401, 404, 429, 500, 302, 204, 503, 405, 410, 299, 501, 422]
  private static let now = Timestamp(seconds: 1_800_000_000)
  /// A token of mcpauth that a server may send back.
  private static let token = "initial-token-c2VjcmV0"

  static func check(_ bytes: [UInt8]) throws(Violation) {
    let answers = Answers.parse(bytes, statuses: statuses)
    guard let first = answers.first else { return }
    try checkRegistration(answers, choice: first.choice)
    for call in 0..<3 { try checkManagement(first, call: call) }
    try checkMetadataDocument(first)
  }

  private static func request(_ choice: Int) throws(Violation) -> (RegistrationRequest, AuthorizationServerMetadata)? {
    var metadata = AuthorizationServerMetadata(
      issuer: "https://as.example", authorizationEndpoint: "https://as.example/authorize",
      tokenEndpoint: "https://as.example/token", registrationEndpoint: "https://as.example/register")
    metadata.tokenEndpointAuthMethodsSupported =
      [
        nil, ["none"], ["client_secret_post", "client_secret_basic"],
        ["private_key_jwt", "none", "client_secret_basic"],
      ][
        choice % 4]
    let client = ClientMetadata(
      clientName: "Acme", redirectURIs: ["https://coder.example/callback"],
      tokenEndpointAuthMethod: choice & 16 == 0 ? nil : "client_secret_basic")
    let scopes = ScopeSelection(
      scopes: choice & 32 == 0 ? [] : ["read", "write"], source: choice & 64 == 0 ? .challenge : .inventory)
    do throws(Diagnostic) {
      return (
        try RegistrationRequest(
          endpoint: "https://as.example/register",
          requested: try RequestedRegistration(resolving: client, scopes: scopes, metadata: metadata),
          initialAccessToken: Secret(token), trust: .remote), metadata
      )
    } catch {
      try DiagnosticProperty.check(error)
      return nil
    }
  }

  private static func checkRegistration(_ answers: [Answers.Answer], choice: Int) throws(Violation) {
    guard let (request, metadata) = try request(choice) else { return }
    var exchange = RegistrationExchange(request, metadata: metadata)
    for round in 0... {
      switch exchange.next() {
      case .send(let sent, let attempt):
        try require(attempt == round + 1 && attempt <= 3, "attempt \(attempt)")
        try require(sent.method == .post && sent.url == request.endpoint, "a request to \(sent.url.text)")
        let answer = answers[min(round, answers.count - 1)]
        exchange.receive(.success(answer.response), now: now)
      case .finished(let result):
        try checkResult(result, answers)
        for record in exchange.records { try DiagnosticProperty.check(record) }
        return
      }
    }
  }

  private static func checkResult(
    _ result: Result<RegisteredClient, RegistrationFailure>, _ answers: [Answers.Answer]
  ) throws(Violation) {
    var diagnostics: [Diagnostic]
    switch result {
    case .success(let client):
      diagnostics = client.warnings
      try require(!client.clientID.isEmpty && !client.clientID.hasControlCharacters, "the client id")
      try require(client.redirectURIs == ["https://coder.example/callback"], "other redirect URIs than ours")
      try require(
        ["none", "client_secret_basic", "client_secret_post"].contains(client.tokenEndpointAuthMethod),
        "the method \(client.tokenEndpointAuthMethod)")
      try require(
        client.tokenEndpointAuthMethod == "none" || client.clientSecret != nil, "a method with a secret, and none")
      if let expiry = client.clientSecretExpiresAt { try require(expiry > now, "an expired secret") }
      try require(
        client.scopes.allSatisfy(["read", "write"].contains), "scopes that were not asked for: \(client.scopes)")
      if let uri = client.registrationClientURI {
        try require(
          (try? CheckedURL(uri, plaintext: .refused))?.origin == "https://as.example", "managed elsewhere: \(uri)")
      }
    case .failure(let failure):
      diagnostics = failure.warnings + [failure.diagnostic]
      if case .created(let client) = failure.outcome { try require(!client.clientID.isEmpty, "an empty client id") }
    }
    try DiagnosticProperty.check(diagnostics)
    try checkSecrets(diagnostics, answers)
  }

  /// Checks that a message about a successful answer contains neither its credentials nor mcpauth's own token.
  private static func checkSecrets(_ diagnostics: [Diagnostic], _ answers: [Answers.Answer]) throws(Violation) {
    let words = diagnostics.map(DiagnosticProperty.words).joined(separator: "\n")
    try require(!words.contains(token), "our token is told")
    for answer in answers where (200...299).contains(answer.response.status) {
      guard let object = (try? JSONParser.parse(answer.response.body))?.object else { continue }
      for name in ["client_secret", "registration_access_token"] {
        guard let value = object[name]?.string, value.utf8.count >= 8 else { continue }
        let others = answers.reduce(0) { $0 + $1.text.ranges(of: value).count }
        // The value may also be equal to another member of the answer, or part of the message itself.
        guard others == 1, "client_secret_expires_at registration_access_token".ranges(of: value).isEmpty else {
          continue
        }
        try require(!words.contains(value), "\(name) is told")
      }
    }
  }

  private static func checkManagement(_ answer: Answers.Answer, call: Int) throws(Violation) {
    guard let (request, metadata) = try request(answer.choice) else { return }
    let known = RegisteredClient(
      clientID: "known", clientSecret: answer.choice & 4 == 0 ? nil : Secret("old-secret-value"),
      tokenEndpointAuthMethod: answer.choice & 4 == 0 ? "none" : "client_secret_basic",
      grantTypes: ["authorization_code", "refresh_token"], applicationType: .web,
      redirectURIs: ["https://coder.example/callback"], scopes: ["read", "write"], scopesFrom: .challenge,
      registrationClientURI: "https://as.example/register/known", registrationAccessToken: Secret("management-token"))
    let calls: [ManagementRequest.Call] = [.read, .update(request.requested), .delete]
    let management: ManagementRequest
    do throws(Diagnostic) {
      management = try ManagementRequest(
        calls[call], of: known, registrationEndpoint: "https://as.example/register", trust: .remote)
    } catch {
      return try DiagnosticProperty.check(error)
    }
    let outcome = management.interpret(
      .success(answer.response), supported: metadata.tokenEndpointAuthMethodsSupported, now: now)
    var diagnostics: [Diagnostic] = []
    switch outcome {
    case .done(let client, let problem):
      diagnostics = client.warnings + (problem.map { [$0] } ?? [])
      try require(client.clientID == "known", "another client")
      if let uri = client.registrationClientURI {
        try require(
          (try? CheckedURL(uri, plaintext: .refused))?.origin == "https://as.example", "managed elsewhere: \(uri)")
      }
    case .deleted: try require(call == 2, "deleted by call \(call)")
    case .goneOrStale(let record): try DiagnosticProperty.check(record)
    case .refused(let diagnostic), .unreachable(let diagnostic), .outcomeUnknown(let diagnostic):
      diagnostics = [diagnostic]
    }
    try DiagnosticProperty.check(diagnostics)
    let words = diagnostics.map(DiagnosticProperty.words).joined(separator: "\n")
    try require(!words.contains("management-token"), "the management token is told")
  }

  private static func checkMetadataDocument(_ answer: Answers.Answer) throws(Violation) {
    guard let document = try? ClientIDMetadataDocument(clientID: "https://acme.example/client.json") else { return }
    switch document.interpret(.success(answer.response), redirectURIs: ["https://coder.example/callback"]) {
    case .valid: try require(answer.response.status == 200, "valid at \(answer.response.status)")
    case .invalid(let diagnostic), .unverified(let diagnostic): try DiagnosticProperty.check(diagnostic)
    }
  }
}

/// Answers of a server, in a format that is easy to write by hand and to mutate:
///
///     0Content-Type: application/json
///
///     {"client_id": "a"}
///     %%
///     2…
///
/// The low four bits of the first character of each answer select the status. The whole character selects the other options.
enum Answers {
  struct Answer {
    var choice: Int
    var response: HTTPResponse
    /// The whole text, to search for repeated values.
    var text: String
  }

  static func parse(_ bytes: [UInt8], statuses: [Int]) -> [Answer] {
    pieces(bytes).prefix(16).compactMap { piece in
      guard let first = piece.first else { return nil }
      var rest = piece.dropFirst()
      var fields: [HTTPField] = []
      while !rest.isEmpty {
        let line = rest.prefix { $0 != 0x0A }
        rest = rest.dropFirst(line.count + 1)
        if line.isEmpty { break }
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        let value = line.dropFirst(name.count + 1).drop { $0 == 0x20 }
        fields.append(HTTPField(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
      }
      return Answer(
        choice: Int(first),
        response: HTTPResponse(status: statuses[Int(first) % statuses.count], fields: fields, body: Array(rest)),
        text: String(decoding: piece, as: UTF8.self))
    }
  }

  private static func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let mark = Array("\n%%\n".utf8)
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    var at = 0
    while at + mark.count <= bytes.count {
      if bytes[at] == 0x0A, bytes[at..<at + mark.count].elementsEqual(mark) {
        pieces.append(bytes[start..<at])
        at += mark.count
        start = at
      } else {
        at += 1
      }
    }
    return pieces + [bytes[start...]]
  }
}
