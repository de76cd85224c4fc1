package import MCPAuth
package import MCPAuthCore
package import MCPAuthPlan

/// All that a run reaches the world through; passed in by the command, or by a test.
package struct ReconcilerContext: Sendable {
  package var inventory: Inventory
  package var transport: any Transport
  package var state: any StateStore
  package var secrets: any SecretStore
  /// The clock.
  package var now: @Sendable () -> Timestamp
  /// Random ids for lineages and intents: at least 128 bits, lowercase hexadecimal.
  package var randomID: @Sendable () -> String
  /// The value of a reference, read only when it is needed (InventoryReference#Values).
  package var resolve: @Sendable (SecretReference) async throws(Diagnostic) -> Secret
  /// Told of every secret that is read or received, before anything is printed that could hold it (SecretStores#Redaction).
  package var learn: @Sendable (Secret) -> Void
  /// Told what happens.
  package var report: @Sendable (RunEvent) -> Void
  /// `store-not-durable`: refuses the first registration.
  package var durability: Diagnostic?
  /// Who runs, for the run lock.
  package var holder: RunHolder
  /// How many servers are looked at or registered at a time.
  package var parallelism = 32
  /// Seconds for one server's whole discovery.
  package var discoveryTimeout = 30
  /// Seconds to wait for the run lock.
  package var lockTimeout = 0
  /// Waits, for rate limits.
  package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  /// Whether no new request is to be begun: a signal came.
  package var isInterrupted: @Sendable () -> Bool
  /// Returns once a signal has come, or the task is cancelled.
  package var awaitInterruption: @Sendable () async -> Void
  /// How long requests that are under way may still take then: a cancelled CI job is killed soon after (Reliability#One-run-at-a-time).
  package var grace: @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(5)) }

  package init(
    inventory: Inventory, transport: any Transport, state: any StateStore, secrets: any SecretStore,
    now: @escaping @Sendable () -> Timestamp, randomID: @escaping @Sendable () -> String,
    resolve: @escaping @Sendable (SecretReference) async throws(Diagnostic) -> Secret,
    learn: @escaping @Sendable (Secret) -> Void, report: @escaping @Sendable (RunEvent) -> Void,
    durability: Diagnostic?, holder: RunHolder, isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.inventory = inventory
    self.transport = transport
    self.state = state
    self.secrets = secrets.redacting(learn)
    self.now = now
    self.randomID = randomID
    self.resolve = { reference throws(Diagnostic) in
      let secret = try await resolve(reference)
      learn(secret)
      return secret
    }
    self.learn = learn
    self.report = report
    self.durability = durability
    self.holder = holder
    self.isInterrupted = isInterrupted
    awaitInterruption = { await SignalFlag.wait(until: isInterrupted) }
  }
}
