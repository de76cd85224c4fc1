import Foundation
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

/// PlanAndApply#Formats: the same plan has the same content in every format.
@Suite struct FormatTests {
  /// The content of an output: names with the signs of their actions, the codes, and the counts above zero.
  private struct Story: Equatable {
    var actions: [String: String] = [:]
    var codes: Set<String> = []
    var counts: [String: Int] = [:]
  }

  private func output(_ arguments: String..., environment: [String: String] = [:]) async -> ToolWorld {
    let world = ToolWorld(
      files: ["servers.yaml": Samples.inventoryText], reconciler: FakeReconciler(Samples.run), environment: environment)
    _ = await MCPAuthCommand.run(arguments, in: world.context)
    return world
  }

  private func story(_ document: JSON) -> Story {
    var story = Story()
    for server in document["servers"]?.array ?? [] {
      let action = server["action"]?.string.flatMap(Action.init(rawValue:))
      story.actions[server["name"]?.string ?? ""] = action?.sign
      let problems = [server["error"]].compactMap(\.self) + (server["warnings"]?.array ?? [])
      story.codes.formUnion(problems.compactMap { $0["code"]?.string })
    }
    for member in document["summary"]?.object?.members ?? [] where member.name != "failed" {
      let count = Int(member.value.integer ?? -1)
      story.counts[member.name] = count == 0 ? nil : count
    }
    return story
  }

  private static let words = [
    "to register": "register", "to add": "add", "to update": "update", "to replace": "replace", "to remove": "remove",
    "blocked": "blocked", "unchanged": "unchanged",
  ]

