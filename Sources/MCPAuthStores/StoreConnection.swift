package import MCPAuth
package import MCPAuthCore
package import MCPAuthPlan

/// What a store on the network needs from outside. Nothing is sent until a store is used.
package struct StoreConnection: Sendable {
  package var transport: any Transport
  package var addresses: StoreAddresses
  /// The value of the reference to the store's credential.
  package var resolve: @Sendable (SecretReference) async throws(Diagnostic) -> Secret
  /// Registers every secret for redaction, before anything that could contain it is printed.
  package var learn: @Sendable (Secret) -> Void
  package var now: @Sendable () -> Timestamp
  /// Milliseconds of a monotonic clock, for the lifetime of tokens.
  package var uptime: @Sendable () -> Int
  package var pause: @Sendable (Duration) async throws -> Void

  package init(
    transport: any Transport, addresses: StoreAddresses,
    resolve: @escaping @Sendable (SecretReference) async throws(Diagnostic) -> Secret,
    learn: @escaping @Sendable (Secret) -> Void, now: @escaping @Sendable () -> Timestamp,
    uptime: @escaping @Sendable () -> Int,
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.transport = transport
    self.addresses = addresses
    self.resolve = resolve
    self.learn = learn
    self.now = now
    self.uptime = uptime
    self.pause = pause
  }
}
