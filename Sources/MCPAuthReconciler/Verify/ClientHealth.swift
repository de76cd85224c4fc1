import MCPAuthCore
import MCPAuthPlan

/// What `--verify` found about the clients that a plan keeps (Registration#Loss-of-a-client).
struct ClientHealth: Sendable {
  /// Servers whose client is replaced.
  var lost: Set<String> = []
  /// The method that the token endpoint accepts, for clients that are locked with another one.
  var methods: [String: AuthMethod] = [:]
  /// Why a server needs a decision by a person: a client of the user that is refused, or too many refused clients at once.
  var problems: [String: Diagnostic] = [:]
  var warnings: [String: [Diagnostic]] = [:]

  /// Adds what was found to the planned change of a server.
  func added(to planned: Change) -> Change {
    var change = planned
    if let method = methods[change.server] { change = change.withAuthMethod(method) }
    change.warnings += warnings[change.server] ?? []
    guard let problem = problems[change.server], change.action != .blocked else { return change }
    if change.step == .nothing { return change.blocked(by: problem) }
    change.warnings.append(problem.asWarning)
    return change
  }

  mutating func warn(_ server: String, _ diagnostic: Diagnostic) {
    warnings[server, default: []].append(diagnostic.asWarning)
  }
}

/// Asks each token endpoint about the clients that a plan keeps, as `verify` does, and decides which clients are lost. A client is replaced only
/// where no other explanation is left: every doubt keeps it.
struct ClientHealthCheck: Sendable {
  let context: ReconcilerContext
  let loaded: LoadedState
  let planner: Planner
  /// Whether the limit for the clients of one issuer is lifted.
  let allowsMassChange: Bool

  /// - Parameter changes: the plan without this check. Clients that it replaces, and those whose endpoints it changes, are not asked about.
  func check(_ changes: [Change]) async -> ClientHealth {
    let names = Set(changes.filter { $0.keptEntry?.clientID != nil }.map(\.server))
    guard !names.isEmpty, !context.isInterrupted() else { return ClientHealth() }
    let found = await verify(names)
    var health = ClientHealth()
    var refused: [VerifiedServer] = []
    for server in found { note(server, in: &health, refused: &refused) }
    let doubts = await doubts(about: refused, known: Set(found.filter { $0.outcome == .known }.map(\.tokenEndpoint)))
    for (server, doubt) in zip(refused, doubts) {
      if let doubt { health.warn(server.server, doubt) } else { health.lost.insert(server.server) }
    }
    refuseMassLoss(found, in: &health)
    return health
  }

  private func verify(_ names: Set<String>) async -> [VerifiedServer] {
    var options = VerifyOptions()
    options.only = names
    options.timeout = context.discoveryTimeout
    return await CredentialVerifier(context).verify(options, loaded)
  }

  private func note(_ found: VerifiedServer, in health: inout ClientHealth, refused: inout [VerifiedServer]) {
    let name = found.server
    for warning in found.warnings { health.warn(name, warning) }
    switch found.outcome {
    case .known:
      if let method = found.acceptedMethod, takesMethod(found) { health.methods[name] = AuthMethod(method) }
    case .dead:
      guard let error = found.error else { return }
      switch found.entry?.registration {
      case .dcr: refused.append(found)
      // Some servers read the document only when a user signs in.
      case .cimd where error.code != .clientMetadataInvalid: health.warn(name, error)
      case .cimd, .manual, .preregistered, nil: health.problems[name] = error
      }
    // The renewal of an expired secret is planned already. A client that could not be asked about is kept.
    case .expired, .blocked:
      if let error = found.error { health.warn(name, error) }
    case .cannotTell, .skipped: break
    }
  }

  /// Whether the lock decides the method: the client was registered, and the inventory names no method.
  private func takesMethod(_ found: VerifiedServer) -> Bool {
    let server = context.inventory.servers.first { $0.name == found.server }
    return found.entry?.registration == .dcr && server?.mode.oauth2 != nil
      && server?.mode.oauth2?.tokenEndpointAuthMethod == nil
  }

  // MARK: Doubts

  /// - Parameter known: the token endpoints that accepted a client in this run.
  /// - Returns: for each refused client why it is kept all the same; nil if it is lost.
  private func doubts(about refused: [VerifiedServer], known: Set<String>) async -> [Diagnostic?] {
    var known = known
    var asked = Set(refused.map(\.server))
    for server in refused where server.refusal?.error == Self.unauthorized && !known.contains(server.tokenEndpoint) {
      if await acceptsAnother(than: &asked, at: server.tokenEndpoint) { known.insert(server.tokenEndpoint) }
    }
    return await refused.mapConcurrently(limit: 4) { [known] server -> Diagnostic? in
      if let doubt = Self.doubt(about: server, known) { return doubt }
      return await otherRecord(of: server)
    }
  }

  private static let unauthorized = "unauthorized_client"

