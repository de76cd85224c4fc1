package import MCPAuthCore

/// Checks whether a consumer can sign in with the client that is, or will be, in the lock file.
package struct SignInCheck: Sendable {
  package struct Reason: Sendable, Equatable {
    /// The text after "claude-code cannot sign in to 'linear': ".
    package var words: String
    package var help: [String]
  }

  let server: InventoryServer
  let entry: LockEntry

  package init(_ server: InventoryServer, _ entry: LockEntry) {
    self.server = server
    self.entry = entry
  }

  /// One warning for each named consumer that cannot sign in.
  package func warnings() -> [Diagnostic] {
    (server.mode.oauth2?.consumers ?? []).flatMap { warnings(for: $0.consumer) }
  }

  package func warnings(for consumer: Consumer) -> [Diagnostic] {
    reasons(consumer).map { reason in
      .warning(
        .consumerCannotSignIn, "\(consumer.rawValue)\(Self.joint)\(server.name)': \(reason.words)",
        at: server.location, help: reason.help)
    }
  }

  private static let joint = " cannot sign in to '"

  /// The server that a warning of this check is about; nil for any other diagnostic.
  package static func server(of warning: Diagnostic) -> String? {
    guard warning.code == .consumerCannotSignIn, let start = warning.message.firstRange(of: joint) else { return nil }
    return String(warning.message[start.upperBound...].prefix { $0 != "'" })
  }

  func reasons(_ consumer: Consumer) -> [Reason] {
    let facts = consumer.facts
    guard entry.client != nil else { return [] }
    return [transport(facts, consumer), redirect(facts, consumer), method(facts, consumer)].compactMap { $0 }
  }

  private func transport(_ facts: ConsumerFacts, _ consumer: Consumer) -> Reason? {
    guard server.transport == .sse, !facts.speaksSSE.value else { return nil }
    return Reason(words: "it does not support the transport sse\(facts.speaksSSE.hedge)", help: [])
  }

  private func redirect(_ facts: ConsumerFacts, _ consumer: Consumer) -> Reason? {
    let installation = server.mode.oauth2?.consumers.first { $0.consumer == consumer }?.url
    // The redirect URIs of a client that was made by another tool may be unknown.
    guard let uris = entry.redirectURIs, !uris.isEmpty,
      facts.redirect.value.match(uris, server: facts.names.value.mapped(server.name), at: installation) == nil
    else { return nil }
    let own = facts.redirect.value.shown(server: server.name, at: installation)
    var help = ["name it under client.consumers, or add its redirect URI to redirect_uris"]
    if case .hostedWithID = facts.redirect.value {
      help = ["create the server there, disabled; put its callback into redirect_uris; apply; export; then enable it"]
    }
    return Reason(
      words: "the client does not have the redirect URI that this program sends, \(own)\(facts.redirect.hedge)",
      help: help)
  }

  private func method(_ facts: ConsumerFacts, _ consumer: Consumer) -> Reason? {
    let method = entry.client?.authMethod.text ?? TokenEndpointAuthMethod.none
    let sent = facts.methods.value
    // The method of a client that was made by another tool may be unknown. Then the method in the lock file is a guess.
    guard entry.registration != .manual || server.mode.oauth2?.tokenEndpointAuthMethod != nil else { return nil }
    guard sent.methods.contains(method) else {
      return Reason(
        words: "the client is registered with \(method), which this program does not send\(facts.methods.hedge)",
        help: methodHelp(sent.methods))
    }
    guard method == TokenEndpointAuthMethod.post, sent.prefersBasic, mayListBasic else { return nil }
    return Reason(
      words: "the client is registered with \(method), and this program sends \(TokenEndpointAuthMethod.basic)"
        + " wherever the server lists that\(facts.methods.hedge)",
      help: methodHelp([TokenEndpointAuthMethod.none, TokenEndpointAuthMethod.basic]))
  }

  private func methodHelp(_ methods: [String]) -> [String] {
    ["write token_endpoint_auth_method: \(methods.joined(separator: " or ")), if the server lists it"]
  }

  /// Whether the server may list `client_secret_basic`. It does not list it where the rules chose another method with a secret.
  private var mayListBasic: Bool {
    guard server.mode.oauth2?.tokenEndpointAuthMethod == nil, entry.registration == .dcr else { return true }
    let named = server.mode.oauth2?.client?.signInMethods ?? []
    guard named.allSatisfy({ $0.methods.contains(TokenEndpointAuthMethod.basic) }) else { return true }
    return entry.inputs["token_endpoint_auth_method"]?.string != TokenEndpointAuthMethod.post
  }
}
