import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolRendering

@Suite struct PlanTextTests {
  private let source = SourceText(file: "servers.yaml", bytes: Array(Samples.inventoryText.utf8))

  @Test("PlanAndApply#Actions: a plan, with the exact text")
  func golden() {
    let text = PlanText(style: .plain, width: 100).render(Samples.plan, source: source)
    #expect(
      text == """
        plan for servers.yaml

          users of 1 server must reconnect

          + linear  add to the lock                         new                             https://mcp.linear.app
            warning[dcr-deprecated]: 'https://mcp.linear.app' also takes client id metadata documents
              help: set client.metadata_url

          ± notion  replace the client                      issuer-changed, scopes-changed  https://mcp.notion.com   abc
              users must reconnect
              issuer:  https://old.notion.com → https://mcp.notion.com
              scopes:  (none) → read write

          - old     remove; the client stays at its server  gone-from-inventory             https://old.example.com  o-1
              users can no longer sign in
              url:  https://mcp.example.com/mcp

          ! github  blocked                                 registration-unsupported
            servers.yaml:5:3: error[registration-unsupported]: 'https://auth.example.com' registers no clients
                5 |   github:
                  |   ^~~~~~
              help: register a client by hand, and write:
                    oauth2:
                      client_id: …
              requests:
                POST  https://api.example.com/mcp/                                      401        text/plain
                GET   https://api.example.com/.well-known/oauth-protected-resource/mcp  404        text/html   absent
                GET   https://auth.example.com/x                                        no answer              no connection

        plan: 1 to add, 1 to replace, 1 to remove, 1 blocked, 1 unchanged

        """)
  }

  @Test("colours: one for each action; counts of zero are left out")
  func colored() {
    let lines = PlanText(style: .colored, width: 100).render(Samples.plan, source: source).split(separator: "\n")
    let escape = "\u{1B}["
    #expect(lines.contains { $0.hasPrefix("  \(escape)32m+ linear\(escape)0m  add to the lock") })
    #expect(lines.contains { $0.hasPrefix("  \(escape)35m± notion\(escape)0m  replace") })
    #expect(lines.contains { $0.hasPrefix("  \(escape)31m- old\(escape)0m     remove") })
    #expect(lines.contains { $0.hasPrefix("  \(escape)1;31m! github\(escape)0m  blocked") })
    #expect(
      lines.last
        == "plan: \(escape)32m1 to add\(escape)0m, \(escape)35m1 to replace\(escape)0m, \(escape)31m1 to remove\(escape)0m, \(escape)1;31m1 blocked\(escape)0m, 1 unchanged"
    )
  }

  @Test("unchanged servers are only counted, and listed with --verbose")
  func unchanged() {
    #expect(
      PlanText(style: .plain, width: 80).render(Samples.quietPlan, source: source)
        == "plan: nothing to do, 1 unchanged\n")
    #expect(
      PlanText(style: .plain, width: 80, isVerbose: true).render(Samples.quietPlan, source: source) == """
        plan for servers.yaml

          = docs  unchanged  disabled

        plan: nothing to do, 1 unchanged

        """)
  }

  @Test("PlanAndApply#Formats: text that does not fit on a line of 80 columns is below it, and is wrapped")
  func wrapped() {
    let text = PlanText(style: .plain, width: 80, wrap: 80).render(Samples.plan, source: source)
    #expect(
      text == """
        plan for servers.yaml

          users of 1 server must reconnect

          + linear  add to the lock
              why:     new
              issuer:  https://mcp.linear.app
            warning[dcr-deprecated]: 'https://mcp.linear.app' also takes client id
              metadata documents
              help: set client.metadata_url

          ± notion  replace the client
              users must reconnect
              why:     issuer-changed, scopes-changed
              client:  abc
              issuer:  https://old.notion.com → https://mcp.notion.com
              scopes:  (none) → read write

          - old     remove; the client stays at its server
              users can no longer sign in
              why:     gone-from-inventory
              issuer:  https://old.example.com
              client:  o-1
              url:     https://mcp.example.com/mcp

          ! github  blocked
              why:  registration-unsupported
            servers.yaml:5:3: error[registration-unsupported]:
              'https://auth.example.com' registers no clients
                5 |   github:
                  |   ^~~~~~
              help: register a client by hand, and write:
                    oauth2:
                      client_id: …
              requests:
                POST  https://api.example.com/mcp/
                    401  text/plain
                GET   https://api.example.com/.well-known/oauth-protected-resource/mcp
                    404  text/html  absent
                GET   https://auth.example.com/x
                    no answer  no connection

        plan: 1 to add, 1 to replace, 1 to remove, 1 blocked, 1 unchanged

        """)
    // A URL is never broken, so that users can copy it.
    for line in text.split(separator: "\n") where DisplayWidth.of(line) > 80 {
      #expect(line.contains("://"), "\(line)")
    }
  }

  @Test("PlanAndApply#Formats: a change of age recipients is printed as a change, also without any other change")
  func recipients() {
    var plan = Samples.quietPlan
    plan.storeChanges = [FieldChange("secrets.recipients", from: .list(["age1a"]), to: .list(["age1a", "age1b"]))]
    #expect(
      PlanText(style: .plain, width: 80, wrap: 80).render(plan, source: source) == """
        plan for servers.yaml

          ~ secret store  new records only; for the others: mcpauth secrets rekey
              secrets.recipients:  age1a → age1a, age1b

        plan: 1 unchanged

        """)
    #expect(
      MarkdownRun(command: "plan").page(plan, source: source).render().contains(
        "#### Secret store\n\n- `secrets.recipients`: `age1a` → `age1a`, `age1b`: new records only;"))
  }

  @Test("--quiet omits warnings and successes")
  func quiet() {
    let text = PlanText(style: .plain, width: 100, isQuiet: true).render(Samples.plan, source: source)
    #expect(!text.contains("warning") && !text.contains("linear") && !text.contains("notion"))
    #expect(text.contains("  ! github  blocked  registration-unsupported\n"))
    #expect(text.contains("error[registration-unsupported]"))
    #expect(text.hasSuffix("plan: 1 to add, 1 to replace, 1 to remove, 1 blocked, 1 unchanged\n"))
  }

  @Test("ThreatModel#Text-of-a-server: text of a server begins no line and moves no cursor")
  func foreign() {
    var change = Samples.notion
    change.clientID = "id\n::error::x\u{1B}[2J"
    change.fields = [FieldChange("scopes", old: "a\nb", new: "")]
    let text = PlanText(style: .plain, width: 100)
      .render(Plan(inventory: "servers.yaml", changes: [change]), source: source)
    #expect(text.contains("id ::error::x [2J"))
    #expect(text.contains("scopes:  a b → (empty)"))
  }

  @Test(
    "the text of an action says what is requested from a server",
    arguments: [
      (Action.register, Step.discoverFirst, "register after discovery"),
      (.register, .write(Samples.entry("i", "c")), "add the registered client to the lock"),
      (.add, .write(Samples.entry("i", "c")), "add to the lock"),
      (.add, .discoverFirst, "add to the lock after discovery"),
      (.update, .write(Samples.entry("i", "c")), "update the lock"),
      (.replace, .discoverFirst, "replace the client after discovery"),
      (.remove, .remove, "remove"),
    ])
  func words(_ action: Action, _ step: Step, _ expected: String) {
    #expect(PlanText.words(Change(server: "a", action: action, reasons: [], entry: nil, step: step)) == expected)
  }

  @Test("PlanAndApply#Actions: an imported client counts as imported, whatever it is for the lock file")
  func imported() {
    var change = Samples.linear
    change.isImport = true
    #expect(PlanText.words(change) == "import the client")
    let plan = Plan(inventory: "servers.yaml", changes: [change])
    #expect(PlanText(style: .plain, width: 80).summary(plan) == "plan: 1 to import")
    change.action = .replace
    #expect(PlanText.words(change) == "replace the client by the imported one")
    let run = RunResult(plan: plan, results: [ChangeResult(change: change, outcome: .done, entry: nil)])
    #expect(ApplyText(style: .plain, width: 80, command: "import").summary(run) == "import: 1 imported\n")
    #expect(ApplyText.past(change) == "imported")
  }

  @Test("PlanAndApply#Approval: what a reviewer needs to see of a client, in text and Markdown")
  func client() {
    var change = Samples.notion
    change.client = Samples.plannedClient
    change.oldClient = GivenUpClient(clientID: "abc", issuer: "https://old.notion.com", fate: .stays)
    change.advice = ["write moved_from: old"]
    let plan = Plan(inventory: "servers.yaml", changes: [change])
    let text = PlanText(style: .plain, width: 200).render(plan, source: source)
    #expect(
      text == """
        plan for servers.yaml

          users of 1 server must reconnect

          ± notion  replace the client  issuer-changed, scopes-changed  https://mcp.notion.com  abc
              users must reconnect
              issuer:         https://old.notion.com → https://mcp.notion.com
              scopes:         (none) → read write
              url:            https://mcp.linear.app/mcp
              how:            dynamic client registration (RFC 7591)
              auth method:    client_secret_basic
              scopes from:    the server's challenge
              redirect URIs:  https://coder.acme.dev/callback
              secret:         a new one from the authorization server, kept in the age store
              sign-in:        claude-code; not: cursor
              by hand:        client mine at the provider of https://mcp.linear.app: add the redirect URI https://new.acme.dev/callback; remove the redirect URI https://old.acme.dev/callback
              old client:     abc stays at https://old.notion.com, and will be listed under orphans
              help: write moved_from: old

        plan: 1 to replace

        """)
    let page = MarkdownRun(command: "plan").page(plan, source: source).render()
    for line in [
      "url: `https://mcp.linear.app/mcp`", "auth method: `client_secret_basic`", "scopes from: the server's challenge",
      "redirect URIs: `https://coder.acme.dev/callback`", "sign-in: claude-code; not: cursor",
      "old client: `abc` stays at `https://old.notion.com`, and will be listed under orphans",
      "help: `write moved_from: old`",
    ] {
      #expect(page.contains("  - \(line)\n"), "\(line)\n\(page)")
    }
    // What changes is above what the client will be.
    let field = "  - `issuer`: `https://old.notion.com` → `https://mcp.notion.com`\n"
    let places = [field, "  - url: "].map { page.firstRange(of: $0)?.lowerBound ?? page.endIndex }
    #expect(places[0] < places[1], "\(page)")
    // Without a row of old and new values, the scopes are listed.
    change.fields = []
    let rows = PlannedClientText.rows(change)
    #expect(rows.contains { $0.0 == "scopes" && $0.1 == "read, write (from the server's challenge)" })
  }

  @Test(
    "PlanAndApply#Approval: a server without a client shows its URL and its mode",
    arguments: [LockEntry.Mode.none, .apiKey, .customHeaders])
  func withoutClient(mode: LockEntry.Mode) {
    let entry = LockEntry(mode: mode, url: "https://docs.example.com/mcp")
    var change = Change(server: "docs", action: .add, reasons: [.new], entry: nil, step: .write(entry))
    let plan = Plan(inventory: "servers.yaml", changes: [change])
    let text = PlanText(style: .plain, width: 80).render(plan, source: source)
    let rows = "      url:   https://docs.example.com/mcp\n      mode:  \(mode.rawValue)\n"
    #expect(text.contains("  + docs  add to the lock  new\n" + rows), "\(text)")
    let page = MarkdownRun(command: "plan").page(plan, source: source).render()
    #expect(page.contains("  - url: `https://docs.example.com/mcp`\n  - mode: \(mode.rawValue)\n"), "\(page)")
    // A value that changes is in the changed fields.
    change.fields = [FieldChange("url", old: "https://a.example.com/mcp", new: entry.url)]
    #expect(PlannedClientText.rows(change).map { $0.0 } == ["mode"])
  }

  @Test("PlanAndApply#Approval: the users who must reconnect are counted at the top")
  func reconnect() {
    var second = Samples.notion
    second.server = "second"
    let plan = Plan(inventory: "servers.yaml", changes: [Samples.notion, second, Samples.docs])
    let text = PlanText(style: .plain, width: 80).render(plan, source: source)
    #expect(text.hasPrefix("plan for servers.yaml\n\n  users of 2 servers must reconnect\n\n"))
    let page = MarkdownRun(command: "plan").page(plan, source: source).render()
    #expect(page.contains("\n**users of 2 servers must reconnect**\n"))
    #expect(PlanText.cost(Samples.quietPlan) == nil)
  }

  @Test("PlanAndApply#Actions: a removal says whether the client is deleted too")
  func removal() {
    var change = Samples.old
    #expect(PlanText.words(change) == "remove; the client stays at its server")
    change.entry?.client?.isManaged = true
    #expect(PlanText.words(change) == "remove, and delete the client")
    #expect(PlanText.cost(change) == "users can no longer sign in")
    #expect(PlanText.cost(Plan(inventory: "servers.yaml", changes: [change])) == nil)
    change.entry?.client = nil
    #expect(PlanText.cost(change) == nil)
  }
}
