package import MCPAuthCore

/// A plan to be applied later, exactly as it was shown (Reliability#One-run-at-a-time). It contains the changes, and the data to check that they
/// are still correct. It contains no secret.
package struct SavedPlan: Sendable, Equatable {
  package static let kind = "mcpauth-plan"
  package static let currentVersion = 1

  /// The lineage of the lock file that the plan was made for; nil before the first apply.
  package var lineage: String?
  /// The inventory's path as the user gave it.
  package var inventory: String
  package var options: PlanOptions
  /// In the order of the plan.
  package var servers: [SavedChange]

  package init(lineage: String?, inventory: String, options: PlanOptions, servers: [SavedChange]) {
    self.lineage = lineage
    self.inventory = inventory
    self.options = options
    self.servers = servers
  }

  /// Takes the changes that the plan would make, without unchanged and blocked servers.
  package init(_ plan: Plan, options: PlanOptions, inventory: Inventory) {
    let servers = plan.changes.filter { $0.step != .nothing }.map { change in
      SavedChange(change, server: inventory.servers.first { $0.name == change.server })
    }
    self.init(lineage: plan.lineage, inventory: plan.inventory, options: options, servers: servers)
  }

  /// The options for the new plan that `apply` makes: no other server is discovered.
  package var applyOptions: PlanOptions {
    var options = options
    options.only = Set(servers.map(\.name))
    return options
  }

  /// The command that applies the plan, quoted for a shell. It names the inventory unless it is the default one.
  ///
  /// - Parameter path: the file of the plan.
  package func applyCommand(path: String) -> String {
    let files = inventory == Inventory.defaultFile ? [path] : [inventory, path]
    return (["mcpauth", "apply"] + files.map(PastedText.shell)).joined(separator: " ")
  }

  /// Checks lineage, inventory blocks and lock entries before any request is made.
  /// - Throws: `stale-plan`
  package func refuseStale(lineage: String?, _ planner: Planner) throws(Diagnostic) {
    // A plan from before the first apply belongs to no lock file yet. Only its own servers are checked.
    if let made = self.lineage, made != lineage {
      throw Self.stale(["it was made for another lock file (lineage \(Self.shown(made)), not \(Self.shown(lineage)))"])
    }
    var changes: [String] = []
    for saved in servers {
      let server = planner.inventory.servers.first { $0.name == saved.name }
      if server.map({ Fingerprint.of($0.json) }) != saved.blockDigest {
        changes.append("'\(saved.name)' has changed in the inventory")
      }
      let entry = server.map(planner.entry(of:)) ?? planner.standing.entries[saved.name]
      if entry.map({ Fingerprint.of($0.json) }) != saved.entryDigest {
        changes.append("'\(saved.name)' has a changed entry in the lock file")
      }
    }
    if !changes.isEmpty { throw Self.stale(changes) }
  }

  /// Checks the new plan after discovery.
  /// - Throws: `stale-plan` when the new plan differs from the plan that was shown.
  package func refuseOther(_ plan: Plan) throws(Diagnostic) {
    var changes: [String] = []
    for saved in servers {
      guard let change = plan.changes.first(where: { $0.server == saved.name }) else {
        changes.append("'\(saved.name)' is no longer in the inventory or the lock file")
        continue
      }
      if let what = saved.difference(to: SavedChange(change, blockDigest: saved.blockDigest)) {
        var line = "'\(saved.name)': \(what)"
        if let error = change.error { line += " (\(error.message))" }
        changes.append(line)
      }
    }
    if !changes.isEmpty { throw Self.stale(changes) }
  }

  private static func stale(_ changes: [String]) -> Diagnostic {
    Diagnostic(
      .error, .stalePlan, "the plan is stale: " + (changes.first ?? ""), notes: Array(changes.dropFirst()),
      help: ["make a new one with mcpauth plan --out, and review it; nothing was done"])
  }

  private static func shown(_ lineage: String?) -> String {
    lineage.map { ForeignText.printable($0, limit: 64) } ?? "none"
  }
}

/// What a saved plan does for one server.
package struct SavedChange: Sendable, Equatable {
  package var name: String
  package var action: Action
  /// The names in JSON.
  package var reasons: [String]
  package var issuer: String?
  package var authorizationEndpoint: String?
  package var tokenEndpoint: String?
  package var registrationEndpoint: String?
  package var revocationEndpoint: String?
  /// SHA-256 over the server's block as the inventory resolves it; nil when it has no block.
  package var blockDigest: String?
  /// SHA-256 over the current lock entry; nil when there is none.
  package var entryDigest: String?
  /// SHA-256 over the entry after the change, without the values that a server's answer gives; nil when there will be none.
  package var resultDigest: String?

  package init(name: String, action: Action, reasons: [String]) {
    self.name = name
    self.action = action
    self.reasons = reasons
  }

  init(_ change: Change, server: InventoryServer?) {
    self.init(change, blockDigest: server.map { Fingerprint.of($0.json) })
  }

  init(_ change: Change, blockDigest: String?) {
    self.init(name: change.server, action: change.action, reasons: change.reasons.map(\.name))
    let result = change.step.result
    let known = result ?? change.entry
    issuer = known?.issuer ?? change.issuer
    authorizationEndpoint = known?.endpoints?.authorizationEndpoint
    tokenEndpoint = known?.endpoints?.tokenEndpoint
    registrationEndpoint = known?.endpoints?.registrationEndpoint
    revocationEndpoint = known?.endpoints?.revocationEndpoint
    self.blockDigest = blockDigest
    entryDigest = change.entry.map { Fingerprint.of($0.json) }
    resultDigest = result.map { Fingerprint.of($0.json) }
  }

  /// What has changed since the plan was saved; nil when nothing has changed.
  func difference(to now: SavedChange) -> String? {
    func shown(_ text: String?) -> String { text.map { ForeignText.printable($0, limit: 256) } ?? "none" }
    func words(_ change: SavedChange) -> String {
      "\(change.action.rawValue) \(change.reasons.joined(separator: ", "))"
    }
    if action != now.action || reasons != now.reasons {
      return "the plan says \(words(self)), and it is \(words(now)) now"
    }
    if issuer != now.issuer { return "its issuer was \(shown(issuer)), and is \(shown(now.issuer)) now" }
    let endpoints: [(String, String?, String?)] = [
      ("authorization endpoint", authorizationEndpoint, now.authorizationEndpoint),
      ("token endpoint", tokenEndpoint, now.tokenEndpoint),
      ("registration endpoint", registrationEndpoint, now.registrationEndpoint),
      ("revocation endpoint", revocationEndpoint, now.revocationEndpoint),
    ]
    for (name, old, new) in endpoints where old != new {
      return "its \(name) was \(shown(old)), and is \(shown(new)) now"
    }
    if entryDigest != now.entryDigest { return "its entry in the lock file has changed" }
    if resultDigest != now.resultDigest { return "its server offers something else than when the plan was made" }
    return nil
  }
}

extension Step {
  /// The entry after the step, without the values that a server's answer gives.
  fileprivate var result: LockEntry? {
    switch self {
    case .write(let entry): entry
    case .register(let planned), .updateInPlace(let planned): planned.template
    case .nothing, .remove, .discoverFirst: nil
    }
  }
}
