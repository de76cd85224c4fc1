package import MCPAuthCore
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth state pull` and `mcpauth state push`.
package struct StateCopyPage: Presentable {
  let inventory: String
  /// `pulled`, `pushed`
  let verb: String
  let servers: Int
  let place: String

  package init(inventory: String, verb: String, servers: Int, place: String) {
    self.inventory = inventory
    self.verb = verb
    self.servers = servers
    self.place = place
  }

  package func text(_ settings: ReportSettings) -> String {
    "\(verb) \(servers) server\(servers == 1 ? "" : "s") to \(Printable.line(place))\n"
  }

  package var document: JSONObject {
    ["inventory": .string(inventory), "servers": .number(String(servers)), "place": .string(place)]
  }
}

/// `mcpauth state migrate`.
package struct StateMigratePage: Presentable {
  let inventory: String
  let migration: StateMigration

  package init(inventory: String, migration: StateMigration) {
    self.inventory = inventory
    self.migration = migration
  }

  package func text(_ settings: ReportSettings) -> String {
    let count = migration.servers
    return
      "moved \(count) server\(count == 1 ? "" : "s") from \(Printable.line(migration.from)) to \(Printable.line(migration.to))\n"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "from": .string(migration.from), "to": .string(migration.to),
      "servers": .number(String(migration.servers)), "orphans": .number(String(migration.orphans)),
    ]
  }
}
