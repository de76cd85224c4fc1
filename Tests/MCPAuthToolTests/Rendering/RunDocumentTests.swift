import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthPlan
@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct RunDocumentTests {
  private func members(_ json: JSON?) -> Set<String> { Set(json?.object?.members.map(\.name) ?? []) }

  @Test("PlanAndApply#JSON: a plan")
  func plan() throws {
    let document = RunDocument.plan(Samples.plan)
    #expect(try SchemaCheck(.plan).problems(document) == [])
    #expect(document["format_version"] == "1.0" && document["inventory"] == "servers.yaml")
    let servers = try #require(document["servers"]?.array)
    #expect(servers.compactMap { $0["name"]?.string } == ["linear", "github", "notion", "docs", "old"])
    #expect(
      servers[0] == [
        "name": "linear", "action": "add", "reasons": ["new"], "issuer": "https://mcp.linear.app",
        "warnings": [
          [
            "code": "dcr-deprecated", "message": "'https://mcp.linear.app' also takes client id metadata documents",
            "help": "set client.metadata_url",
          ]
        ],
      ])
    #expect(servers[1]["error"]?["line"] == 5 && servers[1]["error"]?["end_column"] == 9)
    #expect(
      servers[1]["error"]?["requests"]?.array?[2]
        == ["method": "GET", "url": "https://auth.example.com/x", "status": .null, "note": "no connection"])
    #expect(servers[2]["users_must_reconnect"] == true)
    #expect(
      servers[2]["fields"]?.array?.last == ["field": "scopes", "old": .null, "new": "read write"])
    #expect(servers.allSatisfy { $0["outcome"] == nil })
    #expect(
      document["summary"] == [
        "register": 0, "add": 1, "update": 0, "replace": 1, "remove": 1, "blocked": 1, "unchanged": 1, "failed": 1,
      ])
  }

  @Test("PlanAndApply#JSON: an apply has the outcome of each change, and the new lock entry")
  func apply() throws {
    var run = Samples.run
    run.error = Diagnostic(.error, .storeFailed, "disk full")
    run.wasInterrupted = true
    run.warnings = [.warning(.clientLeftBehind, "x")]
    run.results[0].change.isImport = true
    run.results[0].change.client = Samples.plannedClient
    run.results[0].change.oldClient = GivenUpClient(clientID: "old-1", issuer: nil, fate: .own)
    run.results[0].change.advice = ["write moved_from: old"]
    run.results[0].change.sends = [
      SecretSend(
        field: "oauth2.client_secret", reference: .env("LINEAR_SECRET"), destination: "https://as.example.com/token",
        sender: .verify, isNew: true)
    ]
    run.plan.storeChanges = [FieldChange("secrets.recipients", from: .list(["age1a"]), to: .list(["age1b"]))]
    run.others = ["search"]
    run.share = try #require(ServerShare(1, of: 4))
    let document = RunDocument.apply(run)
    let schema = try SchemaCheck(.plan)
    #expect(schema.problems(document) == [])
    let sends = try #require(document["sends"]?.array)
    #expect(sends.compactMap { $0["server"]?.string } == ["linear"])
    #expect(sends.reduce(into: Set()) { $0.formUnion(members($1)) } == schema.properties("newSend"))
    let servers = try #require(document["servers"]?.array)
    #expect(servers.compactMap { $0["outcome"]?.string } == ["done", "failed", "failed", "done", "done"])
    #expect(servers[0]["client_id"] == "new-1")
    #expect(servers[2]["error"]?["code"] == "registration-rejected")
    #expect(document["summary"]?["failed"] == 2)
    // The schema has only members that are written.
    #expect(members(document) == schema.properties("run"))
    #expect(servers.reduce(into: Set()) { $0.formUnion(members($1)) } == schema.properties("server"))
    #expect(members(document["summary"]) == schema.properties("summary"))
    #expect(members(servers[0]["client"]) == schema.properties("client"))
    #expect(members(servers[0]["client"]?["by_hand"]) == schema.properties("byHand"))
    #expect(members(servers[0]["client"]?["consumers"]?.array?.first) == schema.properties("signIn"))
    #expect(members(servers[0]["old_client"]) == schema.properties("oldClient"))
  }

  @Test("PlanAndApply#JSON: a failure of the whole run is `error`")
  func failure() throws {
    let document = RunDocument.failure(
      Diagnostic(.error, .locked, "held", notes: ["by pid 1"], help: ["wait", "--lock-timeout"]),
      inventory: "servers.yaml")
    #expect(try SchemaCheck(.plan).problems(document) == [])
    #expect(
      document["error"] == ["code": "locked", "message": "held", "help": "wait\n--lock-timeout", "notes": ["by pid 1"]])
    #expect(document["servers"] == [])
  }

  @Test("PlanAndApply#JSON: diagnostics of an invalid inventory, every member")
  func diagnostics() throws {
    var full = Samples.blockedError
    full.notes = ["a note"]
    let object = DiagnosticDocument.inventory("servers.yaml", diagnostics: [full], serverCount: nil)
    let document = DiagnosticDocument.document(object)
    let schema = try SchemaCheck(.plan)
    #expect(schema.problems(document) == [])
    #expect(members(document["diagnostics"]?.array?.first) == schema.properties("diagnostic"))
    #expect(members(document) == schema.properties("check").subtracting(["server_count"]))
  }

  @Test("the schema is strict: an unknown member, a wrong type and a missing one are refused")
  func strict() throws {
    let schema = try SchemaCheck(.plan)
    var object = try #require(RunDocument.plan(Samples.plan).object)
    object["surprise"] = true
    #expect(schema.problems(.object(object)) != [])
    object["surprise"] = nil
    object["inventory"] = 1
    #expect(schema.problems(.object(object)) != [])
    object["inventory"] = nil
    #expect(schema.problems(.object(object)) != [])
  }

  @Test("PlanAndApply#Lock-file: the lock's schema has exactly the members that are written")
  func lock() throws {
    var entry = Samples.entry("https://i", "c")
    entry.client?.registeredAt = Timestamp(seconds: 0)
    let orphan = Orphan(
      server: "old", issuer: "https://i", clientID: nil, reason: .outcomeUnknown, since: Timestamp(seconds: 0),
      managed: true,
      retried: true)
    let bytes = LockCodec.encode(Lock(lineage: "7d0a", servers: ["linear": entry], orphans: [orphan]))
    let schema = try SchemaCheck(.lock)
    let json = try JSONParser.parse(bytes)
    #expect(schema.problems(json) == [])
    #expect(members(json["servers"]?["linear"]) == schema.properties("entry").subtracting(["lost"]))
    #expect(members(json["orphans"]?.array?.first) == schema.properties("orphan"))
  }

  @Test(
    "Reliability#Order-of-writes: each line of the journal matches its schema",
    arguments: [
      JournalEvent.intent(
        .init(
          id: "a", call: .register, server: "s", issuer: "i", endpoint: "e", inputsDigest: "d", replacesDigest: nil,
          time: Timestamp(seconds: 0))),
      .failed(intent: "a"), .registered(intent: nil, server: "s", entry: Samples.entry("i", "c")),
      .unknown(intent: "a"),
      .removed(server: "s"),
      .orphaned(
        Orphan(server: "s", issuer: "i", clientID: "c", reason: .replaced, since: Timestamp(seconds: 0), managed: false)
      ),
      .settled(server: "s", issuer: "i", clientID: nil),
    ])
  func journal(_ event: JournalEvent) throws {
    // The store adds the checksum to each line.
    var object = try #require(event.json.object)
    object["sum"] = "0123456789abcdef"
    #expect(try SchemaCheck(.journal).problems(.object(object)) == [])
    object["surprise"] = 1
    #expect(try SchemaCheck(.journal).problems(.object(object)) != [])
  }
}
