import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// Settles the auth method of a new client where the answer to its registration left it open (Registration#Method-left-open). The token endpoint
/// is asked as `verify` does, once with each method that can be meant, the most likely first.
struct AuthMethodProof: Sendable {
  let context: ReconcilerContext
  let trust: ServerTrust
  let server: String

  /// - Parameters:
  ///   - client: the new client. Its secret is stored already.
  ///   - entry: its entry, with the token endpoint.
  /// - Returns: the client with the method that the token endpoint accepts. If that is not known: the same client, with a warning.
  func settled(_ client: RegisteredClient, _ entry: LockEntry) async -> RegisteredClient {
    guard !client.otherAuthMethods.isEmpty else { return client }
    let first = client.tokenEndpointAuthMethod
    var client = client
    for method in [first] + client.otherAuthMethods {
      switch await verdict(on: client, entry, method) {
      case .known:
        client.tokenEndpointAuthMethod = method
        client.otherAuthMethods = []
        if method != first { client.warnings.append(Self.otherMethod(first, method)) }
        return client
      case .dead: continue
      case .cannotTell(let why):
        client.warnings.append(Self.unconfirmed(first, why))
        return client
      }
    }
    client.warnings.append(Self.unconfirmed(first, "it refuses the client with every possible method"))
    return client
  }

  private func verdict(
    on client: RegisteredClient, _ entry: LockEntry, _ method: String
  ) async -> CredentialCheck.Verdict {
    if context.isInterrupted() { return .cannotTell("a signal ended the run") }
    let written = context.inventory.servers.first { $0.name == server }?.mode.oauth2?.tokenEndpoint
    return await context.registrar(trust).verdict { () throws(Diagnostic) in
      try CredentialCheck(
        of: entry, clientID: client.clientID, secret: AuthMethod(method).needsSecret ? client.clientSecret : nil,
        method: method, trust: trust, isFromInventory: written != nil && written == entry.tokenEndpoint,
        nonce: context.randomID())
    }
  }

  private static func otherMethod(_ refused: String, _ accepted: String) -> Diagnostic {
    .warning(
      .unusualAnswer,
      "the token endpoint refuses the new client with '\(refused)' and accepts it with '\(accepted)': that method is used"
    )
  }

  private static func unconfirmed(_ method: String, _ why: String) -> Diagnostic {
    .warning(
      .authMethodUnconfirmed,
      "neither the registration nor the token endpoint says for certain which auth method the client has: \(why); '\(method)' is used",
      help: ["ask again later: mcpauth verify", "or write the right method: token_endpoint_auth_method"])
  }
}
