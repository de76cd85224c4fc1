import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// The long explanation of a code in `error[…]` or `warning[…]`, of a reason of a plan, or of a state of a server.
package struct Explanation: Sendable, Equatable {
  /// Where a name occurs. Many names occur in several places.
  enum Kind: String, Sendable, CaseIterable {
    /// In `error[…]` or `warning[…]`.
    case diagnostic
    /// Why a plan changes a server.
    case reason
    /// The state of a server in `status` and `verify`.
    case state
    /// Why a client is on the orphans' list.
    case orphan
  }

  package let name: String
  /// One line in lower case without a full stop.
  let title: String
  /// Paragraphs with an empty line between them. Line ends in a paragraph are spaces.
  let meaning: String
  /// What to do, the best way first; empty when there is nothing to do.
  let help: [String]
  /// An example of the message, or of what to write.
  let example: String?
  /// Specification and section.
  let sources: [String]

  init(
    _ name: String, _ title: String, _ meaning: String, help: [String] = [], example: String? = nil,
    sources: [String] = []
  ) {
    self.name = name
    self.title = title
    self.meaning = meaning
    self.help = help
    self.example = example
    self.sources = sources
  }

  var kinds: [Kind] { Kind.allCases.filter { Self.names(of: $0).contains(name) } }

  var paragraphs: [String] {
    meaning.split(separator: "\n\n").map { $0.split(separator: "\n").joined(separator: " ") }
  }
}

extension Explanation {
  /// Explanations of one subject.
  struct Group: Sendable {
    let title: String
    let members: [Explanation]
  }

  /// All explanations, in the order of a run.
  static let groups = [
    Group(title: "the inventory", members: inventory), Group(title: "requests and addresses", members: requests),
    Group(title: "discovery", members: discovery), Group(title: "registration", members: registration),
    Group(title: "the life of a client", members: life), Group(title: "secrets and their stores", members: secrets),
    Group(title: "runs, plans and the lock file", members: state), Group(title: "export", members: export),
    Group(title: "reasons of a plan, and states of a server", members: reasons),
  ]

  package static let all = groups.flatMap(\.members)

  /// The explanation of a name, given as `resource-mismatch`, `error[resource-mismatch]` or a whole message, in any case.
  package static func of(_ written: String) -> Explanation? {
    let wanted = normalized(written)
    return all.first { $0.name == wanted }
  }

  static func normalized(_ written: String) -> String {
    var text = Substring(written)
    if let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") {
      text = text[text.index(after: open)..<close]
    }
    return text.lowercased().replacing("_", with: "-").filter { !$0.isWhitespace }
  }

  package static func nearest(to written: String) -> String? {
    NearestName.of(normalized(written), in: all.map(\.name))
  }
}

extension Explanation {
  /// Every name of this kind that the program prints.
  static func names(of kind: Kind) -> Set<String> {
    switch kind {
    case .diagnostic: Set(DiagnosticCode.allCases.map(\.rawValue))
    case .reason: Set(reasonsOfPlans.map(\.name))
    case .state:
      Set(statesOfServers.map(\.name)).union(VerifiedServer.Skip.allCases.map(\.rawValue))
    case .orphan: Set(Orphan.Reason.allCases.map(\.rawValue))
    }
  }

  /// All reasons apart from the codes of blocked servers.
  private static let reasonsOfPlans: [Reason] = [
    .new, .recovered, .urlChanged, .issuerChanged, .endpointsChanged, .redirectURIsChanged, .scopesChanged,
    .authMethodChanged, .applicationTypeChanged, .registrationChanged, .displayChanged, .modeChanged, .settingsChanged,
    .secretExpiring, .secretExpired, .generationRaised, .rotateRequested, .registrationLost, .moved,
    .goneFromInventory, .disabled,
  ]

  /// All states apart from the codes of a record's problem.
  private static let statesOfServers: [ServerStatus.Condition] = [
    .notApplied, .recovered, .secretExpiring, .secretExpired, .registrationLost, .outcomeUnknown, .updateUnknown,
    .noValueHere, .underWay, .moved, .goneFromInventory, .disabled,
  ]
}
