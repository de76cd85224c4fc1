import Foundation
import MCPAuthSandbox
import Testing

/// Secrets that expire, are lost, or are in a wrong place (InventoryReference#OAuth2-block, SecretStores#Records, Registration#Renewal).
@Suite struct SecretLifeTests {
  // MARK: Expiry

  @Test(
    "Registration#Renewal: a secret due for renewal is renewed in place with RFC 7592, or else with a new client",
    arguments: [
      ("managed-rotating", "update"), ("expiring", "replace"),
    ])
  func renewal(kind: String, action: String) async throws {
    try await withSandbox(.init(kinds: [kind])) { sandbox in
      let place = try Workplace()
      try place.write(server: kind, sandbox, oauth2: "{renew_before: 91d}")
      #expect(try await place.run("apply").exit == 0)
      // At most a third of its life has passed: no renewal is due yet.
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
      let clientID = try place.entry("s")["client_id"].string
      let secret = try place.record("s")["client_secret"].string
      try place.makeOld("s")
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try apply.json()["servers"][0]["action"].string == action)
      #expect(try apply.json()["servers"][0]["reasons"].strings == ["secret-expiring"])
      #expect(try (place.entry("s")["client_id"].string == clientID) == (action == "update"))
      let renewed = try place.record("s")["client_secret"].string
      #expect(renewed != secret)
      #expect(sandbox.clients().contains { $0.secret == renewed })
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }

