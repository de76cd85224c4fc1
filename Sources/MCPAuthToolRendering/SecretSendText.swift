import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// Where a plan sends secrets, for each format. Secrets that go to a new place come first and are never left out (PlanAndApply#Secrets-that-are-sent).
enum SecretSendText {
  static let heading = "secrets go to new places:"

  /// The secrets that go to a new place, in the order of the plan.
  static func new(_ plan: Plan) -> [(server: String, send: SecretSend)] {
    plan.changes.flatMap { change in change.sends.filter(\.isNew).map { (change.server, $0) } }
  }

  /// `sends {env: X} to https://auth.example.com/register (new)`
  static func line(_ send: SecretSend, code: (String) -> String = { $0 }) -> String {
    let place = send.destination.map { code(ForeignText.printable($0, limit: 512)) } ?? "a place that discovery finds"
    return "sends \(code(reference(send))) to \(place)" + (send.isNew ? " (new)" : "") + sender(send)
  }

  static func document(_ send: SecretSend) -> JSON {
    [
      "field": .string(send.field), "reference": .string(reference(send)), "to": .string(or: send.destination),
      "sender": .string(send.sender.rawValue), "is_new": .bool(send.isNew),
    ]
  }

  private static func reference(_ send: SecretSend) -> String {
    let (kind, name) =
      switch send.reference {
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