  private static func doubt(about server: VerifiedServer, _ known: Set<String>) -> Diagnostic? {
    guard let refusal = server.refusal else { return server.kept("the token endpoint was not asked") }
    if let status = refusal.status, status == 429 || status >= 500 {
      return server.kept("the token endpoint answered \(status), which is a fault of the server", .unreachable)
    }
    if refusal.isClockWrong {
      return server.kept("the clock of this machine and the server's differ by more than an hour", .clockWrong)
    }
    if refusal.error == unauthorized, !known.contains(server.tokenEndpoint) {
      return server.kept("the token endpoint answers 'unauthorized_client' to every client")
    }
    return nil
  }

  /// `unauthorized_client` tells something only if the same endpoint accepts another client. Servers that are not selected, or not in a saved plan,
  /// are asked about for this, at most three.
  private func acceptsAnother(than asked: inout Set<String>, at endpoint: String) async -> Bool {
    let others = loaded.standing.entries.filter { name, entry in
      entry.tokenEndpoint == endpoint && entry.registration == .dcr && !entry.isLost && !asked.contains(name)
    }
    let names = others.keys.sorted().prefix(3)
    guard !names.isEmpty else { return false }
    asked.formUnion(names)
    return await verify(Set(names)).contains { $0.outcome == .known }
  }

  /// The lock file of another branch may name a newer record of the client, with the secret that is valid now. Then the client is alive.
  private func otherRecord(of server: VerifiedServer) async -> Diagnostic? {
    guard let entry = server.entry, let version = entry.secretVersion, context.secrets.canRead,
      let lineage = loaded.lineage, let client = Orphan(clientOf: entry, server: recordName(of: server.server))
    else { return nil }
    do throws(Diagnostic) {
      let trust = try context.trust(of: entry, named: server.server)
      let found = try await ClientRecords(context: context, lineage: lineage).all(of: client)
      if let problem = found.problem {
        return server.kept("another record of the client cannot be used: \(problem.message)", problem.code)
      }
      guard let own = found.stored.first(where: { $0.record.version == version })?.record else { return nil }
      let others = found.newestFirst.filter {
        $0.record.clientSecret != own.clientSecret && !$0.record.isOlder(than: own)
      }
      guard !others.isEmpty else { return nil }
      let usable = others.filter { $0.record.entry.hasEndpoints(of: entry) }
      guard usable.count == others.count else {
        return server.kept("a newer record of the client has other endpoints than the lock file", .secretMismatch)
      }
      switch await StoredSecretCheck(context: context, trust: trust).verdict(on: usable) {
      case .refused: return nil
      case .unknown(let why): return server.kept("another stored secret could not be checked: \(why)")
      case .accepted(let stored):
        return server.kept(
          "a newer secret of the client is stored and accepted (version \(stored.record.version)); the lock file names an older one",
          .secretMismatch)
      }
    } catch {
      return server.kept(error.message, error.code)
    }
  }

  private func recordName(of server: String) -> String {
    let moved = context.inventory.servers.first { $0.name == server }.flatMap(planner.movedEntry(of:))
    return moved?.from ?? server
  }

  // MARK: Many at once

  /// A server that lost one client has lost one client. A server that refuses most of its clients at once has a fault, until a person says
  /// otherwise (PlanAndApply#Mass-changes). Clients about which nothing was found out do not count.
  private func refuseMassLoss(_ found: [VerifiedServer], in health: inout ClientHealth) {
    guard !allowsMassChange else { return }
    let lost = Dictionary(grouping: found.filter { health.lost.contains($0.server) }, by: \.issuer)
    for (issuer, servers) in lost where servers.count > 1 {
      let locked = loaded.standing.entries.values.count { entry in
        entry.registration == .dcr && !entry.isLost && entry.issuer == issuer
      }
      let untold = found.count { server in
        server.issuer == issuer && server.entry?.registration == .dcr && server.outcome != .known
          && !health.lost.contains(server.server)
      }
      guard servers.count * 2 > locked - untold else { continue }
      for server in servers {
        health.lost.remove(server.server)
        health.problems[server.server] = .manyLost(servers.count, of: locked, at: issuer, server.server)
      }
    }
  }
}

extension VerifiedServer {
  fileprivate var tokenEndpoint: String { entry?.tokenEndpoint ?? "" }
  fileprivate var issuer: String { entry?.issuer ?? "" }

  /// The warning for a client that is refused and kept.
  fileprivate func kept(_ why: String, _ code: DiagnosticCode = .unusualAnswer) -> Diagnostic {
    let error = ForeignText.printable(refusal?.error ?? "", limit: 64)
    return .warning(
      code, "the client of '\(server)' is refused (\(error)) and kept: \(why)",
      at: self.error?.location, help: ["to replace it anyway: mcpauth rotate \(server)"],
      requests: self.error?.requests ?? [])
  }
}

extension Diagnostic {
  fileprivate static func manyLost(_ count: Int, of all: Int, at issuer: String, _ server: String) -> Diagnostic {
    Diagnostic(
      .error, .massChange,
      "\(ForeignText.printable(issuer, limit: 256)) refuses \(count) of its \(all) clients at once, also that of '\(server)': this looks like a fault of the server",
      help: [
        "look at the server, and ask again later: mcpauth verify",
        "if its clients are lost: mcpauth apply --verify --allow-mass-change",
      ])
  }
}
