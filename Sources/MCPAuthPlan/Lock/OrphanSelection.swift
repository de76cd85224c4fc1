import MCPAuthCore

/// The arguments do not name exactly one item. This is a usage error that can be found only with the lock file.
package struct UsageProblem: Error, Sendable, Equatable {
  package var message: String
  package var help: [String]

  package init(_ message: String, help: [String] = []) {
    self.message = message
    self.help = help
  }
}

/// Selects orphans by a client ID or a server's name.
package struct OrphanSelection: Sendable, Equatable {
  /// Client IDs or server names.
  package var targets: [String]
  /// Only orphans of this issuer; nil: of any issuer.
  package var issuer: String?
  /// Only orphans with this reason; nil: with any reason.
  package var reason: Orphan.Reason?
  /// Whether a target may match several orphans.
  package var isAll: Bool

  package init(targets: [String], issuer: String? = nil, reason: Orphan.Reason? = nil, isAll: Bool = false) {
    self.targets = targets
    self.issuer = issuer
    self.reason = reason
    self.isAll = isAll
  }

  /// - Returns: the orphans, each once, in the order of the targets.
  /// - Throws: for a target that matches no orphan, with the nearest name; or for a target that matches several, with their names.
  package func lines(of orphans: [Orphan]) throws(UsageProblem) -> [Orphan] {
    let candidates = orphans.filter { (issuer == nil || $0.issuer == issuer) && (reason == nil || $0.reason == reason) }
    var lines: [Orphan] = []
    for target in targets {
      let found = candidates.filter { $0.clientID == target || $0.server == target }
      guard !found.isEmpty else { throw unknown(target, candidates) }
      guard isAll || found.count == 1 else { throw ambiguous(target, found) }
      for orphan in found where !lines.contains(orphan) { lines.append(orphan) }
    }
    return lines
  }

  private func unknown(_ target: String, _ candidates: [Orphan]) -> UsageProblem {
    let known = Set(candidates.flatMap { [$0.server] + ($0.clientID.map { [$0] } ?? []) }).sorted()
    let filters = [issuer.map { "of issuer '\(shown($0))'" }, reason.map { "with reason \($0.rawValue)" }]
      .compactMap(\.self)
    let which = filters.isEmpty ? "" : " " + filters.joined(separator: " and ")
    var help: [String] = []
    if let nearest = NearestName.of(target, in: known) { help.append("did you mean '\(shown(nearest))'?") }
    help.append("see them with mcpauth orphans list")
    return UsageProblem(
      "'\(shown(target))' is neither the client id nor the server of a line\(which) of the orphans' list", help: help)
  }

  private func ambiguous(_ target: String, _ found: [Orphan]) -> UsageProblem {
    UsageProblem(
      "'\(shown(target))' matches \(found.count) lines of the orphans' list",
      help: [
        "name one by its client id, its --issuer or its --reason, or select them all with --all:\n"
          + found.map(candidate).joined(separator: "\n")
      ])
  }

  private func candidate(_ orphan: Orphan) -> String {
    let client = orphan.clientID.map { "client '\(shown($0))'" } ?? "a client whose id is not known"
    return
      "\(client) of '\(shown(orphan.server))' at \(shown(orphan.issuer)), \(orphan.reason.rawValue), since \(orphan.since.rfc3339)"
  }

  private func shown(_ text: String) -> String { ForeignText.printable(text, limit: 128) }
}
