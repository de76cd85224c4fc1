package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth orphans list`.
package struct OrphanListPage: Presentable {
  let inventory: String
  let orphans: [Orphan]

  package init(inventory: String, orphans: [Orphan]) {
    self.inventory = inventory
    self.orphans = orphans.sorted { $0.sortKey < $1.sortKey }
  }

  private static let columns = [
    Table.Column("STATE"), Table.Column("SERVER"), Table.Column("CLIENT", .middle), Table.Column("ISSUER", .middle),
    Table.Column("REASON"), Table.Column("SINCE"),
  ]

  package func text(_ settings: ReportSettings) -> String {
    let rows = orphans.map { orphan in
      [
        Self.state(orphan), Printable.line(orphan.server), Self.client(orphan), Self.issuer(orphan),
        orphan.reason.rawValue, orphan.since.rfc3339,
      ]
    }
    return Table(Self.columns, rows).text(settings)
  }

  /// An orphan in one line.
  static func words(_ orphan: Orphan) -> String {
    [
      Printable.line(orphan.server), client(orphan), issuer(orphan), orphan.reason.rawValue,
      "since \(orphan.since.rfc3339)", state(orphan),
    ].joined(separator: ", ")
  }

  private static func client(_ orphan: Orphan) -> String {
    orphan.clientID.map { ForeignText.printable($0, limit: 128) } ?? "(client unknown)"
  }

  private static func issuer(_ orphan: Orphan) -> String { ForeignText.printable(orphan.issuer, limit: 256) }

  /// Whether mcpauth can delete it, and whether it blocks its server.
  static func state(_ orphan: Orphan) -> String {
    if orphan.managed { return "deletable" }
    if orphan.reason == .outcomeUnknown, orphan.clientID == nil { return orphan.retried ? "retried" : "blocks" }
    return byHand
  }

  /// The state of an orphan that only a person can delete.
  static let byHand = "by hand"

  package var document: JSONObject {
    ["inventory": .string(inventory), "orphans": .array(orphans.map { .object(Documents.orphan($0)) })]
  }
}

/// `mcpauth orphans delete` and `orphans forget`.
package struct OrphanResultsPage: Presentable {
  let inventory: String
  let results: [OrphanResult]

  package init(inventory: String, results: [OrphanResult]) {
    self.inventory = inventory
    self.results = results
  }

  package var notes: [Diagnostic] { results.compactMap(\.note) }

  /// Whether every orphan was deleted.
  package var isComplete: Bool { results.allSatisfy { $0.outcome != .kept } }

  package func text(_ settings: ReportSettings) -> String {
    results.map { "\($0.outcome.rawValue) \(OrphanListPage.words($0.orphan))\n" }.joined()
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory),
      "orphans": .array(
        results.map { result in
          var object = Documents.orphan(result.orphan)
          object["outcome"] = .string(result.outcome.rawValue)
          if let note = result.note {
            object[note.severity.rawValue] = .object(DiagnosticDocument.error(note))
          }
          return .object(object)
        }),
    ]
  }
}

/// `mcpauth state merge`.
package struct MergePage: Presentable {
  /// The name of the lock file.
  let file: String
  let merge: LockMerge
  /// Whether `--prefer` was given.
  let isSettled: Bool

  /// The lock file, where git merges it. The other files of the merge are then temporary.
  let path: String?

  package init(file: String, path: String?, merge: LockMerge, isSettled: Bool) {
    self.file = file
    self.path = path
    self.merge = merge
    self.isSettled = isSettled
  }

  package var notes: [Diagnostic] { merge.diagnostics(isSettled: isSettled, path: path) }

  /// Prints nothing for a merge without conflicts: git reports it.
  package func text(_ settings: ReportSettings) -> String {
    guard settings.isVerbose || !merge.isClean else { return "" }
    let conflicts = merge.conflicts.count + merge.duplicates.count
    return
      "\(Printable.line(file)): \(merge.lock.servers.count) servers, \(merge.lock.orphans.count) orphans, \(conflicts) conflict\(conflicts == 1 ? "" : "s")\n"
  }

  package var document: JSONObject {
    [
      "lock": .string(file),
      "conflicts": .array(
        merge.conflicts.map { conflict in
          [
            "name": .string(conflict.server), "kept": .string(conflict.kept.rawValue),
            "orphan": conflict.orphan.map { .object(Documents.orphan($0)) } ?? .null,
          ]
        }),
      "diagnostics": Documents.diagnostics(notes),
    ]
  }
}
