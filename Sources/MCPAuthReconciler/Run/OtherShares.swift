import MCPAuthCore
import MCPAuthPlan

/// Does what is left of the shares of other runs, after the own share (Reliability#Many-runners). The other runs do it at the same time, so it is done
/// in pieces, and before each piece this run reads what the others have done.
struct OtherShares {
  let reconciler: Reconciler
  let options: PlanOptions
  let live: LiveShare
  let allowMassChange: Bool
  /// False: everything is one piece, because a user is asked about each.
  let isPiecewise: Bool

  private var context: ReconcilerContext { reconciler.context }

  /// Before each piece all servers are compared with the state, which takes as long as a part of the piece.
  private static let mostPieces = 64

  /// - Parameters:
  ///   - first: the result of the own share.
  ///   - started: the state in which the run began.
  ///   - confirm: receives the plan of each piece.
  /// - Returns: the result of everything that this run did.
  func result(
    after first: RunResult, started: LockedRun, confirm: @Sendable (Plan) async -> Bool
  ) async -> RunResult {
    guard first.error == nil, !context.isInterrupted() else { return first }
    var run = first
    var rest: RunResult?
    // What failed in the own share is not tried a second time.
    var tried = Set(first.results.filter { $0.change.step != .nothing || $0.outcome != .done }.map(\.change.server))
    var isProven = first.plan.hasChanges
    do throws(Diagnostic) {
      var session = try await started.again()
      while !context.isInterrupted() {
        let names = await piece(of: session.loaded, without: tried)
        if names.isEmpty { break }
        tried.formUnion(names)
        var chosen = others
        chosen.only = Set(names)
        guard
          let done = try await reconciler.apply(
            chosen, session, allowMassChange: allowMassChange, isRest: true, isProven: isProven, confirm: confirm)
        else { break }
        isProven = isProven || done.plan.hasChanges
        rest = rest?.joined(with: done, order: order) ?? done
        if done.error != nil { break }
        session = try await session.again()
      }
      if var done = rest, done.error == nil {
        let applier = session.applier(others, movedFrom: reconciler.movedNames(session.loaded))
        try await reconciler.finish(session, applier, &done)
        rest = done
      }
      if let rest { run = run.joined(with: rest, order: order) }
      run.complete(settled(session.loaded), order: order)
      run.others = changed(from: started.loaded, to: session.loaded, by: run)
    } catch {
      if let rest { run = run.joined(with: rest, order: order) }
      if run.error == nil { run.error = error }
    }
    return run
  }

  private var order: [String] { context.inventory.servers.map(\.name) }

  /// Each run refreshes and verifies the servers of its own share.
  private var others: PlanOptions {
    var others = options
    others.refresh = false
    others.verify = false
    return others
  }

  private func planner(_ loaded: LoadedState) -> Planner {
    Planner(inventory: context.inventory, standing: loaded.standing, options: others, now: context.now())
  }

  /// The next servers. Each run begins at another host among those that are left.
  private func piece(of loaded: LoadedState, without tried: Set<String>) async -> [String] {
    let planner = planner(loaded)
    var left: [(position: UInt32, name: String)] = []
    for server in context.inventory.servers where !tried.contains(server.name) {
      switch planner.assess(server) {
      case .settled(let change): if change.step == .nothing { continue }
      case .discover: break
      }
      left.append((ServerShare.position(of: server.url), server.name))
    }
    for change in planner.plan([]).changes where change.step != .nothing && !tried.contains(change.server) {
      left.append((ServerShare.position(of: loaded.standing.entries[change.server]?.url ?? ""), change.server))
    }
    guard isPiecewise, !left.isEmpty else { return left.map(\.name) }
    // From the end of each host, because the run whose share it is began at its beginning.
    let hosts = Dictionary(grouping: left, by: \.position).sorted { $0.key < $1.key }
      .map { $0.value.map(\.name).sorted(by: >) }
    let share = await live.present()
    let start = hosts.count * (2 * share.index - 1) / (2 * share.count)
    let size = max(
      2 * context.parallelism, left.count / (2 * share.count), context.inventory.servers.count / Self.mostPieces)
    return Self.interleaved(
      Array(hosts[start...] + hosts[..<start]), size, across: max(1, context.parallelism / 2))
  }

  /// Servers of several hosts in turn: registrations at one issuer wait for each other, and a host often has one issuer.
  ///
  /// - Parameters:
  ///   - hosts: the servers of each host.
  ///   - size: the most servers of the result.
  ///   - width: how many hosts are taken in turn, before the next ones are.
  static func interleaved(_ hosts: [[String]], _ size: Int, across width: Int) -> [String] {
    var servers: [String] = []
    for first in stride(from: 0, to: hosts.count, by: width) {
      let group = hosts[first..<min(first + width, hosts.count)]
      for round in 0..<(group.map(\.count).max() ?? 0) {
        for host in group where round < host.count {
          if servers.count == size { return servers }
          servers.append(host[round])
        }
      }
    }
    return servers
  }

  /// The servers for which nothing is to be done, and those that are blocked.
  private func settled(_ loaded: LoadedState) -> [ChangeResult] {
    let planner = planner(loaded)
    return context.inventory.servers.compactMap { server in
      guard case .settled(let change) = planner.assess(server), change.step == .nothing else { return nil }
      return ChangeResult(settled: change)
    }
  }

  /// Servers that other runs changed while this one ran, or are working on.
  private func changed(from before: LoadedState, to after: LoadedState, by run: RunResult) -> [String] {
    let own = Set(run.results.filter { $0.outcome == .done && $0.change.step != .nothing }.map(\.change.server))
    let (old, new) = (before.standing.entries, after.standing.entries)
    let changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] && !own.contains($0) }
    return changed.union(run.others).sorted()
  }
}
