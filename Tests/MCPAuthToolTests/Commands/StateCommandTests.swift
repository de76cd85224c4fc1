import MCPAuthCore
import Testing

@testable import MCPAuthPlan
@testable import MCPAuthReconciler
@testable import MCPAuthToolCommands
@testable import MCPAuthToolInput
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

/// `status`, `state` and `orphans` (PlanAndApply#Exit-codes): text, documents and exit codes.
@Suite struct StateCommandTests {
  static let now = Timestamp(rfc3339: "2026-11-23T10:00:00Z") ?? Timestamp(seconds: 0)

  static func entry(_ id: String, expires: String? = nil) -> LockEntry {
    var entry = Samples.entry("https://as.example", id)
    entry.client?.authMethod = .basic
    entry.client?.registeredAt = Timestamp(rfc3339: "2026-10-01T00:00:00Z")
    entry.client?.secretExpiresAt = expires.flatMap(Timestamp.init(rfc3339:))
    return entry
  }

  static let orphan = Orphan(
    server: "linear", issuer: "https://as.example", clientID: "old", reason: .replaced, since: now, managed: true)

  static var standing: Standing {
    Standing(
      entries: ["linear": entry("c-1", expires: "2026-11-27T00:00:00Z"), "gone": entry("c-2\u{1B}[31m")],
      orphans: [orphan])
  }

  static var report: StatusReport {
    let place = SourceLocation(file: "servers.yaml", line: 3, column: 3)
    let servers = [
      InventoryServer(
        name: "linear", url: "https://linear.example/mcp", mode: .discovered(OAuth2Settings()), location: place),
      InventoryServer(name: "docs", url: "https://docs.example/mcp", mode: .none, location: place),
    ]
    return StatusReport(Inventory(file: "servers.yaml", servers: servers), standing, now: now)
  }

  private func document(_ world: ToolWorld) throws -> JSON {
    let json = try JSONParser.parse(Array(world.printed.standard.utf8))
    #expect(try SchemaCheck(.state).problems(json) == [], "\(world.printed.standard)")
    return json
  }

  private func world(_ state: FakeStateOperations, files: [String: String] = ["servers.yaml": ""]) -> ToolWorld {
    ToolWorld(files: files, reconciler: FakeReconciler(Plan(inventory: "servers.yaml")), state: state)
  }

