import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput

/// The flags of `import` that describe the client. Secrets are never arguments: every process on the machine can read arguments.
struct ImportedClientOptions: ParsableArguments {
  @Option(name: .customLong("client-id"), help: ArgumentHelp("The client's id.", valueName: "id"))
  var clientID: String?

  @Option(
    name: .customLong("client-secret-from"),
    help: ArgumentHelp("env:NAME, file:PATH or stored:KEY.", valueName: "where"))
  var clientSecret: String?

  @Option(help: ArgumentHelp("When the secret expires, as 2027-01-31T00:00:00Z.", valueName: "time"))
  var clientSecretExpiresAt: String?

  @Option(help: ArgumentHelp("none, client_secret_basic or client_secret_post.", valueName: "method"))
  var tokenEndpointAuthMethod: String?

  @Option(
    name: .customLong("registration-client-uri"),
    help: ArgumentHelp("The client configuration endpoint (RFC 7592).", valueName: "url"))
  var registrationClientURI: String?

  @Option(
    name: .customLong("registration-access-token-from"),
    help: ArgumentHelp("Its token: env:NAME, file:PATH or stored:KEY.", valueName: "where"))
  var registrationAccessToken: String?

  func validate() throws {
    if clientID != nil || isGiven { _ = try order(for: "") }
  }

  /// Whether any flag is given.
  var isGiven: Bool {
    let texts = [
      clientID, clientSecret, clientSecretExpiresAt, tokenEndpointAuthMethod, registrationClientURI,
      registrationAccessToken,
    ]
    return texts.contains { $0 != nil }
  }

  func order(for server: String) throws -> ImportOrder {
    guard let clientID else { throw ValidationError("--client-id is missing") }
    var order = ImportOrder(server: server, clientID: clientID)
    guard !clientID.isEmpty, clientID.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw ValidationError("--client-id is empty or has a control character")
    }
    order.clientSecret = try clientSecret.map { try Self.reference($0, of: "--client-secret-from") }
    order.clientSecretExpiresAt = try expiry()
    if let method = tokenEndpointAuthMethod {
      let known = [TokenEndpointAuthMethod.none, TokenEndpointAuthMethod.basic, TokenEndpointAuthMethod.post]
      guard known.contains(method) else {
        throw ValidationError("--token-endpoint-auth-method is one of \(known.joined(separator: ", "))")
      }
      order.tokenEndpointAuthMethod = method
    }
    order.registrationClientURI = registrationClientURI
    order.registrationAccessToken = try registrationAccessToken.map {
      try Self.reference($0, of: "--registration-access-token-from")
    }
    guard (registrationClientURI == nil) == (registrationAccessToken == nil) else {
      throw ValidationError("--registration-client-uri and --registration-access-token-from need each other")
    }
    return order
  }

  private func expiry() throws -> Timestamp? {
    guard let time = clientSecretExpiresAt else { return nil }
    guard let expiry = Timestamp(rfc3339: time) else {
      throw ValidationError("--client-secret-expires-at is a time in UTC: 2027-01-31T00:00:00Z")
    }
    guard clientSecret != nil else { throw ValidationError("--client-secret-expires-at needs --client-secret-from") }
    return expiry
  }

  /// The message does not repeat the argument: it may be the secret itself.
  private static func reference(_ text: String, of option: String) throws -> SecretReference {
    if text.hasPrefix("env:"), text.count > 4 { return .env(String(text.dropFirst(4))) }
    // Relative to the working directory, like every path on a command line.
    if text.hasPrefix("file:"), text.count > 5 { return .file(HostFacts.absolute(String(text.dropFirst(5)))) }
    if text.hasPrefix("stored:"), ServerName.isValid(String(text.dropFirst(7))) {
      return .stored(String(text.dropFirst(7)))
    }
    throw ValidationError("\(option) takes env:NAME, file:PATH or stored:KEY, never the value itself")
  }
}
