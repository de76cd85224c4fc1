import Foundation
import MCPAuthSandbox
import Testing

/// Branches with their own inventory and lock file, in one work tree with one secret store (SecretStores#When-a-record-is-removed).
@Suite struct BranchTests {
  enum Store: String, CaseIterable, Sendable {
    case directory, age, helper, exec
  }

  /// A repository, with the environment of `mcpauth`.
  private struct Repository {
    var place: Workplace
    var head: String
    var environment: [String: String] = [:]
    let url: String
    let managedURL: String

    init(_ store: Store, _ sandbox: Sandbox) async throws {
      place = try Workplace()
      (url, managedURL) = (sandbox.url("confidential-basic"), sandbox.url("managed"))
      switch store {
      case .directory: head = "secrets: {store: directory}"
      case .age:
        let key = try await AgeKey.make()
        (head, environment) = (AgeKey.head(key), key.environment)
      case .helper:
        head = "secrets: {store: helper, helper: fake}"
        environment = try place.makeHelper()
      case .exec:
        head = "secrets: {store: exec, command: [mcpauth-store-fake]}"
        environment = try place.makeStoreProgram()
      }
      try await place.initRepository()
      try place.write(".mcpauth/\nkept/\nbin/\ninput-*\n", to: ".gitignore")
    }

    func server(_ name: String, _ rest: String = "", isManaged: Bool = false, redirect: String = "cb") -> String {
      let url = isManaged ? managedURL : url
      return
        "\(name): {url: \"\(url)\", \(rest)oauth2: {redirect_uris: [\"http://127.0.0.1:7777/\(redirect)\"]}}"
    }

    /// A server whose management token and secret change with each update.
    func rotating(_ name: String, _ sandbox: Sandbox, redirect: String = "cb") -> String {
      "\(name): {url: \"\(sandbox.url("managed-rotating"))\", "
        + "oauth2: {redirect_uris: [\"http://127.0.0.1:7777/\(redirect)\"]}}"
    }

    func write(_ servers: [String]) throws { try place.write(servers: servers.joined(separator: "\n"), head: head) }

    func run(_ arguments: String..., exit: Int32 = 0, location: SourceLocation = #_sourceLocation) async throws -> Run {
      let run = try await place.run(arguments, environment: environment)
      #expect(run.exit == exit, "mcpauth \(arguments): \(run.all)", sourceLocation: location)
      return run
    }

    func commitIfChanged(_ message: String) async throws {
      if try await !place.git("status", "--porcelain").out.isEmpty { try await place.commit(message) }
    }

    func checkOut(_ ref: String) async throws { try await place.git("checkout", "-q", ref) }

    /// Checks that all secrets of the checked out lock file can be read.
    func opens(_ ref: String, location: SourceLocation = #_sourceLocation) async throws {
      let run = try await place.run(["secrets", "check"], environment: environment)
      #expect(run.exit == 0, "\(ref): \(run.all)", sourceLocation: location)
    }
  }

