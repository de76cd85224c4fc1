import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth state merge` as the merge driver of git: merges and rebases of two branches with an apply on each.
@Suite struct MergeDriverTests {
  private func server(_ name: String, _ sandbox: Sandbox, _ kind: String, _ rest: String = "") -> String {
    "\(name): {url: \"\(sandbox.url(kind))\"\(rest)}"
  }

  /// Two runners: a repository with one applied server, and a clone of it with the uncommitted state.
  private func twoRunners(_ sandbox: Sandbox, prefer: String? = nil) async throws -> (Workplace, Workplace) {
    let ours = try Workplace(servers: server("base", sandbox, "challenge"))
    try await ours.initRepository(prefer: prefer)
    #expect(try await ours.run("apply").exit == 0)
    try await ours.commit("base")
    let theirs = try Workplace()
    try await theirs.git("clone", "-q", ours.folder.path, ".")
    try await theirs.git("config", "merge.mcpauth.driver", "'\(Binary.path)' state merge %O %A %B %P")
    try FileManager.default.copyItem(at: ours.path(".mcpauth"), to: theirs.path(".mcpauth"))
    return (ours, theirs)
  }

  private func apply(_ place: Workplace, _ servers: [String], _ message: String) async throws {
    try place.write(servers: servers.joined(separator: "\n"))
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    try await place.commit(message)
  }

  private func client(_ server: String, _ place: Workplace) throws -> String {
    try #require(try place.entry(server)["client_id"].string)
  }

  /// Two runners that both applied the new server `new`, each with a client of its own, and the branch of theirs fetched into ours.
  private func sameServerTwice(
    _ sandbox: Sandbox, prefer: String? = nil
  ) async throws -> (ours: Workplace, theirs: Workplace, mine: String, yours: String) {
    let (ours, theirs) = try await twoRunners(sandbox, prefer: prefer)
    let both = [server("base", sandbox, "challenge"), server("new", sandbox, "managed")]
    try await apply(ours, both, "ours")
    try await apply(theirs, both, "theirs")
    let (mine, yours) = try (client("new", ours), client("new", theirs))
    #expect(mine != yours)
    try await fetch(theirs, into: ours)
    return (ours, theirs, mine, yours)
  }

  /// Fetches the branch of the other runner.
  private func fetch(_ theirs: Workplace, into ours: Workplace) async throws {
    try await ours.git("fetch", "-q", theirs.folder.path, "HEAD:theirs")
  }

  @Test(
    "PlanAndApply#Lock-file: two branches that added different servers merge without a conflict, and no client is registered again"
  )
  func neighbours() async throws {
    try await withSandbox(.init(kinds: ["challenge", "scoped", "well-known"])) { sandbox in
      let (ours, theirs) = try await twoRunners(sandbox)
      let base = server("base", sandbox, "challenge")
      try await apply(ours, [server("a", sandbox, "scoped"), base], "ours")
      try await apply(theirs, [base, server("b", sandbox, "well-known")], "theirs")
      try await fetch(theirs, into: ours)
      try await ours.git("merge", "-q", "theirs")
      #expect(try ours.lockedNames() == ["a", "b", "base"])
      sandbox.forgetRequests()
      let run = try await ours.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.requests().isEmpty)
      #expect(try await ours.git("status", "--porcelain").out.isEmpty)
    }
  }

  @Test(
    "PlanAndApply#Lock-file: the same entry added on two branches is a conflict without markers; after it is accepted, the other client is deleted"
  )
  func sameEntry() async throws {
    try await withSandbox(.init(kinds: ["challenge", "managed"])) { sandbox in
      let (ours, theirs, mine, yours) = try await sameServerTwice(sandbox)
      let merge = try await ours.tryGit(["merge", "theirs"])
      #expect(merge.exit == 1, "\(merge.all)")
      #expect(merge.all.contains("merge-conflict"), "\(merge.all)")
      #expect(try await ours.git("diff", "--name-only", "--diff-filter=U").out == "servers.lock.json\n")
      // The lock file is valid, and all clients are in it.
      #expect(try ours.entry("new")["client_id"].string == mine)
      #expect(try ours.lock()["orphans"].array.map { $0["client_id"].string } == [yours])
      #expect(try ours.lock()["orphans"][0]["reason"].string == "replaced")
      try await ours.commit("merged")
      try ours.takeRecords(of: theirs)
      let run = try await ours.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.clients().filter { $0.kind == "managed" }.map(\.clientID) == [mine])
      #expect(try ours.lock()["orphans"].array.isEmpty)
      #expect(ours.names(in: Workplace.secrets).filter { $0.hasPrefix("new.") }.count == 1)
    }
  }

  @Test(
    "PlanAndApply#Lock-file: a second merge with --prefer theirs takes the other client; a driver with a preference leaves no conflict",
    arguments: [true, false])
  func preferred(isDriver: Bool) async throws {
    try await withSandbox(.init(kinds: ["challenge", "managed"])) { sandbox in
      let (ours, _, mine, yours) = try await sameServerTwice(sandbox, prefer: isDriver ? "theirs" : nil)
      let merge = try await ours.tryGit(["merge", "theirs"])
      #expect(merge.exit == (isDriver ? 0 : 1), "\(merge.all)")
      if !isDriver {
        #expect(merge.all.contains("git show :1:./servers.lock.json > base.json"), "\(merge.all)")
        for (stage, name) in [(1, "base"), (2, "ours"), (3, "theirs")] {
          try ours.write(try await ours.git("show", ":\(stage):servers.lock.json").out, to: ".mcpauth/\(name).json")
        }
        let again = try await ours.run(
          "state", "merge", "--prefer", "theirs", ".mcpauth/base.json", ".mcpauth/ours.json", ".mcpauth/theirs.json",
          "--format", "json")
        #expect(again.exit == 0, "\(again.all)")
        #expect(try again.json()["conflicts"][0]["kept"].string == "theirs")
        #expect(try SchemaCheck("state").problems(again.out) == [])
        try ours.write(try ours.read(".mcpauth/ours.json"), to: Workplace.lockFile)
      }
      #expect(try ours.entry("new")["client_id"].string == yours)
      #expect(try ours.lock()["orphans"].array.map { $0["client_id"].string } == [mine])
    }
  }

  @Test("PlanAndApply#Lock-file: the commands that the message names resolve a lock file with conflict markers")
  func markers() async throws {
    try await withSandbox(.init(kinds: ["challenge", "managed"])) { sandbox in
      let (ours, _, mine, yours) = try await sameServerTwice(sandbox)
      // A driver that fails leaves ours in the file, and the three sides in the index. Then the file gets a marker, as without a driver.
      try await ours.git("config", "merge.mcpauth.driver", "false")
      #expect(try await ours.tryGit(["merge", "theirs"]).exit == 1)
      try ours.write("<<<<<<< HEAD\n" + ours.read(Workplace.lockFile), to: Workplace.lockFile)
      let refused = try await ours.run("plan", "--format", "json")
      let help = try #require(try refused.json()["error"]["help"].string, "\(refused.all)")
      let commands = help.split(separator: "\n").filter { $0.hasPrefix("  ") }.joined(separator: "\n")
        .replacing("mcpauth state merge", with: "'\(Binary.path)' state merge")
      let resolved = try await RunningBinary("/bin/sh", ["-c", commands], in: ours.folder, environment: [:]).finish()
      #expect(try ours.entry("new")["client_id"].string == mine, "\(resolved.all)")
      #expect(try ours.lock()["orphans"].array.map { $0["client_id"].string } == [yours])
      #expect(try await ours.git("diff", "--name-only", "--diff-filter=U").out.isEmpty)
    }
  }

  @Test("Reliability#Promise: after a refused push and a rebase on the other branch, both clients are locked")
  func rebase() async throws {
    try await withSandbox(.init(kinds: ["challenge", "managed", "confidential-basic"])) { sandbox in
      let (ours, theirs) = try await twoRunners(sandbox)
      let base = server("base", sandbox, "challenge")
      try await apply(theirs, [base, server("b", sandbox, "confidential-basic")], "theirs")
      try await apply(ours, [server("a", sandbox, "managed"), base], "ours")
      try await fetch(theirs, into: ours)
      try await ours.git("rebase", "-q", "theirs")
      #expect(try ours.lockedNames() == ["a", "b", "base"])
      try ours.takeRecords(of: theirs)
      let clients = sandbox.clients().count
      let run = try await ours.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.clients().count == clients)
    }
  }

  @Test("PlanAndApply#Lock-file: a rebase with the same entry stops, is accepted, continues, and loses no client")
  func rebaseSameEntry() async throws {
    try await withSandbox(.init(kinds: ["challenge", "managed"])) { sandbox in
      let (ours, theirs, mine, yours) = try await sameServerTwice(sandbox)
      let rebase = try await ours.tryGit(["rebase", "theirs"])
      #expect(rebase.exit != 0, "\(rebase.all)")
      // In a rebase, "ours" is the branch onto which it is rebased.
      #expect(try ours.entry("new")["client_id"].string == yours)
      #expect(try ours.lock()["orphans"].array.map { $0["client_id"].string } == [mine])
      try await ours.git("add", "-A")
      try await ours.git("rebase", "--continue")
      try ours.takeRecords(of: theirs)
      let run = try await ours.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.clients().filter { $0.kind == "managed" }.map(\.clientID) == [yours])
    }
  }

  @Test(
    "PlanAndApply#Lock-file: one branch replaced the client, the other removed the server: the client that is not in the result is an orphan"
  )
  func replacedAndRemoved() async throws {
    try await withSandbox(.init(kinds: ["challenge", "confidential-basic"])) { sandbox in
      let (ours, theirs) = try await twoRunners(sandbox)
      let docs = "docs: {url: \"https://docs.example/mcp\", auth: none}"
      try await apply(ours, [docs], "removed")
      try await apply(theirs, [server("base", sandbox, "challenge", ", oauth2: {generation: 1}")], "replaced")
      let old = try #require(try ours.lock()["orphans"][0]["client_id"].string)
      let new = try client("base", theirs)
      try await fetch(theirs, into: ours)
      _ = try await ours.tryGit(["merge", "theirs"])
      #expect(try ours.lockedNames() == ["docs"])
      #expect(
        Set(try ours.lock()["orphans"].array.compactMap { $0["client_id"].string })
          == Set([old, new].compactMap(\.self)))
    }
  }

  @Test(
    "PlanAndApply#Lock-file: two lock files from first applies have no common lineage: the merge is refused, and both are unchanged"
  )
  func lineages() async throws {
    let place = try Workplace(servers: "docs: {url: \"https://docs.example/mcp\", auth: none}")
    #expect(try await place.run("apply").exit == 0)
    try place.write(
      try place.read(Workplace.lockFile).replacing("\"lineage\": \"", with: "\"lineage\": \"0"), to: "other.json")
    try place.write("", to: "empty.json")
    let before = try place.read(Workplace.lockFile)
    let run = try await place.run("state", "merge", "empty.json", Workplace.lockFile, "other.json")
    #expect(run.exit == 1)
    #expect(run.err.contains("error[merge-refused]"), "\(run.err)")
    #expect(try place.read(Workplace.lockFile) == before)
    try place.write(before.replacing("{", with: "<<<<<<< ours\n{", maxReplacements: 1), to: "other.json")
    let marked = try await place.run(
      "state", "merge", "empty.json", Workplace.lockFile, "other.json", "servers.lock.json")
    #expect(marked.exit == 1)
    #expect(marked.err.contains("a merge-conflict marker"), "\(marked.err)")
    #expect(marked.err.contains("the markers were committed") && !marked.err.contains("git show"), "\(marked.err)")
    #expect(try place.read(Workplace.lockFile) == before)
  }
}
