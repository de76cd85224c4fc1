package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth secrets list`.
package struct SecretListPage: Presentable {
  let inventory: String
  let listing: SecretListResult

  package init(inventory: String, listing: SecretListResult) {
    self.inventory = inventory
    self.listing = listing
  }

  package var notes: [Diagnostic] { listing.warnings }

  private static let columns = [
    Table.Column("STATE", .words), Table.Column("NAME"), Table.Column("KIND"), Table.Column("EXPIRES"),
    Table.Column("RECORD", .middle), Table.Column("CLIENT", .middle), Table.Column("ISSUER", .middle),
    Table.Column("USE", .words),
  ]

  package func text(_ settings: ReportSettings) -> String {
    var rows = listing.servers.flatMap { Self.rows($0) }
    rows += listing.orphans.map { Self.row($0) }
    rows += listing.stored.map { Self.row($0) }
    return Table(Self.columns, rows.map { $0.map(Printable.line) }).text(settings)
  }

  private static func rows(_ server: SecretListResult.Server) -> [[String]] {
    var rows = server.versions.map { version -> [String] in
      let isUsed = version == server.used
      let expiry = isUsed ? server.expiresAt.map { String($0.rfc3339.prefix(10)) } : nil
      return [isUsed ? "in use" : "not the lock file's", server.name, "server", expiry ?? "", version, "", "", ""]
    }
    if server.lacksRecord { rows.append(["missing", server.name, "server", "", server.used ?? "", "", "", ""]) }
    return rows
  }

  private static func row(_ record: SecretListResult.OrphanRecord) -> [String] {
    guard let orphan = record.orphan else {
      let name = String(record.name.prefix(12)) + "…"
      return ["not on the list of orphans", "?", "orphan", "", name, "", "", ""]
    }
    return [
      "on the list of orphans", orphan.server, "orphan", "", "",
      ForeignText.printable(orphan.clientID ?? "", limit: 128), ForeignText.printable(orphan.issuer, limit: 256), "",
    ]
  }

  private static func row(_ stored: SecretListResult.Stored) -> [String] {
    let use = stored.uses.isEmpty ? "" : "for " + words(stored.uses)
    return [stored.uses.isEmpty ? "not used" : "in use", stored.key, "stored", "", "", "", "", use]
  }

  /// `search (api_key.value), github (oauth2.client_secret)`
  static func words(_ uses: [SecretUse]) -> String {
    uses.map { "\($0.server) (\($0.field))" }.joined(separator: ", ")
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "store": .string(listing.store), "readable": .bool(listing.canRead),
      "servers": .array(
        listing.servers.map { server in
          [
            "name": .string(server.name), "versions": .strings(server.versions), "in_use": .string(or: server.used),
            "missing": .bool(server.lacksRecord), "locked": .bool(server.isLocked),
            "client_secret_expires_at": .string(or: server.expiresAt?.rfc3339),
          ]
        }),
      "orphans": .array(
        listing.orphans.map { record in
          [
            "record": .string(record.name), "server": .string(or: record.orphan?.server),
            "issuer": .string(or: record.orphan?.issuer), "client_id": .string(or: record.orphan?.clientID),
          ]
        }),
      "stored": .array(
        listing.stored.map { stored in
          ["key": .string(stored.key), "uses": SecretDocuments.uses(stored.uses)]
        }),
      "diagnostics": Documents.diagnostics(notes),
    ]
  }
}

/// Parts of several of these documents.
enum SecretDocuments {
  static func uses(_ uses: [SecretUse]) -> JSON {
    .array(uses.map { ["server": .string($0.server), "field": .string($0.field)] })
  }
}

/// `mcpauth secrets set`.
package struct SecretSetPage: Presentable {
  let inventory: String
  let setting: SecretSetResult

  package init(inventory: String, setting: SecretSetResult) {
    self.inventory = inventory
    self.setting = setting
  }

  package func text(_ settings: ReportSettings) -> String {
    guard !settings.isQuiet else { return "" }
    let what = setting.isReplacing ? "replaced '\(setting.key)'" : "stored '\(setting.key)'"
    let use = setting.uses.isEmpty ? "; refer to it with {stored: \(setting.key)}" : ""
    return Printable.line("\(what) in the \(setting.store) store\(use)") + "\n"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "store": .string(setting.store), "set": .string(setting.key),
      "replaced": .bool(setting.isReplacing), "uses": SecretDocuments.uses(setting.uses),
      "diagnostics": Documents.diagnostics(notes),
    ]
  }
}

/// `mcpauth secrets remove`.
package struct SecretRemovePage: Presentable {
  let inventory: String
  let removal: SecretRemoveResult

  package init(inventory: String, removal: SecretRemoveResult) {
    self.inventory = inventory
    self.removal = removal
  }

  package var notes: [Diagnostic] {
    removal.uses.map { use in
      .warning(
        .stillInInventory, "'\(use.server)' still refers to '\(removal.key)' in \(use.field)", at: use.location,
        help: ["change it there, or put the value back: mcpauth secrets set \(removal.key)"])
    }
  }

  package func text(_ settings: ReportSettings) -> String {
    settings.isQuiet ? "" : Printable.line("removed '\(removal.key)' from the \(removal.store) store") + "\n"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "store": .string(removal.store), "removed": .string(removal.key),
      "uses": SecretDocuments.uses(removal.uses), "diagnostics": Documents.diagnostics(notes),
    ]
  }
}

/// `mcpauth secrets check`.
package struct SecretCheckPage: Presentable {
  let inventory: String
  let check: SecretCheckResult

  package init(inventory: String, check: SecretCheckResult) {
    self.inventory = inventory
    self.check = check
  }

  package var notes: [Diagnostic] { check.problems + check.unaccounted + check.notes }

  package func text(_ settings: ReportSettings) -> String {
    let wrong = check.problems.count + check.unaccounted.count
    let counts =
      "\(counted(check.records, "record")), \(check.orphans) of orphans, \(check.stored) stored: "
      + (wrong == 0
        ? (check.canRead ? "all correct" : "all present")
        : "\(check.problems.count) wrong, \(check.unaccounted.count) without an entry")
    return "secrets: \(check.store): " + (wrong == 0 ? counts : settings.style(counts, .boldRed)) + "\n"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "store": .string(check.store), "opened": .bool(check.canRead),
      "problems": Documents.diagnostics(check.problems), "unaccounted": Documents.diagnostics(check.unaccounted),
      "diagnostics": Documents.diagnostics(check.notes),
      "summary": [
        "records": Documents.number(check.records), "orphans": Documents.number(check.orphans),
        "stored": Documents.number(check.stored), "problems": Documents.number(check.problems.count),
        "unaccounted": Documents.number(check.unaccounted.count),
      ],
    ]
  }
}

/// The JSON of `secrets get`, with the value (PlanAndApply#JSON).
package enum SecretValueDocument {
  /// - Parameters:
  ///   - name: the server; nil for a stored value.
  ///   - stored: the key of a stored value.
  ///   - field: the member of the server's record.
  package static func json(inventory: String, name: String?, stored: String?, field: String?, value: Secret) -> JSON {
    var object: JSONObject = ["inventory": .string(inventory)]
    if let name { object["name"] = .string(name) }
    if let stored { object["stored"] = .string(stored) }
    if let field { object["field"] = .string(field) }
    object["value"] = .string(value.open())
    return DiagnosticDocument.document(object)
  }
}
