import MCPAuthPlan

/// The intents that no later line of a journal has closed (Reliability#Journal).
struct OpenIntents: Equatable {
  private var intents: [String: JournalEvent.Intent] = [:]
  /// The ids of all intents, oldest first.
  private var order: [String] = []
  /// The ids of intents that are not registrations, by server: a later entry of the server closes them.
  private var calls: [String: [String]] = [:]

  init(_ events: [JournalEvent] = []) {
    for event in events { fold(event) }
  }

  /// The requests without a closing line, oldest first. An intent of a change of the lock alone is no request.
  var requests: [JournalEvent.Intent] { order.compactMap { intents[$0] }.filter { $0.call != .lock } }

  subscript(id: String) -> JournalEvent.Intent? { intents[id] }

  mutating func fold(_ event: JournalEvent) {
    switch event {
    case .intent(let intent):
      intents[intent.id] = intent
      order.append(intent.id)
      if intent.call != .register { calls[intent.server, default: []].append(intent.id) }
    case .failed(let id), .unknown(let id):
      intents[id] = nil
    case .registered(let id, let server, _):
      if let id { intents[id] = nil }
      closeCalls(of: server)
    case .removed(let server):
      closeCalls(of: server)
    case .orphaned, .settled: break
    }
  }

  private mutating func closeCalls(of server: String) {
    for id in calls.removeValue(forKey: server) ?? [] { intents[id] = nil }
  }
}
