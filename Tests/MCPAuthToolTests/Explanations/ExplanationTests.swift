import ArgumentParser
import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct ExplanationTests {
  static let all = Explanation.all

  @Test(
    "ErrorCodes#What-a-failure-says: every name that can be in brackets or among reasons is explained, once; nothing else is"
  )
  func complete() {
    let names = Self.all.map(\.name)
    #expect(Set(names).count == names.count, "explained twice")
    for kind in Explanation.Kind.allCases {
      let missing = Explanation.names(of: kind).subtracting(names).sorted()
      #expect(missing == [], "not explained, and can be a \(kind.rawValue)")
    }
    #expect(Self.all.filter(\.kinds.isEmpty).map(\.name) == [], "explained, and nothing says so")
  }

  /// The names of the documented contract. A change of the program alone must not change what is promised to users.
  static let promised = [
    // of the inventory
    "yaml-syntax", "unknown-key", "duplicate-key", "missing-key", "invalid-value", "unset-variable",
    "inventory-too-large", "inline-secret", "unresolved-placeholder", "partial-oauth2-config",
    "secret-without-client", "token-without-issuer", "mixed-redirect-uris", "invalid-url", "insecure-url",
    // of requests, discovery and registration
    "address-blocked", "redirect-refused", "response-too-large", "timeout", "unreachable", "no-auth-required",
    "resource-metadata-unavailable", "resource-mismatch", "no-authorization-server",
    "authorization-server-metadata-unavailable", "issuer-mismatch", "metadata-invalid", "pkce-unsupported",
    "registration-unsupported", "client-metadata-invalid", "auth-method-unsupported", "redirect-uri-rejected",
    "client-metadata-rejected", "software-statement-rejected", "registration-protected", "rate-limited",
    "registration-rejected", "registration-outcome-unknown", "registration-insufficient", "registration-altered",
    "registration-expired",
    // of clients, secrets and state
    "registration-lost", "update-outcome-unknown", "renewal-ineffective", "issuer-changed", "secret-expiring",
    "secret-missing", "secret-unreadable", "secret-mismatch", "store-not-durable", "protected", "mass-change",
    "locked", "stale-plan", "lock-invalid", "lock-too-new", "lock-missing", "journal-invalid", "journal-foreign",
    // warnings that the contract names
    "duplicate-url", "resource-is-broader", "issuer-trailing-slash", "dcr-deprecated", "client-metadata-unverified",
    "scope-narrowed", "management-lost", "clock-wrong",
  ]

  static let promisedReasons = [
    "new", "recovered", "url-changed", "issuer-changed", "endpoints-changed", "redirect-uris-changed",
    "scopes-changed", "auth-method-changed", "application-type-changed", "registration-changed", "display-changed",
    "mode-changed", "settings-changed", "secret-expiring", "secret-expired", "generation-raised", "rotate-requested",
    "registration-lost", "moved", "gone-from-inventory", "disabled",
  ]

  @Test(
    "ErrorCodes#What-a-failure-says, InventoryReference#Servers, PlanAndApply#Commands: all promised names exist")
  func kept() {
    let codes = Explanation.names(of: .diagnostic)
    #expect(Self.promised.filter { !codes.contains($0) } == [])
    #expect(Explanation.names(of: .reason) == Set(Self.promisedReasons))
    #expect(Explanation.names(of: .orphan) == ["replaced", "removed", "check-failed", "outcome-unknown"])
  }

  @Test("the README and the schemas contain only existing names")
  func documentation() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let codes = Explanation.names(of: .diagnostic)
    let named = readme.matches(of: /(?:error|warning)\[([a-z0-9-]+)\]/).map { String($0.output.1) }
    #expect(!named.isEmpty && named.filter { !codes.contains($0) } == [])

    let plan = try String(contentsOf: root.appendingPathComponent("schemas/plan.schema.json"), encoding: .utf8)
    for reason in Self.promisedReasons { #expect(plan.contains("\"\(reason)\""), "plan.schema.json lacks \(reason)") }
    let verify = try String(contentsOf: root.appendingPathComponent("schemas/verify.schema.json"), encoding: .utf8)
    for state in ["no-client", "not-applied", "gone-from-inventory", "disabled", "under-way", "interrupted"] {
      #expect(verify.contains("\"\(state)\""), "verify.schema.json lacks \(state)")
      #expect(Explanation.names(of: .state).contains(state) || state == "interrupted")
    }
  }

  @Test("each is short, in the same style, and with the usual terms", arguments: all)
  func voice(explanation: Explanation) {
    let page = ExplanationPage(explanation: explanation)
    let lines = page.text(ReportSettings()).split(separator: "\n", omittingEmptySubsequences: false)
    #expect((3...40).contains(lines.count), "\(lines.count) lines")
    #expect(lines.allSatisfy { $0.count <= 112 })
    #expect(explanation.title.count <= 90)
    for line in [explanation.title] + explanation.help {
      #expect(line.first?.isLowercase != false || line.hasPrefix("SIG"), "'\(line)'")
      #expect(line.last != ".", "'\(line)'")
    }
    #expect(explanation.paragraphs.allSatisfy { ".:)".contains($0.last ?? " ") })
    #expect(!explanation.paragraphs.isEmpty && explanation.meaning.count >= 60)
    let text = page.text(ReportSettings()).lowercased()
    for word in [
      "protocol.md", "product.md", "reliability.md", "quirk", "Discovery#Requests", "InventoryReference#Servers",
      "todo",
    ] {
      #expect(!text.contains(word), "'\(word)' is not the field's")
    }
  }

  @Test("the suggested steps are possible: commands and flags exist", arguments: all)
  func real(explanation: Explanation) {
    let text = ([explanation.meaning, explanation.example ?? ""] + explanation.help).joined(separator: "\n")
    for match in text.matches(of: /mcpauth ([a-z][a-z-]*)/) {
      // "mcpauth registers", "mcpauth could not": a sentence about the program, not a command.
      let word = String(match.output.1)
      guard !Self.verbs.contains(word) else { continue }
      #expect(Self.commands[word] != nil, "there is no 'mcpauth \(word)'")
    }
    let flags = Self.commands.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    for match in text.matches(of: /--[a-z][a-z-]+/) {
      let flag = String(match.output)
      // Flags of git.
      guard !["--ours", "--theirs"].contains(flag) else { continue }
      #expect(flags.contains(flag), "no command has \(flag)")
    }
  }

  private static let verbs: Set<String> = ["registers", "cannot", "for", "itself", "or", "alone", "is", "that"]

  /// Each command by its name, with the flags that it and its subcommands have.
  private static let commands: [String: Set<String>] = Dictionary(
    uniqueKeysWithValues: MCPAuthCommand.configuration.subcommands.map { command in
      (command.configuration.commandName ?? "", flags(of: command))
    })

  private static func flags(of command: any ParsableCommand.Type) -> Set<String> {
    let help = MCPAuthCommand.helpMessage(for: command, includeHidden: true, columns: 400)
    let own = Set(help.matches(of: /--[a-z][a-z-]+/).map { String($0.output) })
    return command.configuration.subcommands.reduce(own) { $0.union(flags(of: $1)) }
  }

  // MARK: Lookup of a name

  @Test(
    "a code is found as printed, in any case, and with its message",
    arguments: [
      "resource-mismatch", "RESOURCE-MISMATCH", "resource_mismatch", "error[resource-mismatch]",
      "warning[resource-mismatch]", "servers.yaml:3:5: error[resource-mismatch]: 's' is another", " resource-mismatch ",
    ])
  func written(text: String) {
    #expect(Explanation.of(text)?.name == "resource-mismatch")
  }

  @Test("the nearest name is suggested")
  func nearest() {
    #expect(Explanation.of("resource-mismach") == nil)
    #expect(Explanation.nearest(to: "error[resource-mismach]") == "resource-mismatch")
    #expect(Explanation.nearest(to: "nothing-like-it-at-all") == nil)
  }

  @Test("the hint lists each error once, in order of appearance, and no warning")
  func hint() {
    let trail = ErrorSummary()
    #expect(trail.hint == nil)
    trail.note([.warning(.duplicateURL, "two")])
    #expect(trail.hint == nil)
    trail.note([Diagnostic(.error, .unreachable, "a"), Diagnostic(.error, .timeout, "b")])
    trail.note([Diagnostic(.error, .unreachable, "c")])
    #expect(trail.hint == "help: mcpauth explain unreachable (also timeout)")
  }
}
