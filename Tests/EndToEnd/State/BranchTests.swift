import Foundation
import MCPAuthSandbox
import Testing

/// Branches with their own inventory and lock file, in one work tree with one secret store (SecretStores#When-a-record-is-removed).
@Suite struct BranchTests {
  enum Store: String, CaseIterable, Sendable {
    case directory, age, helper
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
        environment["MCPAUTH_STORE_PROGRAMS"] = "docker-credential-fake"
      }
      try await place.initRepository()
      try place.write(".mcpauth/\nkept/\nbin/\ninput-*\n", to: ".gitignore")
    }

    func server(_ name: String, _ rest: String = "", isManaged: Bool = false, redirect: String = "cb") -> String {
      let url = isManaged ? managedURL : url
      return
        "\(name): {url: \"\(url)\", \(rest)oauth2: {redirect_uris: [\"http://127.0.0.1:7777/\(redirect)\"]}}"
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
}
