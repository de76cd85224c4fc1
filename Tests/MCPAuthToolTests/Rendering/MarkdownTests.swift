import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthPlan
@testable import MCPAuthToolRendering

@Suite struct MarkdownTests {
  private let source = SourceText(file: "servers.yaml", bytes: Array(Samples.inventoryText.utf8))
  private let run = MarkdownRun(command: "plan")

  @Test(
    "ThreatModel#Text-of-a-server: no text can end a code span",
    arguments: [
      ("abc", "`abc`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("```", "```` ``` ````"), ("", "`(empty)`"),
      ("  ", "`(empty)`"), ("a\nb", "`a b`"), ("</details>@team|<!--", "`</details>@team|<!--`"),
    ])
  func spans(_ text: String, _ expected: String) {
    #expect(MarkdownText.code(text) == expected)
  }

  @Test("ThreatModel#Text-of-a-server: a fence is longer than any row of backticks inside")
  func fences() {
    #expect(MarkdownText.block("a\n") == "```text\na\n```\n")
    #expect(MarkdownText.block("````\n</details>") == "`````text\n````\n</details>\n`````\n")
  }

  @Test(
    "PlanAndApply#Formats: the hidden marker has command and inventory, and no file name can end it",
    arguments: [
      ("servers.yaml", "servers.yaml"), ("a/b-c.yml", "a/b-c.yml"), ("x-->y", "x-%2D%3Ey"), ("a b\n", "a%20b%0A"),
    ])
  func markers(_ file: String, _ shown: String) {
    #expect(MarkdownText.marker(["plan", file]) == "<!-- mcpauth plan \(shown) -->")
  }

  @Test(
    "PlanAndApply#Formats: replacements and removals first and visible; the rest in folds, blocked servers in an open one"
  )
  func order() throws {
    let text = run.page(Samples.plan, source: source).render()
    #expect(text.hasPrefix("<!-- mcpauth plan servers.yaml -->\n### mcpauth plan: 1 to add, "))
    let marks = [
      "#### 1 to replace\n",
      "- `±` **`notion`**: replace the client (`issuer-changed`, `scopes-changed`): **users must",
      "#### 1 to remove\n", "<details open><summary>1 blocked</summary>\n\n- `!` **`github`**",
      "<details><summary>1 to add</summary>\n\n- `+` **`linear`**",
    ]
    let places = try marks.map { mark in try #require(text.range(of: mark), "\(mark)\n\(text)").lowerBound }
    #expect(places == places.sorted())
    let firstFold = try #require(text.range(of: "<details"))
    #expect(text.range(of: "**`old`**").map { $0.upperBound < firstFold.lowerBound } == true)
    #expect(text.components(separatedBy: "<details").count == text.components(separatedBy: "</details>").count)
  }

  @Test("PlanAndApply#Formats: a plan that apply will refuse says so above its groups")
  func refusal() throws {
    var plan = Samples.plan
    plan.warnings = [.warning(.massChange, "apply will refuse this: many clients")]
    let text = run.page(plan, source: source).render()
    let warning = try #require(text.range(of: "apply will refuse this"), "\(text)")
    let group = try #require(text.range(of: "#### 1 to replace\n"), "\(text)")
    #expect(warning.lowerBound < group.lowerBound, "\(text)")
  }

  @Test("ThreatModel#Text-of-a-server: any text of a hostile server stays in its span")
  func hostile() {
    let words = "`` ``` </details> @team <!-- | [x](http://e) ##[error] ::error::"
    var change = Samples.notion
    change.issuer = words
    change.fields = [FieldChange("scopes", from: .list([words]), to: nil)]
    var blocked = Samples.github
    blocked.error?.message = words
    let text = run.page(Plan(inventory: "servers.yaml", changes: [change, blocked]), source: source).render()
    // The text outside of spans and blocks comes only from mcpauth.
    var fence: String?
    var outside = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if let open = fence {
        if line == open { fence = nil }
      } else if line.hasPrefix("```") {
        fence = String(line.prefix { $0 == "`" })
      } else {
        outside += Self.withoutSpans(line) + "\n"
      }
    }
    #expect(fence == nil)
    for part in ["@team", "[x]", "::error", "##["] { #expect(!outside.contains(part), "\(outside)") }
    #expect(outside.components(separatedBy: "<!--").count == 2)
    #expect(outside.components(separatedBy: "<details").count == outside.components(separatedBy: "</details>").count)
  }

  /// CommonMark 0.31, 6.1: a span ends at the next row of exactly as many backticks.
  private static func withoutSpans(_ line: String) -> String {
    var out = ""
    var rest = Substring(line)
    while let start = rest.firstIndex(of: "`") {
      out += rest[..<start]
      let run = rest[start...].prefix { $0 == "`" }
      var search = rest[run.endIndex...]
      var end: Substring.Index?
      while let tick = search.firstIndex(of: "`") {
        let other = search[tick...].prefix { $0 == "`" }
        search = search[other.endIndex...]
        if other.count == run.count {
          end = other.endIndex
          break
        }
      }
      guard let end else {
        rest = rest[run.endIndex...]
        continue
      }
      rest = rest[end...]
    }
    return out + rest
  }

  @Test("PlanAndApply#Formats: at most 60,000 characters, with a count of what was omitted, and every fold closed")
  func long() {
    let changes = (0..<5_000).map { index in
      var change = index % 2 == 0 ? Samples.notion : Samples.linear
      change.server = "server-\(index)"
      return change
    }
    let text = run.page(Plan(inventory: "servers.yaml", changes: changes), source: source).render()
    #expect(text.utf16.count <= MarkdownPage.limit)
    #expect(text.utf16.count > 50_000)
    let shown = text.components(separatedBy: "`±`").count - 1
    #expect(text.contains("**Left out, because there is no room: \(2_500 - shown) to replace, 2500 to add.**"))
    #expect(text.components(separatedBy: "<details").count == text.components(separatedBy: "</details>").count)
  }

  /// A change that sends the secret of the variable to a new place.
  private func sending(_ variable: String, to destination: String, _ server: String) -> Change {
    var change = Samples.linear
    change.server = server
    change.sends = [
      SecretSend(
        field: "api_key.value", reference: .env(variable), destination: destination, sender: .consumers, isNew: true)
    ]
    return change
  }

  @Test("PlanAndApply#Secrets-that-are-sent: each new origin has a line, however many lines come before it")
  func newPlaces() {
    var changes = (0..<2_000).map { sending("KEY", to: "https://same.example/mcp/\($0)", "server-\($0)") }
    changes.append(sending("KEY", to: "https://evil.example/mcp", "other-place"))
    changes.append(sending("OTHER", to: "https://same.example/mcp", "other-secret"))
    let plan = Plan(inventory: "servers.yaml", changes: changes)
    let text = run.page(plan, source: source).render()
    #expect(text.utf16.count <= MarkdownPage.limit)
    for name in ["server-0", "other-place", "other-secret"] {
      #expect(text.contains("- **`\(name)`** sends "), "\(name)")
    }
    #expect(text.contains(" secrets that go to new places, "))
    // Also where there is no room for their inventory.
    let pages = MarkdownPages(command: "plan")
    let others = Array(repeating: Samples.notion, count: 100)
    for index in 0..<100 {
      pages.add { $0.page(Plan(inventory: "\(index).yaml", changes: others), source: source) }
    }
    pages.add { $0.page(plan, source: source) }
    #expect(pages.text.contains("- **`other-place`** sends `{env: KEY}` to `https://evil.example/mcp` (new)"))
    #expect(pages.text.contains("inventories.** The job's log has everything."))
  }

  @Test("PlanAndApply#Formats: several inventories share the space")
  func several() {
    let pages = MarkdownPages(command: "validate")
    let diagnostics = (1...400).map {
      Diagnostic(.error, .unknownKey, String(repeating: "x", count: 300), at: Place(file: "a", line: $0, column: 1))
    }
    for _ in 0..<200 {
      pages.add { $0.page(InventoryCheck(source: source, diagnostics: diagnostics, serverCount: nil)) }
    }
    #expect(pages.text.utf16.count <= MarkdownPage.limit)
    #expect(pages.text.contains("inventories.** The job's log has everything."))
  }
}
