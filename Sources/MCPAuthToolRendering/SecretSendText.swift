import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// Where a plan sends secrets, for each format. Secrets that go to a new place come first and are never left out (PlanAndApply#Secrets-that-are-sent).
enum SecretSendText {
  static let heading = "secrets go to new places:"

  /// A secret that goes to a new place.
  struct New {
    var server: String
    /// The location of the server in the inventory.
    var location: SourceLocation?
    var send: SecretSend
    /// Whether no secret before it goes by the same reference to the same origin.
    var isFirst: Bool
  }

  /// The secrets that go to a new place, in the order of the plan.
  static func new(_ changes: [Change]) -> [New] {
    var seen: Set<[String]> = []
    var found: [New] = []
    for change in changes {
      for send in change.sends where send.isNew {
        let isFirst = seen.insert([send.reference.description, send.origin ?? send.destination ?? ""]).inserted
        found.append(New(server: change.server, location: change.location, send: send, isFirst: isFirst))
      }
    }
    return found
  }

  /// `sends {env: X} to https://auth.example.com/register (new)`
  static func line(_ send: SecretSend, code: (String) -> String = { $0 }) -> String {
    let parts = Self.parts(send)
    return "sends \(code(parts.reference)) to \(parts.place.map(code) ?? unknownPlace)" + parts.end
  }

  static let unknownPlace = "a place that discovery finds"

  /// The foreign texts of the line, and its end. The place is nil if only discovery finds it.
  static func parts(_ send: SecretSend) -> (reference: String, place: String?, end: String) {
    let place = send.destination.map { ForeignText.printable($0, limit: 512) }
    return (reference(send), place, (send.isNew ? " (new)" : "") + sender(send))
  }

  static func document(_ send: SecretSend) -> JSON { .object(members(send)) }

  /// The same, with the name of the server.
  static func document(_ new: New) -> JSON {
    var object = members(new.send)
    object["server"] = .string(new.server)
    return .object(object)
  }

  private static func members(_ send: SecretSend) -> JSONObject {
    [
      "field": .string(send.field), "reference": .string(reference(send)), "to": .string(or: send.destination),
      "sender": .string(send.sender.rawValue), "is_new": .bool(send.isNew),
    ]
  }

  private static func reference(_ send: SecretSend) -> String { reference(send.reference) }

  /// `{env: X}`
  static func reference(_ reference: SecretReference) -> String {
    let (kind, name) =
      switch reference {
      case .env(let name): ("env", name)
      case .file(let path): ("file", path)
      case .stored(let key): ("stored", key)
      }
    return "{\(kind): \(Printable.line(name))}"
  }

  private static func sender(_ send: SecretSend) -> String {
    switch send.sender {
    case .apply: ""
    case .verify: ", with verify and by consumers"
    case .consumers: ", by consumers of an export"
    }
  }
}
