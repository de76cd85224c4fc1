import Foundation
import MCPAuthSandbox
import Testing

/// Lock files, records and plans that another person wrote (ThreatModel#Files-of-others). Tests of the binary.
@Suite struct ForeignFilesTests {
  private func applied(_ kind: String, _ sandbox: Sandbox, rest: String = "") async throws -> Workplace {
    let place = try Workplace(servers: "s: {url: \"\(sandbox.url(kind))\"\(rest)}")
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    sandbox.forgetRequests()
    return place
  }

  private func code(_ run: Run) throws -> String? {
    let document = try run.json()
    return document["error"]["code"].string ?? document["servers"][0]["error"]["code"].string
  }

  @Test("no secret is sent to a token endpoint edited in the lock: verify, apply --refresh and export refuse")
  func tokenEndpoint() async throws {
    try await withSandbox(.init(kinds: ["managed", "challenge"])) { sandbox in
      let place = try await applied("managed", sandbox)
      let secret = try #require(sandbox.clients().first?.secret)
      let evil = sandbox.url("challenge") + "/token"
      try place.editEntry("s", ["token_endpoint": evil])
      let lock = place.lockText
      for command in [["verify"], ["apply", "--refresh"]] {
        let run = try await place.run(command + ["--format", "json"])
        #expect(run.exit == 1)
        #expect(try code(run) == "secret-mismatch", "\(command): \(run.out)")
      }
      let export = try await place.run("export", "--to", "json", "--secrets", "inline")
      #expect(export.exit == 1 && export.err.contains("secret-mismatch"), "\(export.all)")
      #expect(!export.out.contains(secret))
      #expect(!sandbox.requests().contains { $0.path.hasSuffix("/token") })
      #expect(place.lockText == lock)
      // A rotation uses the endpoint from discovery.
      let rotate = try await place.run("rotate", "s", "--yes")
      #expect(rotate.exit == 0, "\(rotate.all)")
      #expect(try place.entry("s")["token_endpoint"].string != evil)
      #expect(try await place.run("verify").exit == 0)
    }
  }

  @Test("after endpoints moved, the record is written again, and the client is kept")
  func movedEndpoint() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await applied("confidential-basic", sandbox)
      let entry = try place.entry("s")
      // The lock and the record have the endpoint of an older metadata document.
      let old = (try #require(entry["token_endpoint"].string)) + "/v1"
      let record = try place.recordPath("s")
      try place.write(
        place.read(record).replacing(
          "\"token_endpoint\": \"\(try #require(entry["token_endpoint"].string))\"",
          with: "\"token_endpoint\": \"\(old)\""),
        to: record)
      try place.editEntry("s", ["token_endpoint": old])
      let run = try await place.run("apply", "--refresh", "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      #expect(try run.json()["servers"][0]["reasons"].array.compactMap(\.string) == ["endpoints-changed"])
      let now = try place.entry("s")
      #expect(now["client_id"].string == entry["client_id"].string)
      #expect(now["secret_version"].string != entry["secret_version"].string)
      #expect(place.exists(record), "an earlier lock file names it")
      #expect(try await place.run("verify").exit == 0)
      #expect(try await place.run("secrets", "check").exit == 0)
    }
  }

