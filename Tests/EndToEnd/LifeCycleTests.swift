import Foundation
import MCPAuthSandbox
import Testing

/// The life of a client, from the first apply to its removal. Tests of the binary.
@Suite struct LifeCycleTests {
  @Test(
    "PlanAndApply#Actions: plan writes nothing, apply registers, a second apply sends no request and writes nothing")
  func applyTwice() async throws {
    try await withSandbox { sandbox in
      let place = try Workplace(
        servers: """
          open: {url: "\(sandbox.url("challenge"))"}
          basic: {url: "\(sandbox.url("confidential-basic"))"}
          """)
      let before = try place.snapshot()
      let plan = try await place.run("plan", "--detailed-exitcode")
      #expect(plan.exit == 2, "\(plan.all)")
      #expect(try place.snapshot() == before)
      #expect(sandbox.clients().isEmpty)

      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.clients().count == 2)
      #expect(try place.entry("basic")["token_endpoint_auth_method"].string == "client_secret_basic")
      #expect(try place.entry("open")["secret_version"].isNull)
      let secret = try #require(try place.record("basic")["client_secret"].string)
      #expect(!apply.all.contains(secret))
      #expect(place.lockText?.contains(secret) == false)

      let after = try place.snapshot()
      sandbox.forgetRequests()
      let again = try await place.run("apply")
      #expect(again.exit == 0, "\(again.all)")
      #expect(sandbox.requests().isEmpty)
      #expect(try place.snapshot() == after)
      let nothing = try await place.run("plan", "--detailed-exitcode")
      #expect(nothing.exit == 0, "\(nothing.all)")
    }
  }

  // MARK: Changes in place

  @Test(
    "PlanAndApply#Actions: functional metadata is updated in place if the server supports RFC 7592",
    arguments: ["managed", "managed-rotating"])
  func updateInPlace(kind: String) async throws {
    try await withSandbox(.init(kinds: [kind])) { sandbox in
      let place = try Workplace()
      try place.write(server: kind, sandbox, oauth2: "{scopes: [read, write]}")
      #expect(try await place.run("apply").exit == 0)
      let clientID = try place.entry("s")["client_id"].string
      let old = try place.recordPath("s")
      try place.write(server: kind, sandbox, oauth2: "{scopes: [read]}")
      let plan = try await place.run("plan", "--format", "json").json()
      #expect(plan["servers"][0]["action"].string == "update")
      #expect(plan["servers"][0]["reasons"].strings == ["scopes-changed"])
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.entry("s")["client_id"].string == clientID)
      #expect(try place.entry("s")["scopes"].strings == ["read"])
      let client = try #require(sandbox.clients().first)
      #expect(sandbox.clients().count == 1)
      #expect(client.scope == "read")
      // The secret and token from the answer are stored.
      #expect(try place.record("s")["client_secret"].string == client.secret)
      #expect(try place.record("s")["registration_access_token"].string == client.managementToken)
      // The lock file of another branch may name the record.
      #expect(place.exists(old))
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }

  @Test(
    "PlanAndApply#Actions: display metadata is updated in place if the server supports it; otherwise a warning says that the change waits"
  )
  func display() async throws {
    try await withSandbox(.init(kinds: ["managed", "challenge"])) { sandbox in
      let servers = "m: {url: \"\(sandbox.url("managed"))\"}\nc: {url: \"\(sandbox.url("challenge"))\"}"
      let place = try Workplace(servers: servers)
      #expect(try await place.run("apply").exit == 0)
      let entry = try place.entryText("c")
      try place.write(servers: servers, client: "name: Renamed\n  redirect_uris: [\"\(Workplace.redirectURI)\"]")
      let plan = try await place.run("plan", "--format", "json").json()
      #expect(plan["servers"][0]["action"].string == "update")
      #expect(plan["servers"][0]["reasons"].strings == ["display-changed"])
      #expect(plan["servers"][1]["action"].string == "unchanged")
      #expect(plan["servers"][1]["warnings"][0]["code"].string == "display-change-waits")
      #expect(try await place.run("apply").exit == 0)
      let names = sandbox.clients().map { $0.metadata["client_name"]?.string }
      #expect(Set(names) == ["Renamed", "End to end"])
      #expect(try place.entryText("c") == entry)
    }
  }

  @Test("PlanAndApply#Actions: a changed URL whose issuer stays the same keeps its client")
  func urlChanged() async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = 2
    try await withSandbox(configuration) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("n-0001"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let clientID = try place.entry("s")["client_id"].string
      try place.write(servers: "s: {url: \"\(sandbox.url("n-0002"))\"}")
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try apply.json()["servers"][0]["action"].string == "update")
      #expect(try apply.json()["servers"][0]["reasons"].strings?.contains("url-changed") == true)
      #expect(try place.entry("s")["client_id"].string == clientID)
      #expect(try place.entry("s")["url"].string == sandbox.url("n-0002"))
      #expect(sandbox.clients().count == 1)
    }
  }

  // MARK: Replacing

  @Test(
    "Reliability#Replacing-and-removing: the old client is deleted after the new client is stored and in the lock file")
  func replaceManaged() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "managed", sandbox)
      #expect(try await place.run("apply").exit == 0)
      let old = try place.entry("s")["client_id"].string
      try place.write(server: "managed", sandbox, oauth2: "{generation: 1}")
      let plan = try await place.run("plan")
      #expect(plan.out.contains("± s"), "\(plan.out)")
      #expect(plan.out.contains("generation-raised"))
      #expect(plan.out.contains("users must reconnect"))
      sandbox.forgetRequests()
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      let calls = sandbox.requests().filter { $0.endpoint == .register || $0.endpoint == .management }.map(\.method)
      #expect(calls == ["POST", "DELETE"])
      #expect(sandbox.clients().map(\.clientID) == [try place.entry("s")["client_id"].string])
      #expect(try place.entry("s")["client_id"].string != old)
      #expect(try place.entry("s")["generation"].integer == 1)
      #expect(try place.lock()["orphans"].array.isEmpty)
      #expect(place.names(in: Workplace.secrets).filter { $0.hasPrefix("s.") }.count == 1)
      #expect(place.names(in: Workplace.secrets + "/orphans").isEmpty)
    }
  }

  @Test("PlanAndApply#Lock-file: a client that cannot be deleted is listed under orphans, and not deleted twice")
  func replaceUnmanaged() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      #expect(try await place.run("apply").exit == 0)
      let old = try place.entry("s")["client_id"].string
      try place.write(
        server: "confidential-basic", sandbox, client: "name: a\n  redirect_uris: [\"http://127.0.0.1:7777/other\"]")
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try apply.json()["servers"][0]["action"].string == "replace")
      #expect(try apply.json()["servers"][0]["reasons"].strings == ["redirect-uris-changed"])
      let orphan = try place.lock()["orphans"][0]
      #expect(orphan["client_id"].string == old)
      #expect(orphan["reason"].string == "replaced")
      #expect(orphan["server"].string == "s")
      #expect(orphan["managed"].bool == false)
      // The client still exists, so its record is kept.
      #expect(place.names(in: Workplace.secrets).filter { $0.hasPrefix("s.") }.count == 2)
      let snapshot = try place.snapshot()
      #expect(try await place.run("apply").exit == 0)
      #expect(try place.snapshot() == snapshot)
    }
  }

  @Test(
    "Reliability#Replacing-and-removing: a deletion that fails leaves an orphan with its token, and the next apply tries again"
  )
  func deletionFails() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "managed", sandbox)
      #expect(try await place.run("apply").exit == 0)
      sandbox.change("managed") { $0.faults[.management] = SandboxFault(.text(503, "down"), method: "DELETE") }
      try place.write(server: "managed", sandbox, oauth2: "{generation: 1}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(apply.all.contains("client-left-behind"))
      #expect(try place.lock()["orphans"][0]["managed"].bool == true)
      #expect(place.names(in: Workplace.secrets + "/orphans").count == 1)
      #expect(sandbox.clients().count == 2)
      sandbox.change("managed") { $0.faults[.management] = nil }
      #expect(try await place.run("apply").exit == 0)
      #expect(sandbox.clients().count == 1)
      #expect(try place.lock()["orphans"].array.isEmpty)
      #expect(place.names(in: Workplace.secrets + "/orphans").isEmpty)
    }
  }

  @Test(
    "Reliability#Replacing-and-removing: if no lock entry has the issuer of an orphan, its metadata confirms the endpoints; it is fetched once"
  )
  func confirmedByDiscovery() async throws {
    try await withSandbox(.init(kinds: ["managed", "challenge"])) { sandbox in
      let keep = "keep: {url: \"\(sandbox.url("challenge"))\"}"
      let managed = ["a", "b"].map { "\n\($0): {url: \"\(sandbox.url("managed"))\"}" }.joined()
      let place = try Workplace(servers: keep + managed)
      #expect(try await place.run("apply").exit == 0)
      sandbox.change("managed") { $0.faults[.management] = SandboxFault(.text(503, "down"), method: "DELETE") }
      try place.write(servers: keep)
      let removal = try await place.run("apply", "--yes", "--allow-mass-change")
      #expect(removal.exit == 0, "\(removal.all)")
      #expect(try place.lock()["orphans"].array.map { $0["managed"].bool } == [true, true])
      sandbox.change("managed") { $0.faults[.management] = nil }
      sandbox.forgetRequests()
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.requests().filter { $0.endpoint == .oauthMetadata }.count == 1)
      #expect(sandbox.clients().map(\.kind) == ["challenge"])
      #expect(try place.lock()["orphans"].array.isEmpty)
    }
  }

  // MARK: Removing

  @Test(
    "PlanAndApply#Actions: a server is removed from the inventory: its client is deleted with RFC 7592, or listed as an orphan"
  )
  func removal() async throws {
    try await withSandbox(.init(kinds: ["managed", "confidential-basic", "challenge"])) { sandbox in
      let keep = "keep: {url: \"\(sandbox.url("challenge"))\"}"
      let place = try Workplace(
        servers: keep + "\nm: {url: \"\(sandbox.url("managed"))\"}\nc: {url: \"\(sandbox.url("confidential-basic"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let left = try place.entry("c")["client_id"].string
      try place.write(servers: keep)
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      let document = try apply.json()
      #expect(document["servers"].array.map { $0["action"].string } == ["unchanged", "remove", "remove"])
      #expect(document["servers"][1]["reasons"].strings == ["gone-from-inventory"])
      #expect(document["servers"][1]["outcome"].string == "done")
      #expect(document["servers"][1]["warnings"][0]["code"].string == "client-left-behind")
      #expect(try place.lockedNames() == ["keep"])
      #expect(Set(sandbox.clients().map(\.kind)) == ["challenge", "confidential-basic"])
      let orphans = try place.lock()["orphans"].array
      #expect(orphans.map { $0["client_id"].string } == [left])
      #expect(orphans[0]["reason"].string == "removed")
      // The record of the client that was deleted is removed, the one of the client that still exists is kept.
      let records = place.names(in: Workplace.secrets).filter { $0.hasSuffix(".json") }
      #expect(records.count == 1 && records[0].hasPrefix("c."), "\(records)")
    }
  }

  @Test("InventoryReference#OAuth2-block: moved_from keeps the client and its secret record; no request is sent")
  func moved() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let client = "name: a\n  redirect_uris: [\"http://127.0.0.1:7777/callback\"]"
      let url = sandbox.url("confidential-basic")
      let place = try Workplace(servers: "old: {url: \"\(url)\"}", client: client)
      #expect(try await place.run("apply").exit == 0)
      let clientID = try place.entry("old")["client_id"].string
      let secret = try place.record("old")["client_secret"].string
      sandbox.forgetRequests()
      try place.write(servers: "new: {url: \"\(url)\", moved_from: old}", client: client)
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try apply.json()["servers"][0]["reasons"].strings == ["moved"])
      #expect(sandbox.requests().isEmpty)
      #expect(try place.lockedNames() == ["new"])
      #expect(try place.entry("new")["client_id"].string == clientID)
      #expect(try place.record("new")["client_secret"].string == secret)
      #expect(place.names(in: Workplace.secrets).filter { $0.hasPrefix("old.") }.count == 1)
      #expect(try place.lock()["orphans"].array.isEmpty)
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }

  // MARK: Protection

  @Test(
    "PlanAndApply#Protection: protect refuses to replace and to remove, allows an update in place, and can be removed in the same edit"
  )
  func protect() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let url = sandbox.url("managed")
      func write(_ place: Workplace, _ protect: Bool, _ oauth2: String) throws {
        try place.write(servers: "s: {url: \"\(url)\", protect: \(protect), oauth2: \(oauth2)}")
      }
      let place = try Workplace()
      try write(place, true, "{scopes: [read, write]}")
      #expect(try await place.run("apply").exit == 0)
      let clientID = try place.entry("s")["client_id"].string
      try write(place, true, "{scopes: [read]}")
      #expect(try await place.run("apply").exit == 0)
      #expect(sandbox.clients().first?.scope == "read")

      let snapshot = try place.snapshot()
      try write(place, true, "{scopes: [read], generation: 1}")
      let replaced = try await place.run("apply")
      #expect(replaced.exit == 1)
      #expect(replaced.all.contains("error[protected]"))
      try place.write(servers: FlagsTests.none)
      let removed = try await place.run("apply", "--only", "s")
      #expect(removed.exit == 1)
      #expect(removed.all.contains("error[protected]"))
      #expect(try place.entry("s")["client_id"].string == clientID)
      #expect(
        try place.read(Workplace.lockFile)
          == String(decoding: try #require(snapshot[Workplace.lockFile]), as: UTF8.self))

      try write(place, false, "{scopes: [read], generation: 1}")
      #expect(try await place.run("apply").exit == 0)
      #expect(try place.entry("s")["client_id"].string != clientID)
    }
  }

  @Test(
    "PlanAndApply#Mass-changes: a change of more than 30 % and more than three servers is refused after the plan is shown; three of ten are allowed"
  )
  func massChange() async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = 10
    try await withSandbox(configuration) { sandbox in
      func servers(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { number in
          let name = "n-" + (number < 10 ? "000\(number)" : "0010")
          return "\(name): {url: \"\(sandbox.url(name))\"}"
        }.joined(separator: "\n")
      }
      let place = try Workplace(servers: servers(1...10))
      #expect(try await place.run("apply").exit == 0)
      let before = try place.snapshot()
      try place.write(servers: servers(1...6))
      let refused = try await place.run("apply")
      #expect(refused.exit == 1)
      #expect(refused.all.contains("error[mass-change]"))
      #expect(refused.out.contains("- n-0010"), "\(refused.out)")
      #expect(refused.out.contains("4 to remove"))
      #expect(try place.snapshot().filter { $0.key != "servers.yaml" } == before.filter { $0.key != "servers.yaml" })
      let json = try await place.run("apply", "--format", "json").json()
      #expect(json["error"]["code"].string == "mass-change")
      #expect(json["servers"].array.count == 10)

      try place.write(servers: servers(1...7))
      #expect(try await place.run("apply").exit == 0)
      try place.write(servers: servers(1...2))
      #expect(try await place.run("apply", "--allow-mass-change").exit == 0)
      #expect(try place.lockedNames() == ["n-0001", "n-0002"])
      #expect(try place.lock()["orphans"].array.count == 8)
      // Two of two servers.
      try place.write(servers: FlagsTests.none)
      #expect(try await place.run("apply").exit == 1)
    }
  }

  @Test("InventoryReference#OAuth2-block: no request is sent for a disabled server, and its lock entry is unchanged")
  func disabled() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let lock = place.lockText
      sandbox.forgetRequests()
      try place.write(servers: "s: {url: \"http://127.0.0.1:1/mcp\", enabled: false, oauth2: {generation: 5}}")
      let apply = try await place.run("apply", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try apply.json()["servers"][0]["action"].string == "unchanged")
      #expect(try apply.json()["servers"][0]["reasons"].strings == ["disabled"])
      #expect(place.lockText == lock)
      #expect(sandbox.requests().isEmpty)
    }
  }

  // MARK: Modes

  @Test("PlanAndApply#Actions: mode-changed in both directions: a registered client becomes an orphan")
  func modeChanged() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      #expect(try await place.run("apply").exit == 0)
      let first = try place.entry("s")["client_id"].string
      try place.write(
        server: "confidential-basic", sandbox,
        oauth2:
          "{client_id: own, authorization_endpoint: \"https://as.example/a\", token_endpoint: \"https://as.example/t\"}"
      )
      sandbox.forgetRequests()
      let manual = try await place.run("apply", "--format", "json")
      #expect(manual.exit == 0, "\(manual.all)")
      #expect(try manual.json()["servers"][0]["reasons"].strings?.contains("mode-changed") == true)
      #expect(sandbox.requests().isEmpty)
      #expect(try place.entry("s")["mode"].string == "manual")
      #expect(try place.lock()["orphans"].array.map { $0["client_id"].string } == [first])
      #expect(place.names(in: Workplace.secrets).filter { $0.hasPrefix("s.") }.count == 1)

      try place.write(server: "confidential-basic", sandbox)
      #expect(try await place.run("apply").exit == 0)
      #expect(try place.entry("s")["mode"].string == "discovered")
      #expect(sandbox.clients().count == 2)
      try place.write(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\", auth: none}")
      #expect(try await place.run("apply").exit == 0)
      #expect(try place.entry("s")["mode"].string == "none")
      #expect(try place.lock()["orphans"].array.count == 2)
    }
  }
}
