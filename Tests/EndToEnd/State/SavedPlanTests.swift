import Foundation
import MCPAuthSandbox
import Testing

/// `plan --out PLAN` and `apply PLAN` (Reliability#One-run-at-a-time). Tests of the binary.
@Suite struct SavedPlanTests {
  private func place(_ sandbox: Sandbox, _ kinds: String..., settings: String = "") throws -> Workplace {
    try Workplace(servers: kinds.map { "\($0): {url: \"\(sandbox.url($0))\"\(settings)}" }.joined(separator: "\n"))
  }

  @Test("a saved plan has no secret, and is applied without a question; after that it is stale")
  func applies() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let place = try place(sandbox, "confidential-basic", "challenge")
      let plan = try await place.run("plan", "--out", "p.json")
      #expect(plan.exit == 0 && plan.err.contains("mcpauth apply p.json"), "\(plan.all)")
      #expect(try SchemaCheck("saved-plan").problems(place.read("p.json")) == [])
      #expect(try place.mode("p.json") == 0o644)
      #expect(sandbox.clients().isEmpty && place.lockText == nil)
      let apply = try await place.run("apply", "p.json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.lockedNames() == ["confidential-basic", "challenge"])
      for client in sandbox.clients() { #expect(try !place.read("p.json").contains(client.secret ?? client.clientID)) }
      let again = try await place.run("apply", "p.json", "--format", "json")
      #expect(again.exit == 1)
      #expect(try again.json()["error"]["code"].string == "stale-plan")
      #expect(try SchemaCheck("plan").problems(again.out) == [])
      #expect(sandbox.clients().count == 2)
    }
  }

  @Test("a changed block is named; changes to other servers are ignored and not applied")
  func stale() async throws {
    try await withSandbox(.init(kinds: ["challenge", "well-known", "scoped"])) { sandbox in
      let place = try place(sandbox, "challenge", "well-known")
      #expect(try await place.run("plan", "--only", "challenge", "--out", "p.json").exit == 0)
      try place.write(
        servers: """
          challenge: {url: "\(sandbox.url("challenge"))", display_name: Other}
          well-known: {url: "\(sandbox.url("well-known"))"}
          """)
      let stale = try await place.run("apply", "p.json")
      #expect(stale.exit == 1 && stale.err.contains("stale-plan") && stale.err.contains("'challenge'"), "\(stale.all)")
      #expect(sandbox.clients().isEmpty)
      try place.write(
        servers: """
          scoped: {url: "\(sandbox.url("scoped"))"}
          challenge: {url: "\(sandbox.url("challenge"))"}
          """)
      let apply = try await place.run("apply", "p.json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.lockedNames() == ["challenge"])
    }
  }

  @Test("apply discovers again, and must find the same metadata")
  func discoversAgain() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox, "challenge")
      #expect(try await place.run("plan", "--out", "p.json").exit == 0)
      sandbox.change("challenge") {
        $0.issuerMetadataChanges["revocation_endpoint"] = .string(sandbox.origin + "/revoke-2")
      }
      let stale = try await place.run("apply", "p.json")
      #expect(stale.exit == 1 && stale.err.contains("revocation endpoint"), "\(stale.all)")
      #expect(sandbox.clients().isEmpty)
    }
  }

  @Test("a plan that was edited, is incomplete or has a newer version is refused")
  func damaged() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox, "challenge")
      #expect(try await place.run("plan", "--out", "p.json").exit == 0)
      let text = try place.read("p.json")
      let cases = [
        (text.replacingOccurrences(of: "\"register\"", with: "\"remove\""), "plan-invalid"),
        (String(text.prefix(text.count / 2)), "plan-invalid"),
        (text.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2"), "plan-too-new"),
      ]
      for (text, code) in cases {
        try place.write(text, to: "p.json")
        let run = try await place.run("apply", "p.json")
        #expect(run.exit == 1 && run.err.contains(code), "\(run.all)")
      }
      #expect(place.lockText == nil && sandbox.clients().isEmpty)
    }
  }

  @Test("a file that is not a plan is never overwritten, and a link is never followed")
  func files() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    let inventory = try place.read("servers.yaml")
    for name in ["servers.yaml", ".", "missing/p.json"] {
      let run = try await place.run("plan", "--out", name)
      #expect(run.exit == 1, "\(run.all)")
    }
    #expect(try place.read("servers.yaml") == inventory)
    try FileManager.default.createSymbolicLink(
      atPath: place.path("link.json").path, withDestinationPath: place.path("elsewhere.json").path)
    let link = try await place.run("plan", "--out", "link.json")
    #expect(link.exit == 1 && link.err.contains("symbolic link"), "\(link.all)")
    #expect(!place.exists("elsewhere.json"))
    // An older plan is replaced.
    #expect(try await place.run("plan", "--out", "p.json").exit == 0)
    #expect(try await place.run("plan", "--out", "p.json").exit == 0)
    #expect(try await place.run("apply", "p.json").exit == 0)
  }

  @Test("PlanAndApply#Saved-plans: an inventory that is named with a plan is not applied without the plan")
  func neverWithoutPlan() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place(sandbox, "challenge")
      try place.write(place.read("servers.yaml"), to: "prod.yaml")
      #expect(try await place.run("plan", "prod.yaml", "--out", "p.json").exit == 0)
      let text = try place.read("p.json")
      let cases: [(text: String?, exit: Int32, words: String)] = [
        (text.replacingOccurrences(of: "\"register\"", with: "\"remove\""), 1, "plan-invalid"),
        (text.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2"), 1, "plan-too-new"),
        ("", 3, "'p.json' is empty"), ("\n", 3, "'p.json' is empty"), (nil, 3, "'p.json' cannot be read"),
      ]
      for (text, exit, words) in cases {
        if let text { try place.write(text, to: "p.json") } else { try place.remove("p.json") }
        for arguments in [["prod.yaml", "p.json"], ["p.json", "prod.yaml"]] {
          let run = try await place.run(["apply"] + arguments)
          #expect(run.exit == exit && run.err.contains(words), "\(run.all)")
        }
      }
      #expect(sandbox.clients().isEmpty && !place.exists("prod.lock.json"))
      try place.write(text, to: "p.json")
      #expect(try await place.run("apply", "prod.yaml", "p.json").exit == 0)
    }
  }

  @Test("options that change the plan are refused with a saved plan")
  func options() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    #expect(try await place.run("plan", "--out", "p.json").exit == 0)
    for flag in [["--refresh"], ["--verify"], ["--only", "docs"], ["--retry-unknown"]] {
      let run = try await place.run(["apply", "p.json"] + flag)
      #expect(run.exit == 64, "\(run.all)")
    }
    #expect(place.lockText == nil)
  }
}
