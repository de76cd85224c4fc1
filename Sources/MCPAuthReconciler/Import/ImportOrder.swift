package import MCPAuthCore
package import MCPAuthPlan

/// The client that `mcpauth import` adopts: it was registered elsewhere. Contains no secret, only references to secrets.
package struct ImportOrder: Sendable, Equatable {
  /// A server of the inventory.
  package var server: String
  /// Exactly as the authorization server issued it.
  package var clientID: String
  package var clientSecret: SecretReference?
  /// nil: it never expires.
  package var clientSecretExpiresAt: Timestamp?
  /// nil: the method of the inventory, or the one that the rules choose for a preregistered client.
  package var tokenEndpointAuthMethod: String?
  /// Both of these two, or neither (RFC 7592).
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
  /// Adopts a client that was registered elsewhere. Discovery runs and its checks must pass, the credentials are verified, and a managed client is
  /// read back. Then record, journal and lock are written as for a registration.
  ///
  /// - Parameter confirm: receives the plan. If it returns false, nothing is changed.
  /// - Returns: one result; nil when it was not confirmed.
  /// - Throws: why the import is refused. Then nothing was written.
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
