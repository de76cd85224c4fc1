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
  /// On how many servers runs are working.
  let underWay: Int

  package init(inventory: String, verb: String, servers: Int, place: String, underWay: Int = 0) {
    self.inventory = inventory
    self.verb = verb
    self.servers = servers
    self.place = place
    self.underWay = underWay
  }

  package func text(_ settings: ReportSettings) -> String {
    "\(verb) \(servers) server\(servers == 1 ? "" : "s") to \(Printable.line(place))\n"
      + (underWay > 0 ? "\(underWay) under way: pull again when the runs have ended\n" : "")
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory),
      "copied": [
        "how": .string(verb), "to": .string(place), "servers": .number(String(servers)),
        "under_way": .number(String(underWay)),
      ],
    ]
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
      "inventory": .string(inventory),
      "migrated": [
        "from": .string(migration.from), "to": .string(migration.to), "servers": .number(String(migration.servers)),
        "orphans": .number(String(migration.orphans)),
      ],
    ]
  }
}
