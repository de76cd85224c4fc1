package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth state list`.
package struct StateListPage: Presentable {
  let inventory: String
  let standing: Standing

  private var names: [String] { standing.entries.keys.sorted() }
  package init(inventory: String, standing: Standing) {
    self.inventory = inventory
    self.standing = standing
  }

  private static let columns = [
    Table.Column("STATE", .words), Table.Column("SERVER"), Table.Column("MODE"), Table.Column("ISSUER", .middle),
    Table.Column("CLIENT", .middle),
  ]

  package func text(_ settings: ReportSettings) -> String {
    let rows = names.compactMap { name in standing.entries[name].map { row(name, $0) } }
    return Table(Self.columns, rows).text(settings)
  }

  private func row(_ name: String, _ entry: LockEntry) -> [String] {
    [
      state(name, entry), Printable.line(name), entry.registration?.rawValue ?? entry.mode.rawValue,
      entry.issuer.map { ForeignText.printable($0, limit: 256) } ?? "-",
      entry.clientID.map { ForeignText.printable($0, limit: 128) } ?? "-",
    ]
  }

  /// `locked`, or the conditions that are known without the inventory, as `status` names them.
  private func state(_ name: String, _ entry: LockEntry) -> String {
    var conditions: [ServerStatus.Condition] = []
    if standing.recovered.contains(name) { conditions.append(.recovered) }
    if entry.isLost { conditions.append(.registrationLost) }
    if standing.unsettled.contains(name) { conditions.append(.updateUnknown) }
    if standing.underWay.contains(name) { conditions.append(.underWay) }
    return conditions.isEmpty ? "locked" : conditions.map(\.name).joined(separator: ", ")
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory),
      "servers": .array(
        names.compactMap { name in
          standing.entries[name].map { entry in
            [
              "name": .string(name), "mode": .string(entry.mode.rawValue),
              "registration": .string(or: entry.registration?.rawValue), "issuer": .string(or: entry.issuer),
              "client_id": .string(or: entry.clientID), "recovered": .bool(standing.recovered.contains(name)),
            ]
          }
        }),
    ]
  }
}

/// `mcpauth state show`.
package struct StateShowPage: Presentable {
  let inventory: String
  let server: String
  let entry: LockEntry
  let orphans: [Orphan]

  package init(inventory: String, server: String, entry: LockEntry, orphans: [Orphan]) {
    self.inventory = inventory
    self.server = server
    self.entry = entry
    self.orphans = orphans
  }

  /// The entry in the lock file, without members that are null.
  package func text(_ settings: ReportSettings) -> String {
    let members = (entry.json.object?.members ?? []).filter { $0.value != .null }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let rows = members.map { [$0.name + ":", Self.shown($0.value)] }
    var text = settings.style(Printable.line(server), .bold) + "\n"
    text += Columns.align(rows).map { "  " + $0 + "\n" }.joined()
    for orphan in orphans { text += "  orphan: " + OrphanListPage.words(orphan) + "\n" }
    return text
  }

  private static func shown(_ value: JSON) -> String {
    if let text = value.string { return Printable.line(text) }
    return Printable.line(String(decoding: JSONWriter.compact(value), as: UTF8.self))
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "name": .string(server), "entry": entry.json,
      "orphans": .array(orphans.map { .object(Documents.orphan($0)) }),
    ]
  }
}

/// `mcpauth state move`.
package struct StateMovePage: Presentable {
  let inventory: String
  let moved: ServerMoveResult

  package init(inventory: String, moved: ServerMoveResult) {
    self.inventory = inventory
    self.moved = moved
  }

  package var notes: [Diagnostic] {
    guard moved.isInInventory else {
      return [
        .warning(
          .goneFromInventory, "there is no '\(moved.new)' in \(Printable.line(inventory)): the next apply removes it",
          help: ["give the server that name there"])
      ]
    }
    guard moved.changesRedirectURIs else { return [] }
    let kept = (moved.entry.redirectURIs ?? []).map(PastedText.yaml).joined(separator: ", ")
    return [
      .warning(
        .redirectURIsDiffer,
        "the redirect URIs of '\(moved.new)' are not those of the client: the next apply updates or replaces it",
        help: ["to keep the client unchanged, give the server its old redirect URIs: redirect_uris: [\(kept)]"])
    ]
  }

  package func text(_ settings: ReportSettings) -> String {
    "moved \(Printable.line(moved.old)) to \(Printable.line(moved.new))\n"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "moved": ["from": .string(moved.old), "to": .string(moved.new)],
      "client_id": .string(or: moved.entry.clientID), "diagnostics": Documents.diagnostics(notes),
    ]
  }
}

/// `mcpauth state forget`.
package struct StateForgetPage: Presentable {
  let inventory: String
  let forgotten: [ServerForgetResult]

  package init(inventory: String, forgotten: [ServerForgetResult]) {
    self.inventory = inventory
    self.forgotten = forgotten
  }

  package var notes: [Diagnostic] {
    forgotten.filter(\.isInInventory).map { server in
      .warning(
        .stillInInventory,
        "'\(server.server)' is still in \(Printable.line(inventory)): the next apply treats it as a new server",
        help: ["remove it there, or adopt another client with mcpauth import"])
    }
  }

  package func text(_ settings: ReportSettings) -> String {
    forgotten.map { server in
      let orphan = server.orphan.map { "; its client is now an orphan: " + OrphanListPage.words($0) } ?? ""
      return "forgot \(Printable.line(server.server))\(orphan)\n"
    }.joined()
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory),
      "forgotten": .array(
        forgotten.map { server in
          [
            "name": .string(server.server), "client_id": .string(or: server.entry.clientID),
            "orphan": server.orphan.map { .object(Documents.orphan($0)) } ?? .null,
          ]
        }),
      "diagnostics": Documents.diagnostics(notes),
    ]
  }
}
