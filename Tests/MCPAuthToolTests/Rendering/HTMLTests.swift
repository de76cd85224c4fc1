import MCPAuthCore
import Testing

@testable import MCPAuthPlan
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct HTMLTests {
  private static let now = Timestamp(seconds: 1_764_000_000)
  private static let day: Int64 = 86_400
  private let mask = SourceMask(
    SourceText(file: "servers.yaml", bytes: Array(Samples.inventoryText.utf8)), diagnostics: [])

  private func page(_ nodes: [HTMLNode], redact: @escaping (String) -> String = { $0 }) -> String {
    HTMLPage(title: "mcpauth plan", made: Self.now, summary: [], inventories: nodes).text(redact: redact)
  }

  private func page(_ plan: Plan, isQuiet: Bool = false) -> String {
    page([PlanHTML(plan: plan, mask: mask, now: Self.now, isQuiet: isQuiet).node])
  }

  private func plan(_ changes: Change...) -> Plan { Plan(inventory: "servers.yaml", changes: changes) }

  /// The parts between these two texts.
  private func parts(_ text: String, _ open: String, _ close: String) -> [String] {
    text.split(separator: open, omittingEmptySubsequences: false).dropFirst().map { part in
      String(part.split(separator: close, maxSplits: 1, omittingEmptySubsequences: false)[0])
    }
  }

  @Test(
    "ThreatModel#Text-of-a-server: text in a page is escaped in the forms of html.escape",
    arguments: [
      ("abc", "abc"), ("</script>", "&lt;/script&gt;"), ("\"a\" 'b'", "&quot;a&quot; &#x27;b&#x27;"),
      ("&amp;", "&amp;amp;"), ("<!--\u{301}>", "&lt;!--\u{301}&gt;"), ("é → …", "é → …"),
    ])
  func escaped(_ text: String, _ expected: String) {
    #expect(HTMLWriter.escaped(text) == expected)
    var writer = HTMLWriter { $0 }
    writer.write([.tag("code", ["class": text], [.text(text)])])
    #expect(writer.text == "<code class=\"\(expected)\">\(expected)</code>")
  }

  @Test("ThreatModel#Text-of-a-server: no name, id, field or message of a server becomes markup")
  func hostile() {
    let words = "</code></script><script>evil()</script><img src=x onerror='evil()'>\"\u{202E}\u{2066}\r\n::error::evil"
    var change = Samples.notion
    change.server = words
    change.issuer = words
    change.clientID = words
    change.fields = [FieldChange(words, from: .list([words]), to: .text(words)), FieldChange("x", from: nil, to: nil)]
    change.sends = [
      SecretSend(field: words, reference: .file(words), destination: words, sender: .apply, isNew: true),
      SecretSend(field: words, reference: .env(words), destination: words, sender: .verify, isNew: false),
    ]
    var client = Samples.plannedClient
    client.url = words
    client.scopes = [words]
    client.redirectURIs = [words]
    client.byHand = .init(provider: words, clientID: words, adding: [words], removing: [words])
    change.client = client
    change.oldClient = GivenUpClient(clientID: words, issuer: words, fate: .stays)
    change.advice = [words]
    var blocked = Samples.github
    blocked.error?.message = words
    var plan = Plan(inventory: words, changes: [change, blocked])
    plan.storeChanges = [FieldChange(words, old: words, new: words)]
    let text = page(plan)
    #expect(parts(text, "<script>", "</script>") == [HTMLAssets.script])
    #expect(!text.contains("<img") && !text.contains("<script>evil") && text.contains("&lt;img src=x"))
    let harmful = text.unicodeScalars.filter { $0 != "\n" && ForeignText.isHarmful($0) }
    #expect(harmful.isEmpty)
    for line in text.split(separator: "\n") { #expect(!line.hasPrefix("::"), "\(line)") }
    // No foreign text is in a tag, and nothing leads out of the page.
    for tag in parts(text, "<", ">") where !tag.hasPrefix("meta") {
      for part in ["evil", "://", " on", " style"] { #expect(!tag.contains(part), "\(tag)") }
    }
  }

  @Test("ThreatModel#Text-of-a-server: the policy of the page has the hashes of its own style and script")
  func policy() throws {
    let text = page(Samples.plan)
    let style = try #require(parts(text, "<style>", "</style>").first)
    let script = try #require(parts(text, "<script>", "</script>").first)
    let expected =
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      + "style-src 'sha256-\(Fingerprint.base64(Array(style.utf8)))'; "
      + "script-src 'sha256-\(Fingerprint.base64(Array(script.utf8)))'; base-uri 'none'; form-action 'none'\">"
    #expect(text.contains(expected), "\(text.prefix(600))")
    // RFC 6234 section 8.5, in base64.
    #expect(Fingerprint.base64(Array("abc".utf8)) == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    for part in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "fetch", "http"] {
      #expect(!script.contains(part))
    }
    for part in ["@import", "url(", "http", "</"] { #expect(!style.contains(part)) }
  }

  @Test("SecretStores#Redaction: a secret in a page is replaced before the text is escaped")
  func redacted() {
    let secret = "p<ss&w0rd'\"of-a-client"
    let redactor = Redactor()
    redactor.learn(Secret(secret))
    // A secret that is also a part of the style or of a tag changes neither.
    redactor.learn(Secret("color-scheme"))
    redactor.learn(Secret("class=\"server"))
    let text = page([HTMLParts.code("a \(secret) b"), HTMLParts.code("color-scheme")], redact: redactor.redact)
    #expect(text.contains("<code>a &lt;redacted&gt; b</code>") && text.contains("<code>&lt;redacted&gt;</code>"))
    #expect(!text.contains("w0rd"))
    #expect(parts(text, "<style>", "</style>") == [HTMLAssets.style])
  }

  @Test("PlanAndApply#Formats: secrets that go to new places first and not folded, then the authorization servers")
  func order() throws {
    var linear = Samples.linear
    linear.sends = [
      SecretSend(
        field: "oauth2.initial_access_token", reference: .env("T"), destination: nil, sender: .apply, isNew: true)
    ]
    var plan = plan(linear, Samples.github, Samples.notion, Samples.docs, Samples.old)
    plan.warnings = [.warning(.massChange, "many clients")]
    let text = page(plan)
    let marks = [
      "<h1>mcpauth plan</h1>", "<h2><code>servers.yaml</code></h2>", "1 to add, ",
      "<p class=\"cost\">users of 1 server must reconnect</p>",
      "<code>linear</code></strong> sends <code>{env: T}</code> to a place that discovery finds (new)",
      "warning[mass-change]", "<details", "No authorization server, or not known yet", "<code>github</code>",
      "error[registration-unsupported]", "<code>docs</code>", "<h4><code>https://mcp.notion.com</code></h4>",
      "replace the client (<code>issuer-changed, scopes-changed</code>)", "users must reconnect",
      "<dd><code>https://old.notion.com</code> → <code>https://mcp.notion.com</code></dd>",
      "<dd><span class=\"none\">(none)</span> → <code>read write</code></dd>", "<code>old</code>",
      "<h4><code>https://mcp.linear.app</code></h4>", "warning[dcr-deprecated]",
    ]
    let places = try marks.map { mark in try #require(text.firstRange(of: mark), "\(mark)\n\(text)").lowerBound }
    #expect(places == places.sorted(), "\(text)")
  }

  @Test("PlanAndApply#Approval: a page of a plan shows what the client will be, and what becomes of the old one")
  func client() throws {
    var change = Samples.linear
    change.client = Samples.plannedClient
    change.oldClient = GivenUpClient(clientID: "old-1", issuer: nil, fate: .stays)
    change.advice = ["write generation: 1"]
    let text = page(plan(change))
    let rows = [
      "<dt>url</dt>\n<dd><code>https://mcp.linear.app/mcp</code></dd>",
      "<dt>how</dt>\n<dd>dynamic client registration (RFC 7591)</dd>",
      "<dt>scopes</dt>\n<dd><code>read</code>, <code>write</code> (from the server&#x27;s challenge)</dd>",
      "<dt>redirect URIs</dt>\n<dd><code>https://coder.acme.dev/callback</code></dd>",
      "<dt>old client</dt>\n<dd><code>old-1</code> stays at its server, and will be listed under orphans</dd>",
      "<p class=\"advice\">help: <code>write generation: 1</code></p>",
    ]
    for row in rows { #expect(text.contains(row), "\(row)\n\(text)") }
    // What changes is above what the client will be.
    change.fields = [FieldChange("issuer", old: "https://a.example", new: "https://b.example")]
    let changed = page(plan(change))
    let places = ["https://b.example", "<dt>url</dt>"].map { mark in
      changed.firstRange(of: mark)?.lowerBound ?? changed.endIndex
    }
    #expect(places[0] < places[1], "\(changed)")
  }

  @Test("PlanAndApply#Formats: text of a mistake wraps; its line of the file and its requests are scrolled")
  func diagnostic() throws {
    let text = page(plan(Samples.github))
    let content = try #require(parts(text, "<pre class=\"error\">", "</pre>").first, "\(text)")
    let aligned = parts(content, "<span class=\"aligned\" tabindex=\"0\">", "</span>")
    #expect(aligned.count == 2 && aligned[0].contains(" |   github:\n"), "\(content)")
    #expect(aligned[1].contains("POST  https://api.example.com/mcp/") && aligned[1].hasSuffix("\n"), "\(content)")
    // Without the elements it is the text of a terminal.
    let lines = DiagnosticText(style: .plain, width: 120).render(Samples.blockedError, mask: mask)
    let tags = ["<span class=\"aligned\" tabindex=\"0\">", "</span>"]
    #expect(tags.reduce(content) { $0.replacing($1, with: "") } == HTMLWriter.escaped(lines))
  }

  @Test("PlanAndApply#Flags: with --quiet only blocked servers and the counts, and the secrets that go to new places")
  func quiet() {
    let text = page(Samples.plan, isQuiet: true)
    #expect(text.contains("<code>github</code>") && text.contains("1 to replace"))
    #expect(!text.contains("<code>notion</code>") && !text.contains("<code>docs</code>"))
  }

  @Test("PlanAndApply#Status: the page has each server with its conditions, expiries and orphans")
  func status() throws {
    let report = StateCommandTests.report
    let text = page([StatusHTML(report: report).node])
    let marks = [
      "3 servers, 2 need attention, 1 orphan", "<h4><code>https://as.example</code></h4>", "2 servers",
      "<li class=\"server attention\" data-rank=\"0\"", "<code>linear</code>", "secret-expiring", "<code>c-1</code>",
      "until <time datetime=\"2026-11-27T00:00:00Z\">2026-11-27</time>, in 3 d",
      "<li class=\"server settled\" data-rank=\"1\"", "gone-from-inventory", "<code>c-2 [31m</code>", "never expires",
      "No authorization server, or not known yet", "<code>docs</code>", "not-applied", "Expiry of client secrets",
      "<section class=\"orphans\">", "<code>linear</code>: client <code>old</code> at <code>https://as.example</code>",
      ", replaced since <time datetime=\"2026-11-23T10:00:00Z\">2026-11-23</time>, deletable</li>",
    ]
    var rest = Substring(text)
    for mark in marks {
      let place = try #require(rest.firstRange(of: mark), "\(mark)\n\(text)")
      rest = rest[place.upperBound...]
    }
    var unmanaged = report
    unmanaged.orphans[0].managed = false
    #expect(page([StatusHTML(report: unmanaged).node]).contains(", to be deleted by hand</li>"))
    let quiet = page([StatusHTML(report: report, isQuiet: true).node])
    #expect(quiet.contains("<code>docs</code>") && !quiet.contains("gone-from-inventory"))
  }

  @Test("ThreatModel#Text-of-a-server: no text of the lock file becomes markup in a status")
  func hostileStatus() {
    let words = "</li><script>evil()</script>\"'\u{202E}"
    var report = StateCommandTests.report
    report.servers[0].server = words
    report.servers[0].entry?.client?.id = words
    report.servers[0].entry?.endpoints?.issuer = words
    report.orphans = [
      Orphan(
        server: words, issuer: words, clientID: nil, reason: .outcomeUnknown, since: Self.now, managed: false)
    ]
    let text = page([StatusHTML(report: report).node])
    #expect(parts(text, "<script>", "</script>") == [HTMLAssets.script])
    #expect(text.contains(": client unknown at <code>&lt;/li&gt;&lt;script&gt;evil()"))
    #expect(!text.contains("\u{202E}"))
    for tag in parts(text, "<", ">") { #expect(!tag.contains("evil"), "\(tag)") }
  }

  @Test("PlanAndApply#Formats: client secrets on a line of time, the earliest first")
  func expiries() throws {
    func item(_ name: String, _ days: Int64) -> (server: String, expiry: Timestamp) {
      (server: name, expiry: Timestamp(seconds: Self.now.seconds + days * Self.day))
    }
    let items = [item("far", 4000), item("soon", 3), item("past", -2), item("later", 365)]
    let text = page(HTMLExpiries(now: Self.now, items: items).section)
    let rows = parts(text, "<li class=\"expiry ", "</li>")
    let looks = rows.map { String($0.prefix { $0 != "\"" }) }
    #expect(looks == ["expired", "soon", "later", "later"])
    let names = rows.compactMap { parts($0, "<code>", "</code>").first }
    #expect(names == ["past", "soon", "later", "far"])
    let circles = rows.compactMap { parts($0, "cx=\"", "\"").first }
    #expect(circles == ["8.8%", "10.0%", "98.0%", "98.0%"])
    let words = rows.compactMap { parts($0, "<span class=\"left\">", "</span>").first }
    #expect(words == ["expired 2 d ago", "in 3 d", "in 365 d", "in 4000 d"])
    #expect(HTMLExpiries.words(20) == "in 20 s" && HTMLExpiries.words(0) == "expired 0 s ago")
    #expect(HTMLExpiries.words(7200) == "in 2 h" && HTMLExpiries.words(-120) == "expired 2 min ago")
    #expect(HTMLExpiries(now: Self.now, items: []).section.isEmpty)
  }
}
