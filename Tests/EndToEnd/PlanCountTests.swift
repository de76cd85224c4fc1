import Foundation
import MCPAuthSandbox
import Testing

/// The words and counts of a plan and of its apply (PlanAndApply#Actions, PlanAndApply#Approval). Tests of the binary.
@Suite struct PlanCountTests {
  private static let others = """
    docs: {url: "https://docs.example/mcp", auth: none}
    manual:
      url: https://manual.example/mcp
      oauth2:
        client_id: mine
        authorization_endpoint: https://manual.example/authorize
        token_endpoint: https://manual.example/token
    """

  @Test("PlanAndApply#Actions: add is apart from register, in words, counts and JSON; counts of zero are left out")
  func add() async throws {
    try await withSandbox(.init(kinds: ["challenge", "cimd"])) { sandbox in
      let client = """
        name: a
          redirect_uris: ["\(Workplace.redirectURI)"]
          metadata_url: "\(sandbox.origin)/client.json"
        """
      let servers = """
        s: {url: "\(sandbox.url("challenge"))"}
        cimd: {url: "\(sandbox.url("cimd"))"}
        """
      let place = try Workplace(servers: servers + "\n" + Self.others, client: client)
      let plan = try await place.run("plan")
      #expect(plan.out.hasSuffix("\nplan: 1 to register, 3 to add\n"), "\(plan.all)")
      #expect(plan.out.contains("+ s       register a client"), "\(plan.out)")
      for name in ["cimd  ", "docs  ", "manual"] { #expect(plan.out.contains("+ \(name)  add to the lock"), "\(name)") }
      let document = try await place.run("plan", "--format", "json").json()
      let actions = document["servers"].array.map { $0["action"].string }
      #expect(actions == ["register", "add", "add", "add"])
      #expect(document["summary"]["register"].integer == 1 && document["summary"]["add"].integer == 3)
      #expect(document["summary"]["replace"].integer == 0)
      let apply = try await place.run("apply")
      #expect(apply.out.hasSuffix("\napply: 1 registered, 3 added\n"), "\(apply.all)")
      let again = try await place.run("apply")
      #expect(again.out.hasSuffix("\napply: nothing to do, 4 unchanged\n"), "\(again.all)")
    }
  }

  @Test("PlanAndApply#Approval: how many servers have users who must reconnect is at the top of the plan")
  func reconnect() async throws {
    try await withSandbox(.init(kinds: ["challenge", "confidential-basic"])) { sandbox in
      func servers(_ generation: Int) -> String {
        ["challenge", "confidential-basic"].map {
          "\($0): {url: \"\(sandbox.url($0))\", oauth2: {generation: \(generation)}}"
        }.joined(separator: "\n")
      }
      let place = try Workplace(servers: servers(0))
      #expect(try await place.run("apply").exit == 0)
      try place.write(servers: servers(1))
      let plan = try await place.run("plan")
      #expect(plan.out.hasPrefix("plan for servers.yaml\n\n  users of 2 servers must reconnect\n\n"), "\(plan.out)")
      let page = try await place.run("plan", "--format", "markdown")
      #expect(page.out.contains("\n**users of 2 servers must reconnect**\n"), "\(page.out)")
    }
  }
}
