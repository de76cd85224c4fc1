import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization

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
    var vague: String?
    for method in [first] + client.otherAuthMethods {
      let asked = await verdict(on: client, entry, method)
      switch asked.verdict {
      case .known:
        client.tokenEndpointAuthMethod = method
        client.otherAuthMethods = []
        if method != first { client.warnings.append(Self.otherMethod(first, method)) }
        return client
      case .dead: continue
      // Some servers refuse a client with `invalid_request`. They may still accept it with another method.
      case .cannotTell(let why) where asked.status.map(Self.isRefusal) ?? false: vague = vague ?? why
      case .cannotTell(let why):
        client.warnings.append(Self.unconfirmed(first, why))
        return client
      }
    }
    let why = vague ?? "it refuses the client with every possible method"
    client.warnings.append(Self.unconfirmed(first, why))
    return client
  }

  private static func isRefusal(_ status: Int) -> Bool { (400...499).contains(status) && status != 429 }

  /// - Returns: the verdict, and the status of the answer; nil: there was none.
  private func verdict(
    on client: RegisteredClient, _ entry: LockEntry, _ method: String
  ) async -> (verdict: CredentialCheck.Verdict, status: Int?) {
    if context.isInterrupted() { return (.cannotTell("a signal ended the run"), nil) }
    let written = context.inventory.servers.first { $0.name == server }?.mode.oauth2?.tokenEndpoint
    let transport = StatusTransport(AllowingTransport(context.transport, allowance: trust.allowance))
    let verdict = await Registrar(transport: transport, now: context.now).verdict { () throws(Diagnostic) in
      try CredentialCheck(
        of: entry, clientID: client.clientID, secret: AuthMethod(method).needsSecret ? client.clientSecret : nil,
        method: method, trust: trust, isFromInventory: written != nil && written == entry.tokenEndpoint,
        nonce: context.randomID())
    }
    return (verdict, transport.status)
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

/// A transport that keeps the status of the last answer.
private final class StatusTransport: Transport {
  private let base: any Transport
  private let last = Mutex<Int?>(nil)

  init(_ base: any Transport) { self.base = base }

  /// nil: the last request got no answer.
  var status: Int? { last.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    last.withLock { $0 = nil }
    let response = try await base.send(request)
    last.withLock { $0 = response.status }
    return response
  }
}
