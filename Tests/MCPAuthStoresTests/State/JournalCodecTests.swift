import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@Suite struct JournalCodecTests {
  static let events: [JournalEvent] =
    JournalEvent.Intent.Call.allCases.map { call in
      .intent(
        .init(
          id: "i1", call: call, server: "linear", issuer: "https://as.example", endpoint: "https://as.example/register",
          inputsDigest: "d1", replacesDigest: call == .register ? nil : "d0", time: Sample.time,
          clientID: call == .register ? nil : "c1"))
    } + [
      .failed(intent: "i1"), .unknown(intent: "i1"), .removed(server: "linear"),
      .registered(intent: "i1", server: "linear", entry: Sample.entry()),
      .registered(
        intent: nil, server: "linear", entry: LockEntry(mode: .none, url: "https://a.example")),
      .orphaned(
        Orphan(
          server: "linear", issuer: "https://as.example", clientID: nil, reason: .outcomeUnknown, since: Sample.time,
          managed: false, retried: true)),
      .settled(server: "linear", issuer: "https://as.example", clientID: "c1"),
      .settled(server: "linear", issuer: "https://as.example", clientID: nil),
    ]

  @Test("Reliability#Journal: every event is read back from its JSON unchanged", arguments: events)
  func roundTrip(event: JournalEvent) throws {
    #expect(try JournalEvent(json: event.json) == event)
    #expect(try JournalEvent(json: JSONParser.parse(JSONWriter.compact(event.json))) == event)
  }

  @Test(
    "Reliability#Journal: an event that is not fully understood is an error with the reason",
    arguments: [
      (#"{}"#, "'event' is missing"), (#"{"event": "later"}"#, "'event' is 'later', which is not known"),
      (#"{"event": "failed"}"#, "'intent' is missing"), (#"[]"#, "a list where an object is expected"),
      (#"{"event": "failed", "intent": "i", "more": 1}"#, "unknown member 'more'"),
      (#"{"event": "registered", "server": "s"}"#, "'entry' is missing"),
      (#"{"event": "orphaned"}"#, "'orphan' is missing"),
      (#"{"event": "intent", "call": "sing"}"#, "'call' is not one of register, update, read, delete, lock"),
      (#"{"event": "intent", "call": "read", "time": "now"}"#, "'time' is not an RFC 3339 time in UTC"),
    ])
  func refused(text: String, problem: String) throws {
    let json = try JSONParser.parse(Array(text.utf8))
    #expect(throws: LockShapeError(message: problem)) { try JournalEvent(json: json) }
  }
}
