package import MCPAuthCore
package import MCPAuthPlan

/// What `mcpauth import` is asked to adopt: a client that was registered elsewhere. No secret, only references to such.
package struct ImportOrder: Sendable, Equatable {
  /// A server of the inventory.
  package var server: String
  /// Verbatim.
  package var clientID: String
  package var clientSecret: SecretReference?
  /// nil: never.
  package var clientSecretExpiresAt: Timestamp?
  /// nil: the inventory's, or chosen by the rules for a client of one's own.
  package var tokenEndpointAuthMethod: String?
  /// Both, or neither (RFC 7592).
  package var registrationClientURI: String?
  package var registrationAccessToken: SecretReference?
  /// Whether the token endpoint is asked about the credentials first.
  package var verifies = true

  package init(server: String, clientID: String) {
    self.server = server
    self.clientID = clientID
  }
}

extension Reconciler {
  /// Adopts a client that was registered elsewhere: discovery is made and its checks must pass, the credentials are verified, a managed client is
  /// read back; then record, journal and lock are written as for a registration.
  ///
  /// - Parameter confirm: shown what is about to be done; false ends it with nothing done.
  /// - Returns: one result; nil when it was not confirmed.
  /// - Throws: why it is refused; nothing is written then.
  package func importClient(
    _ order: ImportOrder, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      guard let server = context.inventory.servers.first(where: { $0.name == order.server }) else {
        throw Diagnostic(.error, .invalidValue, "there is no server '\(order.server)' in '\(context.inventory.file)'")
      }
      return try await ClientImport(context: context, session: session, order: order, server: server).run(confirm)
    }
  }
}
