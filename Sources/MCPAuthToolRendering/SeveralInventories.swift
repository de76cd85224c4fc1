import MCPAuthCore
import MCPAuthToolOutput

/// The summary of several inventories.
struct SeveralInventories: Sendable {
  /// The counts of the runs that planned or applied; nil when none did.
  private(set) var counts: ChangeCounts?

  mutating func add(_ counts: ChangeCounts) {
    var sum = self.counts ?? ChangeCounts()
    sum.add(counts)
    self.counts = sum
  }

  /// `3 inventories: register 4, blocked 1, unchanged 12, failed 1`, and the inventories that failed.
  func text(_ ends: [InventoryEnd], style: Style) -> String {
    var text = ends.count == 1 ? "\n1 inventory" : "\n\(ends.count) inventories"
    if let counts {
      let parts = counts.members.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
      text += ": " + (parts.isEmpty ? "no servers" : parts.joined(separator: ", "))
    }
    text += "\n"
    for end in ends where end.exit != .done && end.exit != .changes {
      text += style("! " + Printable.line(end.file), .boldRed) + ": " + Self.words(end.exit) + "\n"
    }
    return text
  }

  func document(_ documents: [JSON], _ ends: [InventoryEnd]) -> JSON {
    var object: JSONObject = ["inventories": .array(documents)]
    if let counts {
      object["summary"] = .object(JSONObject(counts.members.map { .init($0.0, .number(String($0.1))) }))
    }
    object["exit_codes"] = .object(JSONObject(ends.map { .init($0.file, .number(String($0.exit.rawValue))) }))
    return DiagnosticDocument.document(object)
  }

  private static func words(_ exit: ToolExit) -> String {
    switch exit {
    case .done, .changes: "done"
    case .failed: "failed"
    case .invalid: "invalid"
    case .locked: "locked by another run"
    case .usage: "wrong usage"
    }
  }
}
