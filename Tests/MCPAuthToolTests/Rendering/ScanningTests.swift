import MCPAuthCore
import Testing

@testable import MCPAuthPlan
@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct ScanningTests {
  private func check(_ text: String, _ diagnostics: [Diagnostic]) -> InventoryCheck {
    InventoryCheck(
      source: SourceText(file: "servers.yaml", bytes: Array(text.utf8)), diagnostics: diagnostics, serverCount: nil)
  }

  private func mistake(_ line: Int, _ message: String = "unknown key 'urll'") -> Diagnostic {
    Diagnostic(
      .error, .unknownKey, message, at: Place(file: "servers.yaml", line: line, column: 3, endColumn: 7),
      help: ["did you mean 'url'?"])
  }

  @Test("SARIF 2.1.0: the required members, rules by index, regions in code points")
  func sarif() throws {
    let document = SARIFDocument.document([
      check("a:\n  urll: x\n  urll: y\n", [mistake(3), mistake(2), .warning(.duplicateURL, "same")])
    ])
    #expect(document["version"] == "2.1.0")
    let run = try #require(document["runs"]?.array?.first)
    #expect(run["tool"]?["driver"]?["name"] == "mcpauth" && run["columnKind"] == "unicodeCodePoints")
    let rules = try #require(run["tool"]?["driver"]?["rules"]?.array).compactMap { $0["id"]?.string }
    #expect(rules == ["duplicate-url", "unknown-key"])
    let results = try #require(run["results"]?.array)
    #expect(results.compactMap { $0["level"]?.string } == ["warning", "error", "error"])
    for result in results {
      #expect(result["ruleId"]?.string == result["ruleIndex"]?.integer.map { rules[Int($0)] })
      #expect(result["message"]?["text"]?.string?.isEmpty == false)
      #expect(
        result["locations"]?.array?.first?["physicalLocation"]?["artifactLocation"]?["uri"] == "servers.yaml")
    }
    #expect(
      results[1]["locations"]?.array?.first?["physicalLocation"]?["region"]
        == ["startLine": 2, "startColumn": 3, "endColumn": 7])
  }

  @Test("GitLab code quality: a fingerprint stays the same when lines move, and distinguishes two mistakes")
  func codeQuality() throws {
    let before = CodeQualityDocument.document([check("a:\n  urll: x\n", [mistake(2)])]).array ?? []
    let moved = CodeQualityDocument.document([check("# new\n\na:\n    urll: x\n", [mistake(4)])]).array ?? []
    let twice =
      CodeQualityDocument.document([check("a:\n  urll: x\n  urll: x\n", [mistake(2), mistake(3)])]).array ?? []
    #expect(before.count == 1 && before[0]["fingerprint"] == moved[0]["fingerprint"])
    #expect(moved[0]["location"] == ["path": "servers.yaml", "lines": ["begin": 4]])
    #expect(twice.count == 2 && twice[0]["fingerprint"] == before[0]["fingerprint"])
    #expect(twice[1]["fingerprint"] != twice[0]["fingerprint"])
    #expect(before[0]["check_name"] == "unknown-key" && before[0]["severity"] == "major")
    #expect(before[0]["description"] == "unknown key 'urll'\nhelp: did you mean 'url'?")
  }

  @Test("ThreatModel#Text-of-a-server: no hash of a secret that is in a line")
  func fingerprints() {
    func fingerprint(_ secret: String) -> JSON? {
      let diagnostic = Diagnostic(
        .error, .inlineSecret, "a secret stands in the inventory",
        at: Place(file: "servers.yaml", line: 1, column: 1, endColumn: 14))
      return CodeQualityDocument.document([check("client_secret: \(secret)\n", [diagnostic])]).array?[0]["fingerprint"]
    }
    #expect(fingerprint("first-secret-value") == fingerprint("other-secret-value"))
  }

  @Test(
    "GitHub: values of a workflow command are escaped in the runner's format",
    arguments: [("a%b", "a%25b"), ("a\r\nb", "a%0D%0Ab"), ("a:b,c", "a%3Ab%2Cc")])
  func escapes(_ text: String, _ expected: String) {
    #expect(WorkflowCommand.escaped(property: text) == expected)
  }

  @Test("GitHub: an annotation at its place, on one line, with any text")
  func annotation() {
    let diagnostic = Diagnostic(
      .error, .registrationRejected, "says\n::error::x 100%",
      at: Place(file: "a,b:c.yaml", line: 3, column: 5, endColumn: 9),
      help: ["one", "two"])
    #expect(
      WorkflowCommand.annotation(diagnostic, path: { "sub/" + $0 }, redact: { $0 })
        == "::error file=sub/a%2Cb%3Ac.yaml,line=3,col=5,endColumn=9,title=registration-rejected::says%0A::error::x 100%25%0Ahelp: one%0Ahelp: two\n"
    )
  }

  @Test("GitHub: file names are relative to the repository")
  func workspace() {
    var runner = GitHubRunner()
    #expect(runner.path("x/servers.yaml") == "x/servers.yaml")
    runner.workspace = "/home/me/repo"
    #expect(runner.path("/home/me/repo/x/servers.yaml") == "x/servers.yaml")
    #expect(runner.path("/elsewhere/servers.yaml") == "/elsewhere/servers.yaml")
  }

  @Test("PlanAndApply#Secrets-that-are-sent: a warning at the server for each new place, other places first")
  func newPlaces() async throws {
    var changes = [Samples.github]
    for (index, host) in ["a", "a", "b"].enumerated() {
      var change = Samples.linear
      change.server = "server-\(index)"
      change.warnings = []
      change.location = Place(file: "servers.yaml", line: 10 + index, column: 3)
      change.sends = [
        SecretSend(
          field: "api_key.value", reference: .env("KEY"), destination: "https://\(host).example/mcp",
          sender: .consumers, isNew: true)
      ]
      changes.append(change)
    }
    let plan = Plan(inventory: "servers.yaml", changes: changes)
    let world = ToolWorld(files: ["servers.yaml": Samples.inventoryText], reconciler: FakeReconciler(plan))
    _ = await world.run("plan", "--format", "github")
    let lines = world.printed.standard.split(separator: "\n").filter { $0.hasPrefix("::") }
    try #require(lines.count == 4, "\(lines)")
    let place = "::warning file=servers.yaml,line=10,col=3,title=secret goes to a new place::"
    let text = "server-0 sends {env: KEY} to https://a.example/mcp (new), by consumers of an export"
    #expect(lines[0] == place + text)
    #expect(lines[1].hasPrefix("::warning file=servers.yaml,line=12,"))
    #expect(lines[2].hasPrefix("::error "))
    #expect(lines[3].hasPrefix("::warning file=servers.yaml,line=11,"))
  }

  @Test("GitHub: annotations beyond the runner's limit are counted, errors first")
  func many() async {
    let diagnostics = (1...80).map { line in
      line % 2 == 0
        ? mistake(line) : .warning(.duplicateURL, "w", at: Place(file: "servers.yaml", line: line, column: 1))
    }
    let world = ToolWorld(inventories: ["servers.yaml": .failure(InventoryMistakes(diagnostics: diagnostics))])
    #expect(await world.run("validate", "--format", "github") == .invalid)
    let lines = world.printed.standard.split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("::error ") }.count == 40)
    #expect(lines.filter { $0.hasPrefix("::warning ") }.count == 10)
    #expect(lines.last == "::notice::30 more errors and warnings are in the log only")
  }
}
