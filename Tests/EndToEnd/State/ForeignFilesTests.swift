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

  /// A server whose client the inventory names, applied. Its endpoints are discovered, and it has no secret record.
  private func ownClient(
    _ sandbox: Sandbox, _ settings: String = ""
  ) async throws -> (place: Workplace, secret: String) {
    let record = try await sandbox.applied("confidential-basic").record("s")
    let id = try #require(record["client_id"].string)
    let oauth2 = "registration: preregistered, client_id: \"\(id)\", client_secret: {env: OWN}\(settings)"
    let url = sandbox.url("confidential-basic")
    let place = try Workplace(servers: "s: {url: \"\(url)\", oauth2: {\(oauth2)}}")
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    return (place, try #require(record["client_secret"].string))
  }

  private func export(
    _ place: Workplace, to target: String, secret: String, _ secrets: String = "inline"
  ) async throws -> Run {
    try await place.run(["export", "--to", target, "--secrets", secrets], environment: ["OWN": secret])
  }

  @Test("a token endpoint that was edited in the lock gets no secret of the inventory: verify discovers, and refuses")
  func preregistered() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let (place, secret) = try await ownClient(sandbox)
      let good = try #require(try place.entry("s")["token_endpoint"].string)
      #expect(try await place.verify(sandbox, environment: ["OWN": secret]).outcome == "known")
      let evil = sandbox.url("challenge") + "/token"
      try place.editEntry("s", ["token_endpoint": evil])
      // A plan without --refresh does not see it.
      #expect(try await place.run("plan").out.contains("nothing to do"))
      let verify = try await place.verify(sandbox, environment: ["OWN": secret])
      #expect(verify.run.exit == 1, "\(verify.run.all)")
      #expect(verify.outcome == "blocked" && verify.code == "secret-mismatch", "\(verify.run.all)")
      let message = verify.server["error"]["message"].string ?? ""
      #expect(message.contains(evil) && message.contains(good), "\(message)")
      #expect(!verify.requests.contains { $0.path.hasSuffix("/token") })
      for target in ["json", "librechat", "kubernetes"] {
        let run = try await export(place, to: target, secret: secret)
        #expect(run.exit == 1 && run.err.contains("error[secret-mismatch]"), "\(target): \(run.err)")
        #expect(!run.all.contains(secret) && run.out.isEmpty)
      }
      // Discovery repairs the lock file.
      #expect(try await place.run("apply", "--refresh").exit == 0)
      #expect(try place.entry("s")["token_endpoint"].string == good)
      #expect(try await place.verify(sandbox, environment: ["OWN": secret]).outcome == "known")
    }
  }

  @Test("verify of a client of the inventory: without an answer to discovery nothing is sent, and it cannot tell")
  func undiscovered() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let (place, secret) = try await ownClient(sandbox)
      // A server that does not answer.
      let inventory = try place.read("servers.yaml")
      try place.write(inventory.replacing(sandbox.url("confidential-basic"), with: "http://127.0.0.1:1/mcp"))
      let verify = try await place.verify(sandbox, environment: ["OWN": secret])
      #expect(verify.outcome == "cannot-tell" && verify.warnings == ["unreachable"], "\(verify.run.all)")
      #expect(verify.run.exit == 0 && verify.questions.isEmpty)
    }
  }

  @Test("the secret of a preregistered client is exported beside endpoints that the inventory confirms, and no others")
  func confirmedExport() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let (free, secret) = try await ownClient(sandbox)
      let refused = try await export(free, to: "json", secret: secret)
      #expect(refused.exit == 1 && refused.err.contains("nothing in the inventory confirms it"), "\(refused.err)")
      #expect(!refused.all.contains(secret))
      // Neither of these writes the value beside an endpoint.
      for (target, how) in [("cursor", "inline"), ("dotenv", "inline"), ("json", "reference"), ("json", "omit")] {
        let run = try await export(free, to: target, secret: secret, how)
        #expect(run.exit == 0 && run.out.contains(secret) == (how == "inline"), "\(target): \(run.all)")
      }

      let issuer = sandbox.issuer("confidential-basic")
      let (place, value) = try await ownClient(sandbox, ", issuer: \"\(issuer)\"")
      let before = try place.snapshot()
      let pinned = try await export(place, to: "json", secret: value)
      #expect(pinned.exit == 0 && pinned.out.contains(value), "\(pinned.all)")
      for (member, other) in [
        ("token_endpoint", "https://evil.example/token"), ("revocation_endpoint", "https://evil.example/revoke"),
        ("issuer", "https://evil.example"),
      ] {
        try place.editEntry("s", [member: other])
        let run = try await export(place, to: "json", secret: value)
        #expect(run.exit == 1 && run.err.contains("error[secret-mismatch]"), "\(member): \(run.err)")
        #expect(run.err.contains(other) && run.out.isEmpty && !run.all.contains(value))
        try place.restore(Workplace.lockFile, of: before)
      }
    }
  }

  @Test("endpoints and URLs that were edited in the lock: no value is exported beside one that the inventory lacks")
  func confirmedURL() async throws {
    let place = try Workplace(
      servers: """
        \(SecretSendTests.manual)
        key: {url: "https://key.example/mcp", auth: api_key, api_key: {header: X-API-Key, value: {env: OWN}}}
        """)
    #expect(try await place.run("apply").exit == 0)
    let before = try place.snapshot()
    #expect(try await export(place, to: "json", secret: "a-secret-of-ours").exit == 0)
    for (server, member) in [
      ("own", "token_endpoint"), ("own", "revocation_endpoint"), ("own", "url"), ("key", "url"),
    ] {
      try place.editEntry(server, [member: "https://evil.example/x"])
      let run = try await export(place, to: "json", secret: "a-secret-of-ours")
      #expect(run.exit == 1 && run.err.contains("error[secret-mismatch]"), "\(server) \(member): \(run.err)")
      #expect(run.out.isEmpty && !run.all.contains("a-secret-of-ours"))
      #expect(try await export(place, to: "dotenv", secret: "a-secret-of-ours", "omit").exit == 0)
      try place.restore(Workplace.lockFile, of: before)
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

  @Test("a saved plan of another inventory than servers.yaml is applied only where that inventory is named with it")
  func unnamedInventory() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      try place.write(place.read("servers.yaml"), to: "evil.yaml")
      let plan = try await place.run("plan", "evil.yaml", "--out", "p.yaml")
      #expect(plan.exit == 0 && plan.err.contains("mcpauth apply evil.yaml p.yaml"), "\(plan.all)")
      let requests = sandbox.requests().count
      for arguments in [["p.yaml"], ["servers.yaml", "p.yaml"], ["p.*"], ["p.yaml", "evil.yaml", "servers.yaml"]] {
        let run = try await place.run(["apply"] + arguments)
        #expect(run.exit == 64 && run.err.contains("'p.yaml' is a saved plan for 'evil.yaml'"), "\(run.all)")
        #expect(run.err.contains("mcpauth apply evil.yaml p.yaml"), "\(run.all)")
      }
      #expect(sandbox.requests().count == requests)
      let apply = try await place.run("apply", "p.yaml", place.path("evil.yaml").path)
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.clients().count == 1 && place.exists("evil.lock.json"))
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