  @Test(
    "two branches with replaced, removed, renamed and rotated servers: the secrets of every committed lock file can be read",
    arguments: Store.allCases)
  func backAndForth(_ store: Store) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "managed"])) { sandbox in
      let it = try await Repository(store, sandbox)
      let managed = it.server("updated", isManaged: true)
      try it.write(
        ["replaced", "removed", "renamed", "rotated"].map { it.server($0) } + [managed])
      _ = try await it.run("apply")
      try await it.commitIfChanged("main")
      try await it.place.git("checkout", "-q", "-b", "feature")
      try it.write([
        it.server("replaced", redirect: "other"), it.server("renamed-two", "moved_from: renamed, "),
        it.server("rotated"), it.server("added"), it.server("updated", isManaged: true, redirect: "other"),
      ])
      _ = try await it.run("apply", "--yes", "--allow-mass-change")
      try await it.commitIfChanged("feature")
      for round in 1...10 {
        for branch in ["main", "feature"] {
          try await it.checkOut(branch)
          let run = try await it.run("apply", "--format", "json")
          #expect(try run.json()["summary"]["blocked"].integer == 0, "\(run.out)")
          #expect(try run.json()["summary"]["register"].integer == 0, "\(run.out)")
          try await it.opens("\(branch), round \(round)")
          if round == 3 || branch == "feature" { _ = try await it.run("rotate", "rotated", "--yes") }
          try await it.commitIfChanged("\(branch), round \(round)")
        }
      }
      // One registration for each client of the inventories: four, two, eleven rotations, and the managed one.
      let wanted = 4 + 2 + 11 + 1
      #expect(sandbox.clients().count == wanted)
      let commits = try await it.place.git("log", "--branches", "--format=%H").out.split(separator: "\n")
      #expect(commits.count >= 8)
      for commit in commits {
        try await it.checkOut(String(commit))
        try await it.opens(String(commit))
      }
      try await prune(it, store)
    }
  }

  /// After the branch is deleted, records that only its lock file named are removed, and records of main stay.
  private func prune(_ it: Repository, _ store: Store) async throws {
    try await it.checkOut("main")
    let kept = try await it.place.secretsJSON("prune", "--yes", environment: it.environment)
    if store != .age {
      let places = kept["in_use"].array.flatMap { $0["places"].array.compactMap(\.string) }
      #expect(places.contains("refs/heads/feature"), "\(kept)")
    }
    try await it.checkOut("feature")
    try await it.opens("feature, pruned")
    try await it.checkOut("main")
    try await it.place.git("branch", "-q", "-D", "feature")
    let listed = try await it.place.secretsJSON("prune", environment: it.environment)
    #expect(listed["removed"].bool == false)
    // The checkout of main has already removed the age files of the branch.
    #expect(listed["unused"].array.isEmpty == (store == .age), "\(listed)")
    let removed = try await it.place.secretsJSON("prune", "--yes", environment: it.environment)
    #expect(removed["removed"].bool == (store != .age))
    #expect(removed["unused"].array.count == listed["unused"].array.count)
    #expect(try await it.place.secretsJSON("prune", environment: it.environment)["unused"].array.isEmpty)
    try await it.opens("main, pruned")
    let run = try await it.run("apply", "--format", "json")
    #expect(try run.json()["summary"]["unchanged"].integer == 5, "\(run.out)")
  }

  @Test("secrets prune keeps the records of every stash, not only of the newest")
  func stashes() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "managed"])) { sandbox in
      let it = try await Repository(.directory, sandbox)
      try it.write([it.server("a")])
      _ = try await it.run("apply")
      try await it.commitIfChanged("one")
      for redirect in ["two", "three"] {
        try it.write([it.server("a", redirect: redirect)])
        _ = try await it.run("apply", "--yes")
        try await it.place.git("stash", "-q")
      }
      let found = try await it.place.secretsJSON("prune", environment: it.environment)
      #expect(found["unused"].array.isEmpty, "\(found)")
      #expect(found["in_use"].array.count == 2, "\(found)")
    }
  }

  @Test(
    "secrets are found after state move, git checkout of the lock file, and git revert", arguments: Store.allCases)
  func movedAndReverted(_ store: Store) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "managed"])) { sandbox in
      let it = try await Repository(store, sandbox)
      try it.write([it.server("a"), it.server("b")])
      _ = try await it.run("apply")
      try await it.commitIfChanged("one")
      try it.write([it.server("a-two"), it.server("b")])
      _ = try await it.run("state", "move", "a", "a-two")
      try await it.opens("moved")
      try await it.place.git("checkout", "-q", "servers.lock.json", "servers.yaml")
      try await it.opens("moved back by git")
      #expect(try await it.run("plan", "--detailed-exitcode").out.contains("nothing to do"))
      try it.write([it.server("a", redirect: "other"), it.server("b")])
      _ = try await it.run("apply", "--yes")
      try await it.commitIfChanged("two")
      try await it.place.git("revert", "--no-edit", "HEAD")
      _ = try await it.run("apply")
      try await it.opens("reverted")
      #expect(sandbox.clients().count == 3)
    }
  }

  @Test("a server in the store but not in the lock file is added to the lock file without a registration")
  func takenUp() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "managed"])) { sandbox in
      let it = try await Repository(.directory, sandbox)
      try it.write([it.server("a")])
      _ = try await it.run("apply")
      try await it.commitIfChanged("main")
      for branch in ["one", "two"] {
        try await it.checkOut("main")
        try await it.place.git("checkout", "-q", "-b", branch)
        try it.write([it.server("a"), it.server("new")])
        let run = try await it.run("apply", "--format", "json")
        let reasons = try run.json()["servers"][1]["reasons"].array.compactMap(\.string)
        #expect(reasons == (branch == "one" ? ["new"] : ["recovered"]), "\(run.out)")
        try await it.commitIfChanged(branch)
      }
      #expect(sandbox.clients().count == 2)
    }
  }

  // MARK: A client that another branch changed in place

  private static let rotatingKinds = SandboxConfiguration(kinds: ["confidential-basic", "managed", "managed-rotating"])

  /// Two servers on main. On feature their clients were updated in place, so the server refuses token and secret of main's records. The newer records
  /// are in the same store. main is checked out.
  private func updatedOnFeature(_ store: Store, _ sandbox: Sandbox) async throws -> Repository {
    let it = try await Repository(store, sandbox)
    try it.write(["one", "two"].map { it.rotating($0, sandbox) })
    _ = try await it.run("apply")
    try await it.commitIfChanged("main")
    try await it.place.git("checkout", "-q", "-b", "feature")
    try it.write(["one", "two"].map { it.rotating($0, sandbox, redirect: "other") })
    let run = try await it.run("apply", "--yes", "--allow-mass-change", "--format", "json")
    #expect(try run.json()["servers"].array.map { $0["action"].string } == ["update", "update"], "\(run.out)")
    try await it.commitIfChanged("feature")
    try await it.checkOut("main")
    sandbox.forgetRequests()
    return it
  }

  @Test(
    "apply --refresh with an older lock file takes the newer record: the client is kept, and every lock file opens",
    arguments: [Store.directory, .helper])
  func refreshed(_ store: Store) async throws {
    try await withSandbox(Self.rotatingKinds) { sandbox in
      let it = try await updatedOnFeature(store, sandbox)
      let clients = Set(sandbox.clients().map(\.clientID))
      for branch in ["main", "feature", "main"] {
        try await it.checkOut(branch)
        let run = try await it.run("apply", "--refresh", "--yes", "--allow-mass-change", "--format", "json")
        #expect(try run.json()["servers"].array.map { $0["action"].string } == ["update", "update"], "\(run.out)")
        _ = try await it.run("verify")
        try await it.opens(branch)
        try await it.commitIfChanged("\(branch), refreshed")
      }
      #expect(Set(sandbox.clients().map(\.clientID)) == clients)
      #expect(sandbox.registrations("managed-rotating") == 2)
      let commits = try await it.place.git("log", "--branches", "--format=%H").out.split(separator: "\n")
      #expect(commits.count == 5)
      for commit in commits {
        try await it.checkOut(String(commit))
        try await it.opens(String(commit))
      }
    }
  }

  @Test(
    "a removal with an older lock file deletes the client with the newer token: it does not stay at the server unlisted",
    arguments: [Store.directory, .helper])
  func removed(_ store: Store) async throws {
    try await withSandbox(Self.rotatingKinds) { sandbox in
      let it = try await updatedOnFeature(store, sandbox)
      try it.write([it.rotating("one", sandbox)])
      _ = try await it.run("apply", "--yes", "--allow-mass-change")
      #expect(sandbox.clients().map(\.clientID) == [try it.place.entry("one")["client_id"].string])
      #expect(try it.place.lock()["orphans"].array.isEmpty)
      try await it.opens("main, removed")
      let refreshed = try await it.run("apply", "--refresh", "--yes", "--format", "json")
      #expect(try refreshed.json()["servers"][0]["action"].string == "update", "\(refreshed.out)")
      #expect(sandbox.registrations("managed-rotating") == 2)
    }
  }

  @Test("a newer record that cannot be read: the client is not taken for lost, and nothing is removed")
  func unreadable() async throws {
    try await withSandbox(Self.rotatingKinds) { sandbox in
      let it = try await updatedOnFeature(.directory, sandbox)
      let named = Set(try ["one", "two"].map { try it.place.recordPath($0) })
      let names = it.place.names(in: Workplace.secrets).filter { $0.hasSuffix(".json") }
      #expect(names.count == 4)
      for path in names.map({ "\(Workplace.secrets)/\($0)" }) where !named.contains(path) {
        try it.place.write("damaged", to: path)
      }
      let run = try await it.run("apply", "--refresh", "--format", "json", exit: 1)
      let servers = try run.json()["servers"].array
      #expect(servers.map { $0["action"].string } == ["blocked", "blocked"], "\(run.out)")
      #expect(servers.map { $0["error"]["code"].string } == ["secret-unreadable", "secret-unreadable"], "\(run.out)")
      #expect(it.place.names(in: Workplace.secrets).filter { $0.hasSuffix(".json") } == names)
      #expect(sandbox.registrations("managed-rotating") == 2)
    }
  }
}
