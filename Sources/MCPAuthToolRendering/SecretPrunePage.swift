package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth secrets prune`.
package struct SecretPrunePage: Presentable {
  let inventory: String
  let result: SecretPruneResult

  package init(inventory: String, result: SecretPruneResult) {
    self.inventory = inventory
    self.result = result
  }

  package var notes: [Diagnostic] {
    var notes = result.left
    if !result.unused.isEmpty, !result.isRemoved {
      notes.append(
        .warning(
          .recordsKept,
          "nothing was removed yet; a lock file that is not here, for example in another clone, may use these records",
          help: ["remove them with \(Printable.line(command))"]))
    }
    return notes
  }

  /// The command that removes the records. It names the inventory unless it is the default one.
  private var command: String {
    let command = "mcpauth secrets prune --yes"
    return inventory == Inventory.defaultFile ? command : "\(command) \(PastedText.shell(inventory))"
  }

  /// The records, as text to be shown before the question whether to remove them.
  package var proposal: String { text(ReportSettings()) }

  package func text(_ settings: ReportSettings) -> String {
    let rows = result.unused.map { record in
      [
        result.isRemoved ? "removed" : "unused", name(record.item, server: record.server),
        ForeignText.printable(record.clientID, limit: 128), ForeignText.printable(record.issuer, limit: 256),
        record.registeredAt.map { "registered " + $0.rfc3339.prefix(10) } ?? "",
      ]
    }
    let used = result.inUse.map { record in
      ["in use", name(record.item, server: nil), "on " + record.places.joined(separator: ", ")]
    }
    let count = result.unused.count
    let summary =
      "\(count) record\(count == 1 ? "" : "s") \(result.isRemoved ? "removed" : "that no lock file uses"), "
      + "\(result.inUse.count) in use on other branches"
    let lines = Columns.align(rows.map { $0.map(Printable.line) }) + Columns.align(used.map { $0.map(Printable.line) })
    return ((settings.isQuiet ? [] : lines) + ["secrets: \(result.store): \(summary)"]).map { $0 + "\n" }.joined()
  }

  private func name(_ item: SecretItem, server: String?) -> String {
    switch item {
    case .record(let server, let version): "\(server) \(version)"
    case .orphan(let name): "\(server ?? "orphan") (orphan) \(name.prefix(12))…"
    case .stored(let key): key
    }
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "store": .string(result.store), "removed": .bool(result.isRemoved),
      "looked_at": .strings(result.places),
      "unused": .array(
        result.unused.map { record in
          .object(
            JSONObject(
              members(record.item, server: record.server) + [
                .init("issuer", .string(record.issuer)), .init("client_id", .string(record.clientID)),
                .init("registered_at", .string(or: record.registeredAt?.rfc3339)),
              ]))
        }),
      "in_use": .array(
        result.inUse.map { record in
          .object(JSONObject(members(record.item, server: nil) + [.init("places", .strings(record.places))]))
        }),
      "diagnostics": Documents.diagnostics(notes),
    ]
  }

  private func members(_ item: SecretItem, server: String?) -> [JSONObject.Member] {
    switch item {
    case .record(let server, let version): [.init("server", .string(server)), .init("version", .string(version))]
    case .orphan(let name): [.init("server", .string(or: server)), .init("orphan", .string(name))]
    case .stored(let key): [.init("stored", .string(key))]
    }
  }
}
