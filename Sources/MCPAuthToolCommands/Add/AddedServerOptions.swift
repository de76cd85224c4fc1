import ArgumentParser
import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthToolOutput

/// The flags of `add` that describe the server.
struct AddedServerOptions: ParsableArguments {
  /// `auth` of a server in an inventory.
  enum Auth: String, CaseIterable, ExpressibleByArgument {
    case oauth2, none
    case apiKey = "api_key"
    case customHeaders = "custom_headers"
  }

  @Option(help: ArgumentHelp("As auth in an inventory; found out unless given.", valueName: "kind"))
  var auth: Auth?

  @Option(help: ArgumentHelp("As transport in an inventory; not written unless given.", valueName: "kind"))
  var transport: InventoryServer.Transport?

  @Option(name: .customLong("client-id"), help: ArgumentHelp("The id of a client that you have.", valueName: "id"))
  var clientID: String?

  @Option(help: ArgumentHelp("The variable that has its secret.", valueName: "name"))
  var clientSecretEnv: String?

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Scopes, with spaces between them; repeatable.", valueName: "scopes"))
  var scopes: [String] = []

  /// - Throws: for values that contradict each other, or that an inventory cannot hold.
  func check(_ name: String, _ url: String) throws {
    guard ServerName.isValid(name), !name.hasPrefix("x-") else {
      let similar = ServerName.resembling(name).map { "\n  help: did you mean '\($0)'?" } ?? ""
      throw ValidationError(
        "'\(Printable.line(name))' cannot be a server's name: \(ServerName.pattern), not beginning with x-\(similar)")
    }
    guard url.contains("://") else {
      throw ValidationError("'\(Printable.line(url))' is not a URL\n  help: write https://\(Printable.line(url))")
    }
    do throws(Diagnostic) {
      _ = try ServerTrust(url)
    } catch {
      throw ValidationError(error.message)
    }
    try checkClient()
    for scope in scopes where scope.contains(",") {
      throw ValidationError("--scopes '\(Printable.line(scope))': scopes have spaces between them, not commas")
    }
  }

  private func checkClient() throws {
    if let auth, auth != .oauth2, clientID != nil || !scopes.isEmpty {
      throw ValidationError("--client-id and --scopes belong to --auth oauth2")
    }
    if let clientID, clientID.isEmpty || clientID.unicodeScalars.contains(where: ForeignText.isHarmful) {
      throw ValidationError("--client-id is empty or has a control character")
    }
    guard let variable = clientSecretEnv else { return }
    guard clientID != nil else { throw ValidationError("--client-secret-env belongs to --client-id") }
    // The argument may be the secret itself: it is not repeated.
    guard InventoryVariables.isName(variable) else {
      throw ValidationError("--client-secret-env takes the name of a variable, never the value itself")
    }
    if let problem = ReservedReference.problem(ofVariable: variable) {
      throw ValidationError("--client-secret-env \(variable): \(problem)")
    }
  }

  /// The server as far as the flags describe it.
  func server(_ name: String, _ url: String) -> NewServer {
    var server = NewServer(name, url: url)
    server.transport = transport
    switch auth ?? .oauth2 {
    case .none: server.credentials = .none
    case .apiKey:
      server.credentials = .apiKey(header: "X-API-Key", value: .env(SecretVariable.name("api-key", of: name)))
    case .customHeaders:
      let header = "Authorization"
      let value = InventoryServer.HeaderValue.reference(.env(SecretVariable.name(header, of: name)))
      server.credentials = .headers([(name: header, value: value)])
    case .oauth2:
      var client = NewServer.Client()
      client.id = clientID
      if clientID != nil { client.registration = .preregistered }
      client.secret = clientSecretEnv.map(SecretReference.env)
      // A token of RFC 6749 has no space, so one argument may hold several.
      let tokens = scopes.joined(separator: " ").split(separator: " ")
      client.scopes = scopes.isEmpty ? nil : tokens.map { String($0) }
      server.credentials = .client(client)
    }
    return server
  }
}

extension InventoryServer.Transport: ExpressibleByArgument {}
