package import MCPAuthCore
package import MCPAuthPlan

/// Journal events to JSON and back. Each event is an object whose `event` names its kind. A store writes each object as one line.
extension JournalEvent {
  package var json: JSON {
    switch self {
    case .intent(let intent): intent.json
    case .failed(let intent): ["event": "failed", "intent": .string(intent)]
    case .registered(let intent, let server, let entry):
      ["event": "registered", "intent": .string(or: intent), "server": .string(server), "entry": entry.json]
    case .unknown(let intent): ["event": "unknown", "intent": .string(intent)]
    case .removed(let server): ["event": "removed", "server": .string(server)]
    case .orphaned(let orphan): ["event": "orphaned", "orphan": orphan.json]
    case .settled(let server, let issuer, let clientID):
      ["event": "settled", "server": .string(server), "issuer": .string(issuer), "client_id": .string(or: clientID)]
    }
  }

  /// - Throws: what is wrong with the event. An event that is not fully understood is not used: it may be the only trace of a client.
  package init(json: JSON) throws(LockShapeError) {
    var members = try LockMembers(json)
    let event = try members.requiredString("event")
    switch event {
    case "intent": self = .intent(try Intent(&members))
    case "failed": self = .failed(intent: try members.requiredString("intent"))
    case "registered":
      guard let entry = members.take("entry") else { throw members.wrong("entry", "missing") }
      self = .registered(
        intent: try members.string("intent"), server: try members.requiredString("server"),
        entry: try LockEntry(json: entry))
    case "unknown": self = .unknown(intent: try members.requiredString("intent"))
    case "removed": self = .removed(server: try members.requiredString("server"))
    case "orphaned":
      guard let orphan = members.take("orphan") else { throw members.wrong("orphan", "missing") }
      self = .orphaned(try Orphan(json: orphan))
    case "settled":
      self = .settled(
        server: try members.requiredString("server"), issuer: try members.requiredString("issuer"),
        clientID: try members.string("client_id"))
    default: throw members.wrong("event", "'\(ForeignText.printable(event, limit: 64))', which is not known")
    }
    try members.refuseRest()
  }
}

extension JournalEvent.Intent {
  fileprivate var json: JSON {
    var members: [JSONObject.Member] = [
      .init("event", "intent"), .init("id", .string(id)), .init("call", .string(call.rawValue)),
      .init("server", .string(server)), .init("issuer", .string(issuer)), .init("endpoint", .string(endpoint)),
      .init("inputs_digest", .string(inputsDigest)), .init("replaces_digest", .string(or: replacesDigest)),
      .init("time", .string(time.rfc3339)),
    ]
    if let clientID { members.append(.init("client_id", .string(clientID))) }
    return .object(JSONObject(members))
  }

  fileprivate init(_ members: inout LockMembers) throws(LockShapeError) {
    guard let call = try members.choice("call", of: Call.self) else { throw members.wrong("call", "missing") }
    guard let time = try members.time("time") else { throw members.wrong("time", "missing") }
    self.init(
      id: try members.requiredString("id"), call: call, server: try members.requiredString("server"),
      issuer: try members.requiredString("issuer"), endpoint: try members.requiredString("endpoint"),
      inputsDigest: try members.requiredString("inputs_digest"), replacesDigest: try members.string("replaces_digest"),
      time: time, clientID: try members.string("client_id"))
  }
}