  @Test("PlanAndApply#Commands: status --check has thresholds for secrets that expire soon and for orphans")
  func thresholds() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "expiring", sandbox)
      #expect(try await place.run("apply").exit == 0)
      #expect(try await place.run("status", "--check", "--within", "1d").exit == 0)
      let soon = try await place.run("status", "--check", "--within", "366d", "--format", "json")
      #expect(soon.exit == 1, "\(soon.all)")
      #expect(try soon.json()["servers"][0]["conditions"].strings == ["secret-expiring"], "\(soon.out)")
      #expect(try SchemaCheck("state").problems(soon.out) == [])
      #expect(try await place.run("status", "--within", "366d").exit == 0)
      #expect(try await place.run("rotate", "s").exit == 0)
      // The old client cannot be deleted: it is listed as an orphan.
      #expect(try await place.run("status", "--check").exit == 0)
      #expect(try await place.run("status", "--check", "--max-orphans", "1").exit == 0)
      #expect(try await place.run("status", "--check", "--max-orphans", "0").exit == 1)
      #expect(try await place.run("status", "--max-orphans", "0").exit == 64)
    }
  }

  @Test("PlanAndApply#Commands: an expired secret is renewed, with its own reason")
  func expired() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "expiring", sandbox)
      #expect(try await place.run("apply").exit == 0)
      sandbox.expireSecrets()
      try place.editEntry("s", ["client_secret_expires_at": "2026-01-01T00:00:00Z"])
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try apply.json()["servers"][0]["reasons"].strings == ["secret-expired"])
      #expect(try place.entry("s")["client_secret_expires_at"].string?.hasPrefix("2026-01-01") == false)
    }
  }

  @Test("InventoryReference#OAuth2-block: renew: never blocks only that server")
  func never() async throws {
    try await withSandbox(.init(kinds: ["expiring", "challenge"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "expiring", sandbox, oauth2: "{renew: never, renew_before: 91d}")
      #expect(try await place.run("apply").exit == 0)
      try place.makeOld("s")
      let clientID = try place.entry("s")["client_id"].string
      try place.write(
        server: "expiring", sandbox, oauth2: "{renew: never, renew_before: 91d}",
        more: "t: {url: \"\(sandbox.url("challenge"))\"}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 1)
      #expect(apply.all.contains("error[secret-expiring]"))
      #expect(try place.entry("s")["client_id"].string == clientID)
      #expect(try place.lockedNames() == ["s", "t"])
    }
  }

  // MARK: Records

  enum Damage: String, CaseIterable {
    case deleted, garbage, copied
  }

  @Test(
    "PlanAndApply#Commands: a record that is missing, unreadable or of another server blocks only its server; no client is registered",
    arguments: [(Damage.deleted, "secret-missing"), (.garbage, "secret-unreadable"), (.copied, "secret-mismatch")])
  func damagedRecord(damage: Damage, code: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "confidential-post", "challenge"])) { sandbox in
      let servers = """
        a: {url: "\(sandbox.url("confidential-basic"))"}
        b: {url: "\(sandbox.url("confidential-post"))", oauth2: {generation: 0}}
        """
      let place = try Workplace(servers: servers)
      #expect(try await place.run("apply").exit == 0)
      let path = try place.recordPath("b")
      switch damage {
      case .deleted: try place.remove(path)
      case .garbage: try place.write("{\"version\": 1, garbage", to: path)
      case .copied:
        // The record of another server in the file of this one. The lock must detect it.
        try place.write(place.read(try place.recordPath("a")), to: path)
      }
      let damaged = try place.snapshot()
      try place.write(servers: servers + "\nc: {url: \"\(sandbox.url("challenge"))\"}")
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 1, "\(apply.all)")
      let results = try apply.json()["servers"].array
      #expect(results.map { $0["outcome"].string } == ["done", "failed", "done"])
      #expect(results[1]["error"]["code"].string == code, "\(apply.out)")
      #expect(results[1]["action"].string == "blocked")
      #expect(sandbox.registrations("confidential-post") == 1)
      #expect(try place.snapshot()[path] == damaged[path])

      // A higher generation solves it.
      try place.write(servers: servers.replacingOccurrences(of: "generation: 0", with: "generation: 1"))
      let settled = try await place.run("apply")
      #expect(settled.exit == 0, "\(settled.all)")
      #expect(try place.record("b")["client_id"].string == place.entry("b")["client_id"].string)
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }

  @Test(
    "SecretStores#Records: with a lock file edited by hand, the secret of another client is not used",
    arguments: [
      "client_id", "issuer",
    ])
  func editedLock(member: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      #expect(try await place.run("apply").exit == 0)
      try place.editEntry("s", [member: "https://somebody-else.example"])
      let before = try place.snapshot()
      let run = try await place.run("apply")
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("error[secret-mismatch]"), "\(run.all)")
      #expect(sandbox.registrations("confidential-basic") == 1)
      #expect(try place.snapshot() == before)
    }
  }

  // MARK: Places

  @Test("SecretStores#Records: files have mode 0600, folders 0700 with any umask, and git ignores them")
  func modes() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "managed", sandbox)
      let run = try await place.start(["apply"], through: ["sh", "-c", "umask 000; exec \"$@\"", "sh"]).finish()
      #expect(run.exit == 0, "\(run.all)")
      for folder in [".mcpauth", Workplace.state, Workplace.secrets, Workplace.secrets + "/orphans"] {
        #expect(try place.mode(folder) == 0o700, "\(folder)")
      }
      #expect(try place.mode(place.recordPath("s")) == 0o600)
      #expect(try place.mode(Workplace.state + "/run.lock") == 0o600)
      #expect(try place.read(".mcpauth/.gitignore") == "*\n")
    }
  }

  @Test("SecretStores#Records: the mode of a folder that others can read is corrected, with a warning")
  func exposed() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      #expect(try await place.run("apply").exit == 0)
      let record = try place.recordPath("s")
      try place.setMode(0o755, Workplace.secrets)
      try place.setMode(0o644, record)
      try place.write(server: "confidential-basic", sandbox, more: FlagsTests.none)
      let run = try await place.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(run.all.contains("warning[secret-store-exposed]"))
      #expect(try place.mode(Workplace.secrets) == 0o700)
      #expect(try place.mode(record) == 0o600)
    }
  }

  @Test(
    "SecretStores#Durability-in-CI: a default store, or one in the work tree, is refused before the first registration")
  func continuousIntegration() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let server = "s: {url: \"\(sandbox.url("challenge"))\"}"
      let place = try Workplace(servers: server)
      let refused = try await place.run("apply", environment: ["CI": "1"])
      #expect(refused.exit == 1, "\(refused.all)")
      #expect(refused.all.contains("error[store-not-durable]"))
      #expect(sandbox.requests().allSatisfy { $0.endpoint != .register })
      #expect(place.lockText == nil)
      // Without a registration, no secret can be lost.
      try place.write(servers: FlagsTests.none)
      #expect(try await place.run("apply", environment: ["CI": "true"]).exit == 0)

      try place.write(servers: server, head: "secrets: {store: directory}")
      for path in ["", ", path: ../kept", ", path: \"\(place.folder.path)/sub/../kept\""] {
        try place.makeFolder("sub/inner")
        try place.makeFolder(".git")
        let inner = path.contains("../kept") && !path.contains("sub") ? "sub/inner/servers.yaml" : "servers.yaml"
        try place.write(servers: server, head: "secrets: {store: directory\(path)}")
        if inner != "servers.yaml" { try place.write(try place.read("servers.yaml"), to: inner) }
        let warned = try await place.run("plan", inner, environment: ["CI": "1"])
        #expect(warned.exit == 0, "\(warned.all)")
        #expect(warned.all.contains("warning[store-not-durable]: apply will refuse this"), "\(warned.all)")
        let refused = try await place.run("apply", inner, environment: ["CI": "1"])
        #expect(refused.exit == 1, "\(refused.all)")
        #expect(refused.all.contains("error[store-not-durable]"), "\(refused.all)")
      }
      #expect(sandbox.requests().allSatisfy { $0.endpoint != .register })

      let elsewhere = try Workplace()
      let other = try Workplace(
        servers: server, head: "secrets: {store: directory, path: \"\(elsewhere.folder.path)/kept\"}")
      let kept = try await other.run("apply", environment: ["CI": "1"])
      #expect(kept.exit == 0, "\(kept.all)")
      #expect(!kept.all.contains("store-not-durable"))
    }
  }

  @Test("SecretStores#Records: no secret is in the lock, plan, output or process arguments, also with --verbose")
  func nowhere() async throws {
    var configuration = SandboxConfiguration(kinds: ["protected", "managed-rotating"])
    configuration.registrationDelay = .milliseconds(300)
    try await withSandbox(configuration) { sandbox in
      let token = SandboxKind.initialAccessToken
      let place = try Workplace(
        servers: """
          p: {url: "\(sandbox.url("protected"))", oauth2: {issuer: "\(sandbox.issuer("protected"))", initial_access_token: {env: TOKEN}}}
          m: {url: "\(sandbox.url("managed-rotating"))"}
          """)
      let environment = ["TOKEN": token]
      var said = ""
      let run = try place.start(["apply", "--verbose"], environment: environment)
      var arguments: [String] = []
      try await eventually("it ends") {
        for process in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(process) != nil {
          if let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8) {
            arguments.append(line)
          }
        }
        return !run.isRunning
      }
      said += try await run.finish().all
      try place.makeOld("m")
      for arguments in [
        ["plan"], ["plan", "--format", "json"], ["apply", "--refresh", "--format", "json"], ["apply", "--refresh"],
      ] {
        said += try await place.run(arguments, environment: environment).all
      }
      var secrets = [token]
      for name in place.names(in: Workplace.secrets) where name.hasSuffix(".json") {
        let record = Document(
          try JSONSerialization.jsonObject(with: Data(contentsOf: place.path(Workplace.secrets + "/" + name))))
        secrets += [record["client_secret"].string, record["registration_access_token"].string].compactMap(\.self)
      }
      #expect(secrets.count >= 3)
      let lock = try #require(place.lockText)
      for secret in secrets {
        #expect(!said.contains(secret))
        #expect(!lock.contains(secret))
        #expect(!arguments.contains { $0.contains(secret) })
        #expect(
          try !place.snapshot().contains { name, bytes in
            !name.hasPrefix(Workplace.secrets) && String(decoding: bytes, as: UTF8.self).contains(secret)
          })
      }
    }
  }
}
