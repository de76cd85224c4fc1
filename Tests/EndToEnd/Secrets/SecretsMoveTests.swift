import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth secrets move` (SecretStores#Moving-between-stores): from store to store, without losing a secret.
@Suite struct SecretsMoveTests {
  private static let kinds = SandboxConfiguration(kinds: ["managed", "confidential-basic"])

  private func servers(_ sandbox: Sandbox) -> String {
    """
    s: {url: "\(sandbox.url("managed"))"}
    t: {url: "\(sandbox.url("confidential-basic"))"}
    """
  }

  /// Two records, an orphan's record and a stored value in the directory store. The record of the forgotten server is kept.
  private func place(_ sandbox: Sandbox) async throws -> (place: Workplace, secret: String) {
    let place = try Workplace(servers: servers(sandbox))
    #expect(try await place.run("apply").exit == 0)
    #expect(try await place.run("state", "forget", "t").exit == 0)
    try place.write(servers: "s: {url: \"\(sandbox.url("managed"))\"}")
    try await place.set("k", "value-of-k")
    sandbox.forgetRequests()
    return (place, try #require(try place.record("s")["client_secret"].string))
  }

  @Test("SecretStores#Moving-between-stores: the printed command that removes names the inventory")
  func namesInventory() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    try place.write(place.read("servers.yaml"), to: "prod.yaml")
    let set = try await place.run(["secrets", "set", "k", "-f", "prod.yaml"], input: "value-of-k\n")
    #expect(set.exit == 0, "\(set.all)")
    let key = try await AgeKey.make()
    let moving = try await place.secretsJSON(
      "move", "-f", "prod.yaml", "--to", "age", "--recipient", key.recipient, environment: key.environment)
    #expect(moving["remove_with"].string == "mcpauth secrets move --from directory --remove -f prod.yaml")
  }

  /// The files of a store that contain a record or a value.
  private func files(_ place: Workplace, _ folder: String) throws -> [String] {
    try place.snapshot().keys.filter { name in
      name.hasPrefix(folder + "/") && [".json", ".age"].contains { name.hasSuffix($0) }
    }.sorted()
  }

  @Test(
    "SecretStores#Moving-between-stores: directory to age, age to helper, helper to directory: no secret is lost, and the plan has no changes"
  )
  func around() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let (place, secret) = try await place(sandbox)
      let key = try await AgeKey.make()
      let environment = key.environment.merging(try place.makeHelper()) { $1 }
      let lock = place.lockText
      // A disabled server refers to the stored value. A helper shares such values, so only referenced values are moved.
      let one =
        "s: {url: \"\(sandbox.url("managed"))\"}\n"
        + "x: {url: \"https://x.example/\", enabled: false, auth: api_key, api_key: {header: X-Key, value: {stored: k}}}"

      func proved(_ store: String) async throws {
        #expect(try await place.run("secrets", "get", "s", environment: environment).out == secret + "\n")
        #expect(try await place.run("secrets", "get", "--stored", "k", environment: environment).out == "value-of-k\n")
        let check = try await place.secretsJSON("check", environment: environment)
        #expect(check["store"].string == store)
        #expect(check["summary"]["orphans"].integer == 1)
        let plan = try await place.run("plan", "--detailed-exitcode", environment: environment)
        #expect(plan.exit == 0, "\(plan.all)")
        #expect(place.lockText == lock)
      }

      let block = "secrets: {store: age, recipients: [\(key.recipient)]}"
      let toAge = try await place.run(
        "secrets", "move", "--to", "age", "--recipient", key.recipient, environment: environment)
      #expect(toAge.exit == 0, "\(toAge.all)")
      let removal = "mcpauth secrets move --from directory --remove"
      #expect(
        toAge.out
          == "copied to the age store: 2 records, 1 of orphans, 1 stored\nnow write this in servers.yaml; until then the directory store stays in use:\n  \(block)\n4 stay in the directory store, for branches whose inventory names it; when no branch does, remove them there:\n  \(removal)\n"
      )
      #expect(try files(place, Workplace.secrets).count == 4)
      // Until that is written, the old store is used.
      try await proved("directory")
      try place.write(servers: one, head: block)
      try await proved("age")

      let removed = try await place.secretsJSON("move", "--from", "directory", "--remove", environment: environment)
      #expect(removed["removed"].bool == true && removed["remove_with"].isNull)
      #expect(removed["summary"]["already_there"].integer == 4 && removed["summary"]["stay"].integer == 0)
      #expect(try files(place, Workplace.secrets) == [])
      try await proved("age")
      // An inventory that names the old store finds nothing there, and nothing is registered anew.
      try place.write(servers: one)
      let old = try await place.run("apply", environment: environment)
      #expect(old.exit == 1 && old.all.contains("secret-missing"), "\(old.all)")
      #expect(old.all.contains("mcpauth secrets move --from"))
      #expect(sandbox.clients().count == 2)
      try place.write(servers: one, head: block)

      let toHelper = try await place.secretsJSON(
        "move", "--to", "helper", "--helper", "fake", "--remove", environment: environment)
      #expect(toHelper["block"].string == "secrets: {store: helper, helper: fake}")
      #expect(toHelper["done"].bool == true)
      #expect(try files(place, Workplace.ageFolder) == [])
      try place.write(servers: one, head: toHelper["block"].string ?? "")
      try await proved("helper")

      // The other order: the inventory is changed first.
      try place.write(servers: one, head: "secrets: {store: directory, path: kept-here}")
      let copied = try await place.secretsJSON("move", "--from", "helper", "--helper", "fake", environment: environment)
      #expect(copied["block"].isNull && copied["summary"]["stay"].integer == 4)
      #expect(copied["remove_with"].string == "mcpauth secrets move --from helper --helper fake --remove")
      #expect(copied["diagnostics"].array.isEmpty, "\(copied)")
      let back = try await place.secretsJSON(
        "move", "--from", "helper", "--helper", "fake", "--remove", environment: environment)
      #expect(back["block"].isNull && back["summary"]["records"].integer == 2)
      #expect(back["summary"]["stay"].integer == 1)
      #expect(back["diagnostics"].array.contains { $0["code"].string == "secret-shared" }, "\(back)")
      // Only the shared value stays in the helper.
      #expect(try files(place, "kept").count == 1)
      try await proved("directory")
      #expect(try place.mode("kept-here") == 0o700)
      let again = try await place.secretsJSON("move", "--from", "helper", "--helper", "fake", environment: environment)
      #expect(again["summary"]["records"].integer == 0)
    }
  }

  @Test("SecretStores#Moving-between-stores: a branch whose inventory names the old store finds its secrets there")
  func branches() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let (place, secret) = try await place(sandbox)
      let key = try await AgeKey.make()
      try await place.initRepository()
      try await place.commit("directory store")
      try await place.git("checkout", "-q", "-b", "feature")
      let moving = try await place.secretsJSON(
        "move", "--to", "age", "--recipient", key.recipient, environment: key.environment)
      #expect(moving["removed"].bool == false && moving["summary"]["stay"].integer == 4)
      #expect(moving["remove_with"].string == "mcpauth secrets move --from directory --remove")
      try place.write(servers: "s: {url: \"\(sandbox.url("managed"))\"}", head: AgeKey.head(key))
      try await place.commit("age store")

      for branch in ["main", "feature", "main"] {
        try await place.git("checkout", "-q", branch)
        let check = try await place.run("secrets", "check", environment: key.environment)
        #expect(check.exit == 0, "\(branch): \(check.all)")
        let get = try await place.run("secrets", "get", "s", environment: key.environment)
        #expect(get.out == secret + "\n", "\(branch): \(get.all)")
        let stored = try await place.run("secrets", "get", "--stored", "k", environment: key.environment)
        #expect(stored.out == "value-of-k\n", "\(branch): \(stored.all)")
        let plan = try await place.run("plan", "--detailed-exitcode", environment: key.environment)
        #expect(plan.exit == 0, "\(branch): \(plan.all)")
      }

      // A user says that no branch needs the old store: then main has no secrets.
      try await place.git("checkout", "-q", "feature")
      _ = try await place.secretsJSON("move", "--from", "directory", "--remove", environment: key.environment)
      #expect(try await place.run("secrets", "check", environment: key.environment).exit == 0)
      try await place.git("checkout", "-q", "main")
      let missing = try await place.run("secrets", "check", environment: key.environment)
      #expect(missing.exit == 1 && missing.all.contains("secret-missing"), "\(missing.all)")
      #expect(sandbox.clients().count == 2)
    }
  }

  @Test(
    "SecretStores#Moving-between-stores: without the right identity, the move is refused before any secret is removed")
  func refused() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let (place, _) = try await place(sandbox)
      let (key, other) = (try await AgeKey.make(), try await AgeKey.make())
      let kept = try files(place, Workplace.secrets)
      for environment in [[:], other.environment] {
        let document = try await place.secretsJSON(
          "move", "--to", "age", "--recipient", key.recipient, exit: 1, environment: environment)
        #expect(document["error"]["code"].string == "secret-unreadable")
        #expect(
          try files(place, Workplace.secrets) == kept)
      }
      let usage = [
        [], ["--to", "age"], ["--to", "helper"], ["--to", "etcd", "--helper", "x"],
        ["--to", "directory", "--helper", "x"],
        ["--to", "age", "--from", "directory"], ["--from", "age", "--recipient", key.recipient],
        ["--to", "helper", "--helper", "../x"], ["--remove"], ["--to", "exec"],
        ["--to", "exec", "--command", "sh"], ["--to", "age", "--command", "mcpauth-store-x"],
        ["--to", "kv2", "--path", "a"],
        ["--to", "kv2", "--address", "https://bao.example"], ["--to", "age", "--address", "https://bao.example"],
        ["--to", "kv2", "--address", "https://bao.example?a=b", "--path", "a"],
      ]
      for arguments in usage {
        let run = try await place.run(["secrets", "move"] + arguments)
        #expect(run.exit == 64, "\(arguments) \(run.all)")
      }
      for path in [Workplace.secrets, "./" + Workplace.secrets, place.path(Workplace.secrets).path] {
        let same = try await place.secretsJSON("move", "--to", "directory", "--path", path, exit: 1)
        #expect(same["error"]["code"].string == "move-refused", "\(path)")
      }
      let bad = try await place.secretsJSON(
        "move", "--to", "age", "--recipient", "age1nonsense", exit: 1, environment: key.environment)
      #expect(bad["error"]["code"].string == "invalid-value")
      #expect(
        try files(place, Workplace.secrets) == kept)
      #expect(try await place.run("secrets", "check").exit == 0)
    }
  }

  @Test("SecretStores#Moving-between-stores: a damaged record stops the move; it is named, and no secret is removed")
  func damaged() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let (place, _) = try await place(sandbox)
      let key = try await AgeKey.make()
      let path = try place.recordPath("s")
      let good = try place.snapshot()
      try place.write("nonsense", to: path)
      let document = try await place.secretsJSON(
        "move", "--to", "age", "--recipient", key.recipient, exit: 1, environment: key.environment)
      #expect(document["done"].bool == false)
      #expect(document["diagnostics"].array.map { $0["code"].string } == ["secret-unreadable"])
      #expect(try files(place, Workplace.secrets).count == 4)
      try place.restore(path, of: good)
      let again = try await place.secretsJSON(
        "move", "--to", "age", "--recipient", key.recipient, environment: key.environment)
      #expect(again["summary"]["already_there"].integer == 3)
    }
  }

  /// The state of the move when the run is killed.
  enum Moment: Sendable, CaseIterable { case first, copying, lastCopies, taking, lastTaken }

  @Test(
    "SecretStores#Moving-between-stores: after a kill while it copies or removes, no secret is lost, and the move continues with the old or new inventory",
    arguments: Moment.allCases, [true, false])
  func killed(moment: Moment, isEditedMeanwhile: Bool) async throws {
    let count = 300
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let key = try await AgeKey.make()
    let values = Dictionary(uniqueKeysWithValues: (0..<count).map { ("k\($0)", "value-of-\($0)-x") })
    try place.plant(values)
    let (old, new) = (Workplace.secrets + "/stored", Workplace.ageFolder + "/stored")
    func held(_ folder: String, _ ending: String) -> Set<String> {
      Set(
        place.names(in: folder).filter { $0.hasSuffix(ending) && $0.hasPrefix("k") }.map {
          String($0.dropLast(ending.count))
        })
    }
    let arguments = ["secrets", "move", "--to", "age", "--recipient", key.recipient, "--remove"]
    let run = try place.start(arguments, environment: key.environment)
    try await eventually("it is so far", within: 60) {
      if !run.isRunning { return true }
      return switch moment {
      case .first: held(new, ".age").count >= 1
      case .copying: held(new, ".age").count >= count / 2
      case .lastCopies: held(new, ".age").count >= count - 2
      case .taking: held(old, ".json").count < count - 5
      case .lastTaken: held(old, ".json").count < 5
      }
    }
    run.send(SIGKILL)
    _ = try await run.finish()
    #expect(held(old, ".json").union(held(new, ".age")) == Set(values.keys))

    if isEditedMeanwhile {
      try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: AgeKey.head(key))
      _ = try await place.secretsJSON("move", "--from", "directory", "--remove", environment: key.environment)
    } else {
      _ = try await place.secretsJSON(
        "move", "--to", "age", "--recipient", key.recipient, "--remove", environment: key.environment)
      try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: AgeKey.head(key))
    }
    #expect(held(old, ".json").isEmpty && held(new, ".age") == Set(values.keys))
    let check = try await place.secretsJSON("check", environment: key.environment)
    #expect(check["summary"]["stored"].integer == count && check["problems"].array.isEmpty)
    for name in ["k0", "k299"] {
      let get = try await place.run("secrets", "get", "--stored", name, environment: key.environment)
      #expect(get.out == (values[name] ?? "?") + "\n")
    }
    #expect(place.names(in: new).allSatisfy { !$0.hasPrefix(".") })
  }
}