  /// Reads the content of a text with lines of sign and name, `error[code]`, and a line of counts.
  private func story(_ text: String, line: Regex<(Substring, Substring, Substring)>, counts: Substring?) -> Story {
    var story = Story()
    for match in text.matches(of: line) { story.actions[String(match.2)] = String(match.1) }
    for match in text.matches(of: #/(?:error|warning)\[([a-z0-9-]+)\]/#) { story.codes.insert(String(match.1)) }
    for part in (counts ?? "").split(separator: ", ") {
      let words = part.split(separator: " ", maxSplits: 1).map(String.init)
      if words.count == 2, let name = Self.words[words[1]] { story.counts[name] = Int(words[0]) }
    }
    return story
  }

  @Test("PlanAndApply#Formats: text, markdown, github and ndjson have the same content of a plan as json")
  func plan() async throws {
    let world = await output("plan", "--format", "json")
    let json = try JSONParser.parse(Array(world.printed.standard.utf8), refusingDuplicates: true)
    var told = story(json)
    #expect(told.actions.count == 5 && told.codes == ["dcr-deprecated", "registration-unsupported"])

    let events = await output("plan", "--format", "ndjson").printed.standard.split(separator: "\n")
    let last = try JSONParser.parse(Array(try #require(events.last).utf8))
    #expect(last["results"]?.array == [json])
    #expect(last["exit_code"] == 1)

    // In the output for people, unchanged servers are only counted.
    told.actions["docs"] = nil
    let text = await output("plan").printed.standard
    let line = #/(?m)^  ([+~±!=-]) ([a-z]+) /#
    #expect(story(text, line: line, counts: text.split(separator: "plan: ").last?.split(separator: "\n").first) == told)

    let files = ["GITHUB_STEP_SUMMARY": "/summary", "GITHUB_OUTPUT": "/outputs"]
    let github = await output("plan", "--format", "github", environment: files)
    #expect(github.printed.standard.hasPrefix(text))
    let annotations = github.printed.standard.dropFirst(text.count).split(separator: "\n")
    #expect(annotations.count == 2)
    #expect(
      Set(annotations.compactMap { $0.firstMatch(of: #/title=([a-z0-9-]+)::/#)?.1 }.map(String.init)) == told.codes)
    let markdown = await output("plan", "--format", "markdown").printed.standard
    #expect(github.appendedFiles["/summary"] == markdown + "\n")
    let outputs = github.appendedFiles["/outputs"] ?? ""
    for (name, count) in told.counts { #expect(outputs.contains("\(name)=\(count)\n")) }
    #expect(outputs.hasPrefix("has_changes=true\n") && outputs.hasSuffix("failed=1\nexit_code=1\n"))

    let item = #/(?m)^- `(.)` \*\*`([a-z]+)`/#
    let counts = markdown.split(separator: "### mcpauth plan: ").last?.split(separator: "\n").first
    #expect(story(markdown, line: item, counts: counts) == told)

    // A page has a row for each server, also the unchanged ones.
    let page = await output("plan", "--format", "html").printed.standard
    let row = #/<span class="sign">(.)</span> <code>([a-z]+)</code>/#
    let sum = page.split(separator: "<p class=\"counts\">").last?.split(separator: "<").first
    told.actions["docs"] = "="
    #expect(story(page, line: row, counts: sum) == told)
  }

  @Test("PlanAndApply#Formats: the outcomes of an apply too")
  func apply() async throws {
    let world = await output("apply", "--format", "json")
    let json = try JSONParser.parse(Array(world.printed.standard.utf8), refusingDuplicates: true)
    let events = try await output("apply", "--format", "ndjson").printed.standard.split(separator: "\n")
      .map { try JSONParser.parse(Array($0.utf8), refusingDuplicates: true) }
    let schema = try SchemaCheck(.events)
    for event in events { #expect(schema.problems(event) == [], "\(event)") }
    #expect(events.map { $0["seq"]?.integer } == (1...events.count).map { Int64($0) })
    #expect(events.first?["event"] == "run_begun" && events.first?["command"] == "apply")
    #expect(events.last?["results"]?.array == [json])
    let outcomes = events.filter { $0["event"] == "outcome" }.compactMap { $0["change"] }
    #expect(outcomes == json["servers"]?.array)

    let markdown = await output("apply", "--format", "markdown").printed.standard
    for server in json["servers"]?.array ?? [] where server["action"] != "unchanged" {
      let name = server["name"]?.string ?? ""
      #expect(markdown.contains("**`\(name)`**"))
      if let code = server["error"]?["code"]?.string { #expect(markdown.contains("error[\(code)]")) }
    }
    #expect(markdown.contains("### mcpauth apply: 1 added, 1 removed, 2 failed, 1 unchanged\n"))
  }

  @Test("PlanAndApply#Formats: every event matches its schema, and the schema has only members that are written")
  func events() throws {
    let record = RequestRecord(method: "GET", url: "https://a/x?y=…", status: 200, contentType: "text/plain", note: "n")
    let happenings: [RunEvent] = [
      .looking(servers: 2), .discovering(server: "a"), .discovered(server: "a", problem: .unreachable),
      .discovered(server: "a", problem: nil), .decided(Samples.github), .beginning(changes: 1), .applying(server: "a"),
      .applied(Samples.run.results[0]), .requested(server: nil, record), .waiting(server: "a", milliseconds: 1500),
    ]
    let output = ToolWorld()
    let report = EventReport(ReportSettings(format: .ndjson, command: "plan"), output.context.output)
    for event in happenings { report.happened(event) }
    let objects = happenings.map(EventDocument.of) + [EventDocument.begun("x"), EventDocument.ended([], exit: .done)]
    let schema = try SchemaCheck(.events)
    var names: Set<String> = []
    for object in objects {
      let common: [JSONObject.Member] = [
        .init("format_version", "1.0"), .init("seq", 1), .init("time", "2026-11-23T10:00:00Z"),
      ]
      let event = JSON.object(JSONObject(common + object.members))
      #expect(schema.problems(event) == [])
      let name = event["event"]?.string ?? ""
      names.insert(name)
      #expect(Set(event.object?.members.map(\.name) ?? []) == schema.properties(name))
    }
    #expect(names.count == 10)
  }

  @Test(
    "PlanAndApply#Formats: a format that a command does not support is wrong usage, with a list of the supported ones",
    arguments: [
      (["plan", "--format", "sarif"], "text json markdown github ndjson html"),
      (["apply", "--format", "html"], "text json markdown github ndjson"),
      (["status", "--format", "ndjson"], "text json markdown github html"),
      (["verify", "--format", "sarif"], "text json markdown github"),
      (["orphans", "list", "--format", "markdown"], "text json"),
      (["state", "list", "--format", "ndjson"], "text json"),
      (["validate", "--format", "xml"], "text json markdown github ndjson sarif gitlab"),
    ])
  func unknown(_ arguments: [String], _ list: String) async {
    let world = ToolWorld()
    #expect(await MCPAuthCommand.run(arguments, in: world.context) == .usage)
    // A short list is in the sentence, a long one below it.
    let words = world.printed.error.split { " '-\n.,".contains($0) }
    for name in list.split(separator: " ") { #expect(words.contains(name), "\(world.printed.error)") }
  }

  @Test("the names of the formats are the same in the options and in the report")
  func names() {
    for choice in RunFormat.allCases { #expect(choice.format.rawValue == choice.rawValue) }
    for choice in StatusFormat.allCases { #expect(choice.format.rawValue == choice.rawValue) }
    for choice in PlanFormat.allCases { #expect(choice.format.rawValue == choice.rawValue) }
    for choice in CheckFormat.allCases { #expect(choice.format.rawValue == choice.rawValue) }
    for choice in PageFormat.allCases { #expect(choice.format.rawValue == choice.rawValue) }
    for choice in DocumentFormat.allCases { #expect(choice.format.rawValue == choice.rawValue) }
    let names = Set(CheckFormat.allCases.map(\.rawValue)).union(PlanFormat.allCases.map(\.rawValue))
    #expect(names == Set(OutputFormat.allCases.map(\.rawValue)))
  }
}