  @Test("PlanAndApply#Status: status on a terminal: ids are shortened, and the rest is below; a pipe has everything")
  func narrow() async throws {
    let world = ToolWorld(
      files: ["servers.yaml": ""], reconciler: FakeReconciler(Plan(inventory: "servers.yaml")),
      state: FakeStateOperations(report: Self.report), terminal: Terminal(isOutput: true, width: 60))
    #expect(await world.run("status", "--color", "never") == .done)
    #expect(
      world.printed.standard == """
        STATE                SERVER  SECRET
        secret-expiring      linear  expires 2026-11-27, in 3 d
          issuer: https://as.example  client: c-1
          mode: discovered, dcr  changed: 2026-10-01
        not-applied          docs    -
          mode: none
        gone-from-inventory  gone    never expires
          issuer: https://as.example  client: c-2 [31m
          mode: discovered, dcr  changed: 2026-10-01
        status: 3 servers, 2 need attention, 1 orphan

        """)
  }

  @Test(
    "PlanAndApply#Status: an expiry of less than a day has its hours, minutes or seconds",
    arguments: [
      ("2026-11-23T10:00:20Z", "expires 2026-11-23, in 20 s"), ("2026-11-23T10:05:59Z", "expires 2026-11-23, in 5 min"),
      ("2026-11-23T22:00:00Z", "expires 2026-11-23, in 12 h"), ("2026-11-23T09:00:00Z", "expired 2026-11-23"),
    ])
  func soon(_ expiry: String, _ words: String) async {
    let standing = Standing(entries: ["linear": Self.entry("c-1", expires: expiry)])
    let report = StatusReport(Inventory(file: "servers.yaml"), standing, now: Self.now)
    let world = world(FakeStateOperations(report: report))
    #expect(await world.run("status") == .done)
    #expect(world.printed.standard.contains("  \(words)  "), "\(world.printed.standard)")
    #expect(!world.printed.standard.contains("\nok "), "\(world.printed.standard)")
  }

  @Test("PlanAndApply#Status: a reference without a value here is named below its server, and in the document")
  func withoutValue() async throws {
    var report = Self.report
    report.mark(withoutValue: [
      SecretUse(
        server: "docs", field: "api_key.value", reference: .env("DOCS_KEY"),
        location: SourceLocation(file: "servers.yaml", line: 4, column: 3))
    ])
    let text = world(FakeStateOperations(report: report))
    #expect(await text.run("status") == .done)
    #expect(text.printed.standard.contains("\nnot-applied, no-value-here  docs "), "\(text.printed.standard)")
    #expect(text.printed.standard.contains("\n  no value here: api_key.value from {env: DOCS_KEY}\n"))
    let counts = "status: 3 servers, 2 need attention, 1 without a value here, 1 orphan\n"
    #expect(text.printed.standard.hasSuffix(counts), "\(text.printed.standard)")
    let json = world(FakeStateOperations(report: report))
    #expect(await json.run("status", "--format", "json") == .done)
    let servers = try #require(try document(json)["servers"]?.array)
    let missing = servers[1]["without_value"]?.array?.first
    #expect(missing?["field"]?.string == "api_key.value")
    #expect(missing?["reference"]?.string == "{env: DOCS_KEY}")
    #expect(servers[0]["without_value"]?.array?.isEmpty == true)
  }

  @Test(
    "PlanAndApply#Status: it is not known when the secret of a client that the inventory names expires",
    arguments: [
      (LockedClient.Registration.manual, "expiry not known"), (.preregistered, "expiry not known"),
      (.dcr, "never expires"),
    ])
  func ownExpiry(_ registration: LockedClient.Registration, _ words: String) {
    var entry = Self.entry("c-1")
    entry.client?.registration = registration
    let standing = Standing(entries: ["linear": entry])
    let report = StatusReport(Inventory(file: "servers.yaml"), standing, now: Self.now)
    #expect(StatusPage(report: report).secret(report.servers[0]) == words)
  }

  @Test("PlanAndApply#Commands: status prints one row per server")
  func status() async throws {
    let world = world(FakeStateOperations(report: Self.report))
    #expect(await world.run("status") == .done)
    #expect(
      world.printed.standard == """
        STATE                SERVER  SECRET                      ISSUER              CLIENT    MODE             CHANGED
        secret-expiring      linear  expires 2026-11-27, in 3 d  https://as.example  c-1       discovered, dcr  2026-10-01
        not-applied          docs    -                           -                   -         none             -
        gone-from-inventory  gone    never expires               https://as.example  c-2 [31m  discovered, dcr  2026-10-01
        status: 3 servers, 2 need attention, 1 orphan

        """)
  }

  @Test(
    "PlanAndApply#Commands: status --check fails if something needs attention, in each format",
    arguments: StatusFormat.allCases)
  func check(format: StatusFormat) async throws {
    let world = world(FakeStateOperations(report: Self.report))
    #expect(await world.run("status", "--check", "--format", format.rawValue) == .failed)
    #expect(world.closed == 1)
    guard format == .json else { return }
    let json = try document(world)
    #expect(json["servers"]?.array?.first?["conditions"] == ["secret-expiring"])
    #expect(json["summary"] == ["needs_attention": 2, "orphans": 1, "servers": 3])
  }

  @Test("PlanAndApply#Formats: status as Markdown: servers that need attention first, the others and orphans folded")
  func markdown() async throws {
    let world = world(FakeStateOperations(report: Self.report))
    #expect(await world.run("status", "--check", "--format", "markdown") == .failed)
    #expect(
      world.printed.standard == """
        <!-- mcpauth status servers.yaml -->
        ### mcpauth status: 3 servers, 2 need attention, 1 orphan

        Inventory: `servers.yaml`

        #### 2 need attention

        - **`linear`**: `secret-expiring`
          - secret: `expires 2026-11-27, in 3 d`
          - issuer: `https://as.example`
          - client: `c-1`
          - mode: `discovered, dcr`
          - changed: `2026-10-01`
        - **`docs`**: `not-applied`
          - mode: `none`

        <details><summary>1 other server</summary>

        - **`gone`**: `gone-from-inventory`
          - secret: `never expires`
          - issuer: `https://as.example`
          - client: `c-2 [31m`
          - mode: `discovered, dcr`
          - changed: `2026-10-01`

        </details>

        <details><summary>1 orphan</summary>

        - **`linear`**: deletable
          - client: `old`
          - issuer: `https://as.example`
          - reason: `replaced`
          - since: `2026-11-23T10:00:00Z`

        </details>

        """)
    #expect(world.printed.error.isEmpty)
  }

  @Test("PlanAndApply#Formats: status in GitHub Actions: text, annotations, the page as summary, and counts as outputs")
  func github() async throws {
    func run(_ format: String) async -> ToolWorld {
      let world = ToolWorld(
        files: ["servers.yaml": ""], reconciler: FakeReconciler(Plan(inventory: "servers.yaml")),
        state: FakeStateOperations(report: Self.report),
        environment: ["GITHUB_STEP_SUMMARY": "/summary", "GITHUB_OUTPUT": "/outputs"])
      #expect(await world.run("status", "--format", format) == .done)
      return world
    }
    let github = await run("github")
    let text = await run("text").printed.standard
    #expect(github.printed.standard.hasPrefix(text))
    #expect(
      github.printed.standard.dropFirst(text.count) == """
        ::warning file=servers.yaml,line=3,col=3,title=needs attention::linear: secret-expiring
        ::warning file=servers.yaml,line=3,col=3,title=needs attention::docs: not-applied

        """)
    let markdown = await run("markdown").printed.standard
    #expect(github.appendedFiles["/summary"] == markdown + "\n")
    #expect(github.appendedFiles["/outputs"] == "servers=3\nneeds_attention=2\norphans=1\nexit_code=0\n")
  }

  @Test("PlanAndApply#Commands: state list and orphans list are tables with the state first")
  func tables() async throws {
    var standing = Self.standing
    standing.recovered = ["gone"]
    let list = world(FakeStateOperations(standing: standing))
    #expect(await list.run("state", "list") == .done)
    #expect(
      list.printed.standard == """
        STATE      SERVER  MODE  ISSUER              CLIENT
        recovered  gone    dcr   https://as.example  c-2 [31m
        locked     linear  dcr   https://as.example  c-1

        """)
    let orphans = world(FakeStateOperations(standing: standing))
    #expect(await orphans.run("orphans", "list") == .done)
    #expect(
      orphans.printed.standard == """
        STATE      SERVER  CLIENT  ISSUER              REASON    SINCE
        deletable  linear  old     https://as.example  replaced  2026-11-23T10:00:00Z

        """)
  }

  @Test("PlanAndApply#Commands: state list and show can be documents too; an unknown name is wrong usage")
  func look() async throws {
    let list = world(FakeStateOperations(standing: Self.standing))
    #expect(await list.run("state", "list", "--format", "json") == .done)
    #expect(try document(list)["servers"]?.array?.count == 2)
    let show = world(FakeStateOperations(standing: Self.standing))
    #expect(await show.run("state", "show", "linear", "--format", "json") == .done)
    #expect(try document(show)["orphans"]?.array?.count == 1)
    let unknown = world(FakeStateOperations(standing: Self.standing))
    #expect(await unknown.run("state", "show", "liner") == .usage)
    #expect(unknown.printed.error.contains("did you mean 'linear'?"))
  }

  @Test("PlanAndApply#Commands: state move prints what was moved, and what remains to be done")
  func move() async throws {
    let moved = ServerMoveResult(old: "a", new: "b", entry: Self.entry("c"), isInInventory: false)
    let state = FakeStateOperations(moved: .success(moved))
    let text = world(state)
    #expect(await text.run("state", "move", "a", "b", "--lock-timeout", "2s") == .done)
    #expect(text.settings.first?.lockTimeout == 2)
    #expect(state.asked == ["move a b"])
    #expect(text.printed.standard == "moved a to b\n")
    #expect(text.printed.error.contains("warning[gone-from-inventory]"))
    let json = world(FakeStateOperations(moved: .success(moved)))
    #expect(await json.run("state", "move", "a", "b", "--format", "json") == .done)
    #expect(try document(json)["moved"] == ["from": "a", "to": "b"])
  }

  @Test("PlanAndApply#Commands: state forget lists the clients that become orphans", arguments: [true, false])
  func forget(isForced: Bool) async throws {
    let forgotten = [
      ServerForgetResult(server: "linear", entry: Self.entry("c"), orphan: Self.orphan, isInInventory: true),
      ServerForgetResult(
        server: "docs", entry: LockEntry(mode: .none, url: "x"), orphan: nil, isInInventory: false),
    ]
    let state = FakeStateOperations(forgotten: .success(forgotten))
    let text = world(state)
    #expect(await text.run("state", "forget", "linear", "docs", isForced ? "--force" : "--quiet") == .done)
    #expect(state.asked == ["forget linear docs" + (isForced ? " by force" : "")])
    #expect(
      text.printed.standard.contains("forgot linear; its client is now an orphan: linear, old, https://as.example"))
    #expect(text.printed.error.contains("still-in-inventory") == isForced)
    let json = world(FakeStateOperations(forgotten: .success(forgotten)))
    #expect(await json.run("state", "forget", "linear", "docs", "--format", "json") == .done)
    #expect(try document(json)["forgotten"]?.array?.count == 2)
  }

  @Test(
    "PlanAndApply#Commands: orphans delete ends with 1 if a client stays, with the reason; orphans forget ends with 0")
  func orphans() async throws {
    let why = Diagnostic(.error, .clientLeftBehind, "it was not deleted: its server says no", help: ["by hand"])
    let kept = [OrphanResult(orphan: Self.orphan, outcome: .kept, note: why)]
    let text = world(FakeStateOperations(orphans: .success(kept)))
    #expect(await text.run("orphans", "delete", "old", "--all") == .failed)
    #expect(text.printed.error.contains("its server says no"))
    let json = world(FakeStateOperations(orphans: .success(kept)))
    #expect(await json.run("orphans", "delete", "old", "--format", "json") == .failed)
    #expect(try document(json)["orphans"]?.array?.first?["error"]?["message"]?.string == why.message)
    let struck = world(FakeStateOperations(orphans: .success([OrphanResult(orphan: Self.orphan, outcome: .forgotten)])))
    #expect(await struck.run("orphans", "forget", "old", "--reason", "replaced", "--format", "json") == .done)
    #expect(try document(struck)["orphans"]?.array?.first?["outcome"] == "forgotten")
    let list = world(FakeStateOperations(standing: Self.standing))
    #expect(await list.run("orphans", "list", "--format", "json") == .done)
    #expect(try document(list)["orphans"]?.array?.first?["client_id"] == "old")
  }

  @Test("PlanAndApply#Commands: a name that matches several lines is wrong usage, with a list of them")
  func ambiguous() async throws {
    let problem = UsageProblem("'x' stands for 2 lines", help: ["name one:\nfirst\nsecond", "or all"])
    let world = world(FakeStateOperations(orphans: .failure(problem)))
    #expect(await world.run("orphans", "delete", "x") == .usage)
    #expect(
      world.printed.error
        == "error: 'x' stands for 2 lines\n  help: name one:\n        first\n        second\n  help: or all\n")
  }

  // MARK: The merge driver

  private func merging(_ ours: LockEntry?, _ theirs: LockEntry?, lineage: String = "l") -> ToolWorld {
    func text(_ entry: LockEntry?, _ lineage: String) -> String {
      let lock = Lock(lineage: lineage, servers: entry.map { ["linear": $0] } ?? [:])
      return String(decoding: LockCodec.encode(lock), as: UTF8.self)
    }
    return ToolWorld(files: ["base": "", "ours": text(ours, "l"), "theirs": text(theirs, lineage)])
  }

  @Test("PlanAndApply#Lock-file: a clean merge is silent, writes ours and nothing else, and needs no inventory")
  func clean() async throws {
    let world = merging(Self.entry("c"), nil)
    #expect(await world.run("state", "merge", "base", "ours", "theirs", "servers.lock.json") == .done)
    #expect(world.printed == ToolWorld.Printed())
    #expect(world.locks == ["ours": world.files["ours"] ?? ""])
  }

  @Test(
    "PlanAndApply#Lock-file: a conflict ends with 1, or with 0 if a side is preferred; ours is written in both cases",
    arguments: [nil, "ours", "theirs"])
  func conflict(prefer: String?) async throws {
    let world = merging(Self.entry("mine"), Self.entry("yours"))
    let exit =
      if let prefer {
        await world.run("state", "merge", "base", "ours", "theirs", "--prefer", prefer, "--format", "json")
      } else {
        await world.run("state", "merge", "base", "ours", "theirs", "--format", "json")
      }
    #expect(exit == (prefer == nil ? .failed : .done))
    #expect(try document(world)["conflicts"]?.array?.first?["kept"]?.string == prefer ?? "ours")
    let lock = try LockCodec.decode(Array((world.locks["ours"] ?? "").utf8), file: "ours")
    #expect(lock.servers["linear"]?.clientID == (prefer == "theirs" ? "yours" : "mine"))
    #expect(lock.orphans.map(\.clientID) == [prefer == "theirs" ? "mine" : "yours"])
  }

  @Test("PlanAndApply#Lock-file: a merge that is refused leaves ours unchanged")
  func refused() async throws {
    let world = merging(Self.entry("mine"), Self.entry("yours"), lineage: "m")
    #expect(await world.run("state", "merge", "base", "ours", "theirs", "--format", "json") == .failed)
    #expect(try document(world)["error"]?["code"] == "merge-refused")
    #expect(world.locks.isEmpty)
    #expect(await world.run("state", "merge", "base", "base", "theirs") == .failed)
    #expect(await world.run("state", "merge", "base", "ours", "nowhere") == .failed)
    #expect(world.locks.isEmpty)
  }
}
