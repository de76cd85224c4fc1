package import MCPAuth
package import MCPAuthCore
package import MCPAuthPlan

/// Everything outside the process that a run uses: network, stores, clock, signals. Passed in by the command, or by a test.
package struct ReconcilerContext: Sendable {
  package var inventory: Inventory
  package var transport: any Transport
  package var state: any StateStore
  package var secrets: any SecretStore
  package var now: @Sendable () -> Timestamp
  /// Random ids for lineages and intents: at least 128 bits, lowercase hexadecimal.
  package var randomID: @Sendable () -> String
  /// The value of a reference, read only when it is needed (InventoryReference#Values).
  package var resolve: @Sendable (SecretReference) async throws(Diagnostic) -> Secret
  /// Registers every secret that is read or received for redaction, before anything that could contain it is printed (SecretStores#Redaction).
  package var learn: @Sendable (Secret) -> Void
  /// Whether a text contains a secret that was registered for redaction.
  package var holdsSecret: @Sendable (_ text: String) -> Bool = { _ in false }
  /// Receives the events of the run.
  package var report: @Sendable (RunEvent) -> Void
  /// `store-not-durable`: the reason to refuse the first registration.
  package var durability: Diagnostic?
  /// Who holds the run lock.
  package var holder: RunHolder
  /// How many servers are asked at a time.
  package var parallelism = 32
  /// How many servers may have begun, and not wait for another attempt. It is more than `parallelism`, so that others are asked while an answer is
  /// handled: servers that are asked together answer together, and nothing would be under way while the processors work.
  var begunAtOnce: Int { parallelism + parallelism / 2 }
  /// Seconds for one server's whole discovery.
  package var discoveryTimeout = 30
  /// Seconds to wait for the run lock.
  package var lockTimeout = 0
  /// The lock file, if it was decoded while the inventory was read.
  package var lockReadAhead: LockReadAhead?
  /// Waits for a time, because of a rate limit.
  package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  /// Whether a signal came: then no new request is begun.
  package var isInterrupted: @Sendable () -> Bool
  /// Returns once a signal has come, or the task is cancelled.
  package var awaitInterruption: @Sendable () async -> Void
  /// How long requests under way may still take after a signal: a cancelled CI job is killed soon after (Reliability#One-run-at-a-time).
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

  /// Registers the secrets of a server's answer with the redactor, before they are in the store. Secrets that are read from a store or through a
  /// reference are registered by `secrets` and `resolve`.
  func learnSecrets(of client: RegisteredClient) {
    for secret in [client.clientSecret, client.registrationAccessToken] {
      if let secret { learn(secret) }
    }
  }

  /// Sends requests about clients of a server with this trust.
  func registrar(
    _ trust: ServerTrust, holdsSecret: @escaping @Sendable (_ text: String) -> Bool = { _ in false }
  ) -> Registrar {
    Registrar(
      transport: AllowingTransport(transport, allowance: trust.allowance), now: now, holdsSecret: holdsSecret)
  }

  /// The trust of a server that has a lock entry, also of one that is not in the inventory any more.
  ///
  /// - Throws: as `ServerTrust.of`.
  func trust(of entry: LockEntry, named name: String) throws(Diagnostic) -> ServerTrust {
    // The recipients of an age store are public: whoever knows them can write a record and commit it.
    try .of(entry, named: name, in: inventory, isForgeable: secrets is any RecipientSecretStore)
  }
}
