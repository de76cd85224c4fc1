import MCPAuth
package import MCPAuthCore
import MCPAuthPlan

/// Asks each token endpoint whether the stored credentials are still accepted (Registration#Verification, `verify`). Writes nothing, takes no lock.
package struct CredentialVerifier: Sendable {
  private let context: ReconcilerContext

  /// How many requests are made at a time to one token endpoint, independent of `--parallelism`.
  private static let perEndpoint = 4

  package init(_ context: ReconcilerContext) {
    self.context = context.interruptible
  }

  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`, `store-failed`.
  package func verify(_ options: VerifyOptions) async throws(Diagnostic) -> VerifyReport {
    let loaded = try await StateLoader(context: context).load(
      allowMassChange: false, isRunning: try await context.state.isHeld())
    let servers = await verify(options, loaded)
    return VerifyReport(
      inventory: context.inventory.file, servers: servers,
      wasInterrupted: servers.contains { $0.skip == .interrupted })
  }

  /// The same with a state that is loaded already.
  func verify(_ options: VerifyOptions, _ loaded: LoadedState) async -> [VerifiedServer] {
    let subjects = subjects(loaded).filter { options.only.isEmpty || options.only.contains($0.name) }
    let gates = IssuerGates(width: Self.perEndpoint)
    let policy = RetryingTransport.RetryPolicy()
    let documents = ClientMetadataDocuments(transport: context.transport)
    let discoverer = Discoverer(
      transport: context.transport,
      environment: DiscoveryEnvironment(
        now: context.now,
        willWait: { [report = context.report] in report(.waiting(server: RunScope.server, milliseconds: $0)) }))
    let context = context
    // Nothing is changed, so a signal ends the verification at once.
    return await context.untilSignal(grace: false) {
      await subjects.mapConcurrently(limit: context.parallelism) { subject -> VerifiedServer in
        let verification = ServerVerification(
          context: context, subject: subject, loaded: loaded, options: options, policy: policy,
          documents: documents, discoverer: discoverer)
        if let skip = verification.skip {
          return VerifiedServer(server: subject.name, entry: subject.entry, outcome: .skipped, skip: skip)
        }
        let endpoint = subject.entry?.tokenEndpoint ?? ""
        await gates.enter(endpoint)
        var result = await RunScope.$server.withValue(subject.name) { await verification.run() }
        await gates.leave(endpoint)
        // A request that was cancelled by the signal tells nothing about the server.
        if context.isInterrupted(), result.outcome == .cannotTell {
          result = VerifiedServer(server: subject.name, entry: subject.entry, outcome: .skipped, skip: .interrupted)
        }
        return result
      }
    }
  }

  private func subjects(_ loaded: LoadedState) -> [VerifySubject] {
    let planner = Planner(
      inventory: context.inventory, standing: loaded.standing, options: PlanOptions(), now: context.now())
    var names = Set(context.inventory.servers.map(\.name))
    var subjects = context.inventory.servers.map { server in
      let moved = planner.movedEntry(of: server)?.from
      if let moved { names.insert(moved) }
      return VerifySubject(
        name: server.name, recordName: moved ?? server.name, server: server, entry: planner.entry(of: server))
    }
    for (name, entry) in loaded.standing.entries.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
      subjects.append(VerifySubject(name: name, recordName: name, server: nil, entry: entry))
    }
    return subjects
  }
}

/// One server, with its state in the inventory and in the lock.
struct VerifySubject: Sendable {
  var name: String
  /// Differs from `name` if a move was not applied yet.
  var recordName: String
  /// nil: it is not in the inventory any more.
  var server: InventoryServer?
  /// nil: it was not applied yet.
  var entry: LockEntry?
}