  @Test("plan, apply and merge (on each side) refuse a lock file without its servers")
  func withoutServers() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await applied("challenge", sandbox)
      let whole = try place.read(Workplace.lockFile)
      let lineage = try #require(try place.lock()["lineage"].string)
      let broken = "{\"lineage\": \"\(lineage)\", \"orphans\": [], \"version\": 1}\n"
      try place.write(broken, to: Workplace.lockFile)
      for command in ["plan", "apply"] {
        let run = try await place.run(command, "--format", "json")
        #expect(run.exit == 1)
        #expect(try code(run) == "lock-invalid", "\(run.out)")
      }
      #expect(sandbox.requests().isEmpty)
      #expect(try place.read(Workplace.lockFile) == broken)
      for side in 0..<3 {
        for (index, name) in ["base", "ours", "theirs"].enumerated() {
          try place.write(index == side ? broken : whole, to: ".mcpauth/\(name)")
        }
        let merge = try await place.run("state", "merge", ".mcpauth/base", ".mcpauth/ours", ".mcpauth/theirs")
        #expect(merge.exit == 1 && merge.err.contains("lock-invalid"), "\(side): \(merge.all)")
      }
    }
  }

  @Test("a saved plan is applied only to the inventory that it names")
  func plansInventory() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      try place.write(place.read("servers.yaml"), to: "other.yaml")
      #expect(try await place.run("plan", "--out", "p.json").exit == 0)
      for arguments in [["p.json", "other.yaml"], ["other.yaml", "p.json"]] {
        let run = try await place.run(["apply"] + arguments)
        #expect(run.exit == 64 && run.err.contains("'p.json' is a saved plan for 'servers.yaml'"), "\(run.all)")
      }
      #expect(sandbox.clients().isEmpty)
      let apply = try await place.run("apply", "p.json", "./servers.yaml")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.clients().count == 1 && !place.exists("other.lock.json"))
    }
  }

  @Test("a plan from before the first apply is not stale if another server was applied since")
  func planBeforeFirstApply() async throws {
    try await withSandbox(.init(kinds: ["challenge", "scoped"])) { sandbox in
      let place = try Workplace(
        servers: "a: {url: \"\(sandbox.url("challenge"))\"}\nb: {url: \"\(sandbox.url("scoped"))\"}")
      #expect(try await place.run("plan", "--only", "a", "--out", "p.json").exit == 0)
      #expect(try await place.run("apply", "--only", "b").exit == 0)
      let apply = try await place.run("apply", "p.json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.lockedNames() == ["a", "b"])
    }
  }

  @Test("if the file with the recipients of an age store is missing, the plan says so and shows a change")
  func recipients() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let key = try await AgeKey.make()
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}", head: AgeKey.head(key))
      #expect(try await place.run("apply").exit == 0)
      try place.remove(Workplace.ageFolder + "/recipients")
      let plan = try await place.run("plan", "--format", "json").json()
      #expect(plan["warnings"].array.map { $0["code"].string } == ["recipients-unknown"])
      let change = plan["store_changes"][0]
      #expect(change["field"].string == "secrets.recipients")
      #expect(change["new"].array.map(\.string) == [key.recipient])
      #expect(try await place.run("secrets", "rekey", environment: key.environment).exit == 0)
      #expect(try await place.run("plan", "--format", "json").json()["warnings"].array.isEmpty)
    }
  }

  @Test(
    "apply --refresh replaces a lost client in the same run; with protect the server is blocked",
    arguments: [false, true])
  func lost(isProtected: Bool) async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try await applied("managed", sandbox, rest: isProtected ? ", protect: true" : "")
      sandbox.forgetClients()
      let run = try await place.run("apply", "--refresh", "--format", "json")
      let server = try run.json()["servers"][0]
      #expect(run.exit == (isProtected ? 1 : 0), "\(run.all)")
      #expect(server["action"].string == (isProtected ? "blocked" : "replace"))
      #expect(server["reasons"].array.compactMap(\.string) == [isProtected ? "protected" : "registration-lost"])
      #expect(sandbox.clients().count == (isProtected ? 0 : 1))
    }
  }

  @Test("a forged line of orphans with a forged record: nothing is sent to its endpoints, and the real record stays")
  func forgedOrphan() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      try await withSandbox(.init(kinds: ["managed"])) { evil in
        let keep = "keep: {url: \"\(sandbox.url("challenge"))\"}"
        let place = try Workplace(servers: keep + "\ns: {url: \"\(sandbox.url("confidential-basic"))\"}")
        #expect(try await place.run("apply").exit == 0)
        // A lock file on another branch still names it.
        let record = try place.recordPath("s")
        #expect(try await place.run("state", "forget", "s").exit == 0)
        try place.write(servers: keep)
        try forgeOrphan(in: place, at: evil.origin)
        evil.answer("DELETE", "/clients/x", with: SandboxAnswer(204))
        let run = try await place.run("apply")
        #expect(run.exit == 0, "\(run.all)")
        #expect(run.all.contains("its endpoints are not confirmed"), "\(run.all)")
        #expect(evil.requests().isEmpty)
        #expect(place.exists(record))
        let orphans = try place.lock()["orphans"].array
        #expect(orphans.map { $0["managed"].bool } == [true])
      }
    }
  }

  /// Changes the only line of the orphans list, and its record, as another person could write them.
  private func forgeOrphan(in place: Workplace, at origin: String) throws {
    func object(_ path: String) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: place.path(path))) as? [String: Any])
    }
    func write(_ object: [String: Any], to path: String) throws {
      try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys]).write(
        to: place.path(path))
    }
    var lock = try object(Workplace.lockFile)
    var orphans = try #require(lock["orphans"] as? [[String: Any]])
    try #require(orphans.count == 1)
    orphans[0]["managed"] = true
    lock["orphans"] = orphans
    try write(lock, to: Workplace.lockFile)
    let folder = Workplace.secrets + "/orphans"
    let path = folder + "/" + (try #require(place.names(in: folder).first))
    var record = try object(path)
    var entry = try #require(record["entry"] as? [String: Any])
    entry["registration_endpoint"] = origin + "/register"
    entry["token_endpoint"] = origin + "/token"
    record["entry"] = entry
    record["registration_access_token"] = "forged"
    record["registration_client_uri"] = origin + "/clients/x"
    try write(record, to: path)
  }
}
