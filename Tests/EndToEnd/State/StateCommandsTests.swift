import Foundation
import MCPAuthSandbox
import Testing

/// `status`, `state` and `orphans` as text and as JSON (PlanAndApply#JSON). Tests of the binary.
@Suite struct StateCommandsTests {
  private func place(_ sandbox: Sandbox) async throws -> Workplace {
    let place = try Workplace(
      servers: """
        managed: {url: "\(sandbox.url("managed"))"}
        basic: {url: "\(sandbox.url("confidential-basic"))"}
        docs: {url: "https://docs.example/mcp", auth: none}
        """)
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    sandbox.forgetRequests()
    return place
  }

  static let kinds = SandboxConfiguration(kinds: ["managed", "confidential-basic", "secret-expires"])

  private func json(_ place: Workplace, _ arguments: String..., exit: Int32 = 0) async throws -> Document {
    let run = try await place.run(arguments + ["--format", "json"])
    #expect(run.exit == exit, "\(run.all)")
    #expect(try SchemaCheck("state").problems(run.out) == [], "\(run.out)")
    return try run.json()
  }

  @Test(
    "PlanAndApply#Commands: status shows mode, issuer, client and last change; --check succeeds; nothing is written and no request is sent"
  )
  func status() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let before = try place.snapshot()
      let text = try await place.run("status", "--check")
      #expect(text.exit == 0, "\(text.all)")
      let line = try #require(text.out.split(separator: "\n").first { $0.contains(" basic ") })
      let entry = try place.entry("basic")
      for part in [
        "discovered, dcr", entry["issuer"].string ?? "?", entry["client_id"].string ?? "?", "never expires", "ok",
      ] {
        #expect(line.contains(part), "\(line)")
      }
      #expect(text.out.hasSuffix("status: 3 servers, 0 need attention, 0 orphans\n"))
      let document = try await json(place, "status")
      #expect(document["servers"].array.map { $0["name"].string } == ["managed", "basic", "docs"])
      #expect(document["servers"][0]["client_id"].string == (try place.entry("managed")["client_id"].string))
      #expect(try place.snapshot() == before)
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test(
    "PlanAndApply#Commands: status --check ends with 1 if something is missing, expired or never applied; without --check with 0"
  )
  func check() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      try place.remove(try place.recordPath("basic"))
      try place.editEntry(
        "managed",
        ["client_secret_expires_at": "2021-01-01T00:00:00Z", "token_endpoint_auth_method": "client_secret_basic"])
      try place.write(try place.read("servers.yaml") + "  more: {url: \"https://more.example/mcp\"}\n")
      #expect(try await place.run("status").exit == 0)
      let run = try await place.run("status", "--check", "--quiet")
      #expect(run.exit == 1)
      #expect(run.out.contains("secret-missing"))
      let document = try await json(place, "status", "--check", exit: 1)
      #expect(
        document["servers"].array.map { $0["conditions"].strings ?? [] } == [
          ["secret-expired"], ["secret-missing"], [], ["not-applied"],
        ])
    }
  }

  @Test("PlanAndApply#Commands: state list and show")
  func show() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let list = try await place.run("state", "list")
      let names = list.out.split(separator: "\n").map { $0.split(separator: " ")[1] }
      #expect(names == ["SERVER", "basic", "docs", "managed"])
      #expect(list.out.split(separator: "\n").count { $0.hasPrefix("locked ") } == 3, "\(list.out)")
      #expect(try await json(place, "state", "list")["servers"].array.count == 3)
      let show = try await place.run("state", "show", "basic")
      #expect(show.out.contains("client_id:"), "\(show.all)")
      let document = try await json(place, "state", "show", "basic")
      #expect(document["entry"]["client_id"].string == (try place.entry("basic")["client_id"].string))
      let unknown = try await place.run("state", "show", "basik")
      #expect(unknown.exit == 64)
      #expect(unknown.err.contains("did you mean 'basic'?"), "\(unknown.err)")
    }
  }

  @Test(
    "PlanAndApply#Commands: state move is refused while the inventory has the old name; after it, the client is the same"
  )
  func move() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let client = try place.entry("basic")["client_id"].string
      let refused = try await place.run("state", "move", "basic", "renamed")
      #expect(refused.exit == 1)
      #expect(refused.err.contains("error[move-refused]"), "\(refused.err)")
      #expect(refused.err.contains("moved_from: basic"), "\(refused.err)")
      #expect(try await place.run("state", "move", "basic", "No Name").exit == 64)
      #expect(try await place.run("state", "move", "basic", "basic").exit == 64)
      try place.write(try place.read("servers.yaml").replacing("  basic:", with: "  renamed:"))
      let moved = try await json(place, "state", "move", "basic", "renamed")
      // Its redirect URIs contain its old name.
      #expect(moved["diagnostics"][0]["code"].string == "redirect-uris-differ")
      #expect(moved["diagnostics"][0]["help"].string?.contains("/callback/basic") == true)
      #expect(try place.entry("renamed")["client_id"].string == client)
      #expect(place.exists(try place.recordPath("renamed")))
      // The lock file of another branch may name it.
      #expect(place.names(in: Workplace.secrets).filter { $0.hasPrefix("basic.") }.count == 1)
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test("PlanAndApply#Commands: state forget, then orphans list, delete and forget")
  func orphans() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let basic = try #require(try place.entry("basic")["client_id"].string)
      let forgotten = try await json(place, "state", "forget", "managed", "basic")
      #expect(forgotten["forgotten"].array.map { $0["name"].string } == ["managed", "basic"])
      #expect(try place.lockedNames() == ["docs"])
      #expect(sandbox.requests().isEmpty)
      let list = try await place.run("orphans", "list")
      #expect(list.out.split(separator: "\n").count == 3)
      #expect(list.out.hasPrefix("STATE "), "\(list.out)")
      #expect(list.out.contains("\ndeletable ") && list.out.contains("\nby hand "), "\(list.out)")
      #expect(try await json(place, "orphans", "list")["orphans"].array.count == 2)

      let deleted = try await place.run("orphans", "delete", "managed")
      #expect(deleted.exit == 0, "\(deleted.all)")
      #expect(sandbox.clients().map(\.clientID) == [basic])
      let kept = try await json(place, "orphans", "delete", basic, exit: 1)
      #expect(kept["orphans"][0]["outcome"].string == "kept")
      #expect(try await place.run("orphans", "delete", "bsaic").exit == 64)
      _ = try await json(place, "orphans", "forget", "basic")
      #expect(try place.lock()["orphans"].array.isEmpty)
      #expect(place.names(in: Workplace.secrets + "/orphans").isEmpty)
      let all = try place.snapshot().values.map { String(decoding: $0, as: UTF8.self) }.joined()
      #expect(!all.contains(basic))
    }
  }

  @Test(
    "Reliability#One-run-at-a-time: while another run holds the lock, nothing is corrected, and commands that read work"
  )
  func locked() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let held = try HeldRunLock(place)
      for arguments in [["state", "forget", "docs"], ["state", "move", "docs", "d"], ["orphans", "forget", "docs"]] {
        let run = try await place.run(arguments)
        #expect(run.exit == 4, "\(run.all)")
      }
      #expect(try await place.run("status").exit == 0)
      #expect(try await place.run("state", "list").exit == 0)
      held.release()
    }
  }

  @Test("Reliability#Order-of-writes: nothing is written if the inventory has an error")
  func invalid() async throws {
    let place = try Workplace(servers: "docs: {url: \"https://docs.example/mcp\", auth: none}")
    #expect(try await place.run("apply").exit == 0)
    try place.write("version: 1\nservers: 5\n")
    let before = try place.snapshot()
    for arguments in [["state", "forget", "docs"], ["status"], ["orphans", "list"]] {
      #expect(try await place.run(arguments).exit == 3)
    }
    #expect(try place.snapshot() == before)
  }
}
