import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// Events as JSON (`schemas/events.schema.json`), without the members that every event has.
enum EventDocument {
  static let formatVersion: JSON = "1.0"

  static func begun(_ command: String) -> JSONObject { event("run_begun", ["command": .string(command)]) }

  static func of(_ happening: RunEvent) -> JSONObject {
    switch happening {
    case .looking(let servers): event("looking", ["servers": Documents.number(servers)])
    case .discovering(let server): event("server_begun", ["server": .string(server), "phase": "looking"])
    case .discovered(let server, let problem):
      event("server_looked_at", ["server": .string(server), "error_code": .string(or: problem?.rawValue)])
    case .decided(let change):
      event("decision", ["server": .string(change.server), "change": RunDocument.server(change)])
    case .beginning(let changes): event("applying", ["changes": Documents.number(changes)])
    case .applying(let server): event("server_begun", ["server": .string(server), "phase": "applying"])
    case .applied(let result):
      event("outcome", ["server": .string(result.change.server), "change": RunDocument.server(result)])
    case .requested(let server, let record):
      event("request", ["server": .string(or: server), "request": DiagnosticDocument.request(record)])
    case .waiting(let server, let milliseconds):
      event("waiting", ["server": .string(or: server), "milliseconds": Documents.number(milliseconds)])
    }
  }

  /// The last event.
  static func ended(_ results: [JSON], exit: ToolExit) -> JSONObject {
    event("result", ["results": .array(results), "exit_code": .number(String(exit.rawValue))])
  }

  private static func event(_ name: String, _ members: JSON) -> JSONObject {
    JSONObject([.init("event", .string(name))] + (members.object?.members ?? []))
  }
}
