import Foundation
import MCPAuthSandbox
import Testing

/// Bad circumstances (Reliability#Bad-circumstances): each gives a clear error, sends no request, and leaves every stored byte unchanged.
@Suite struct BadFilesTests {
  /// An applied server with a secret, and a second server that is not registered yet.
  private func withApplied(_ body: (Workplace, Sandbox) async throws -> Void) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      let run = try await place.run("apply")
      try #require(run.exit == 0, "\(run.all)")
      try place.write(server: "confidential-basic", sandbox, more: "t: {url: \"\(sandbox.url("challenge"))\"}")
      sandbox.forgetRequests()
      try await body(place, sandbox)
    }
  }

  /// - Parameter words: text that the output of each command must contain.
  private func expectRefusal(
    _ place: Workplace, _ sandbox: Sandbox, _ words: [String], commands: [String] = ["plan", "apply"]
  ) async throws {
    let before = try place.snapshot()
    for command in commands {
      let run = try await place.run(command)
      #expect(run.exit == 1, "\(run.all)")
      for word in words { #expect(run.all.contains(word), "'\(word)' is not in: \(run.all)") }
    }
    #expect(sandbox.registrations("challenge") == 0)
    #expect(try place.snapshot() == before)
  }

  // MARK: The lock file

  @Test("PlanAndApply#Lock-file: merge-conflict markers are refused with the line, and nothing is written")
  func conflict() async throws {
    try await withApplied { place, sandbox in
      let lines = try place.read(Workplace.lockFile).split(separator: "\n", omittingEmptySubsequences: false)
      let spoilt =
        lines[..<4] + ["<<<<<<< HEAD", "    \"a\": 1,", "=======", "    \"a\": 2,", ">>>>>>> branch"] + lines[4...]
      try place.write(spoilt.joined(separator: "\n"), to: Workplace.lockFile)
      try await expectRefusal(place, sandbox, ["error[lock-invalid]", "servers.lock.json", "5", "conflict"])
    }
  }

  @Test("PlanAndApply#Lock-file: a truncated lock file is refused", arguments: [1, 20, 300])
  func truncated(length: Int) async throws {
    try await withApplied { place, sandbox in
      try place.write(String(try place.read(Workplace.lockFile).prefix(length)), to: Workplace.lockFile)
      try await expectRefusal(place, sandbox, ["error[lock-invalid]", "servers.lock.json"])
    }
  }

  @Test("PlanAndApply#Lock-file: an empty lock file is not a fresh start")
  func empty() async throws {
    try await withApplied { place, sandbox in
      try place.write("", to: Workplace.lockFile)
      try await expectRefusal(place, sandbox, ["error[lock-invalid]"])
    }
  }

  @Test("PlanAndApply#Lock-file: a lock of a newer version is refused")
  func newer() async throws {
    try await withApplied { place, sandbox in
      let lock = try place.read(Workplace.lockFile)
      try place.write(lock.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2"), to: Workplace.lockFile)
      try await expectRefusal(place, sandbox, ["error[lock-too-new]", "2"])
    }
  }

  @Test("PlanAndApply#Lock-file: two entries for one server are lock-invalid")
  func twice() async throws {
    try await withApplied { place, sandbox in
      let lock = try place.read(Workplace.lockFile)
      try place.write(
        lock.replacingOccurrences(
          of: "\"servers\": {",
          with: "\"servers\": {\n    \"s\": {\"mode\": \"none\", \"url\": \"https://a.example/\"},"),
        to: Workplace.lockFile)
      try await expectRefusal(place, sandbox, ["error[lock-invalid]"])
    }
  }

  @Test("PlanAndApply#Lock-file: a lost lock file is lock-missing, not a first apply; --allow-mass-change confirms it")
  func missing() async throws {
    try await withApplied { place, sandbox in
      try place.remove(Workplace.lockFile)
      try await expectRefusal(place, sandbox, ["error[lock-missing]", "restore it"])
      // Also if only the lineage is left.
      try place.remove(
        place.names(in: Workplace.secrets).filter { $0.hasSuffix(".json") }.map { Workplace.secrets + "/" + $0 }[0])
      try await expectRefusal(place, sandbox, ["error[lock-missing]"])
      let meant = try await place.run("apply", "--allow-mass-change")
      #expect(meant.exit == 0, "\(meant.all)")
      #expect(try place.lockedNames() == ["s", "t"])
    }
  }

  // MARK: Folders

  @Test(
    "Reliability#Bad-circumstances: a file in the place of a folder",
    arguments: [".mcpauth", Workplace.state, Workplace.secrets])
  func fileForFolder(path: String) async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "challenge", sandbox)
      try place.makeFolder((path as NSString).deletingLastPathComponent)
      try place.write("mine\n", to: path)
      let run = try await place.run("apply")
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("error[store-failed]: '\(path)"), "\(run.all)")
      #expect(run.all.contains("a file where a folder should be"))
      #expect(sandbox.registrations("challenge") == 0)
      #expect(try place.read(path) == "mine\n")
      #expect(place.lockText == nil)
    }
  }

  @Test(
    "Reliability#Bad-circumstances: a symbolic link in the place of the secrets folder, or of a folder above it, is refused",
    arguments: [
      ".mcpauth", Workplace.state, Workplace.secrets, Workplace.state + "/journal.jsonl", Workplace.state + "/run.lock",
      Workplace.lockFile,
    ])
  func link(path: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let place = try Workplace()
      let elsewhere = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      try place.makeFolder((path as NSString).deletingLastPathComponent)
      let isFile = path.contains("journal") || path.hasSuffix("lock") || path.hasSuffix("json")
      if isFile { try elsewhere.write("", to: "target") } else { try elsewhere.makeFolder("target") }
      try FileManager.default.createSymbolicLink(at: place.path(path), withDestinationURL: elsewhere.path("target"))
      let run = try await place.run("apply")
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("symbolic link"), "\(run.all)")
      #expect(sandbox.registrations("confidential-basic") == 0)
      #expect(try elsewhere.snapshot() == (isFile ? ["target": Data()] : [:]))
      #expect(elsewhere.names(in: "target").isEmpty)
    }
  }

  @Test("Reliability#Bad-circumstances: a missing write permission is found before any registration")
  func noPermission() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "challenge", sandbox)
      guard let through = try await place.asOther() else {
        try Test.cancel("cannot run the binary as another user here")
      }
      try place.setMode(0o555, ".")
      let plan = try await place.start(["plan"], through: through).finish()
      #expect(plan.exit == 0, "a plan needs no permission to write: \(plan.all)")
      let run = try await place.start(["apply"], through: through).finish()
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("error[store-failed]"))
      #expect(run.all.contains("permission denied"))
      #expect(run.all.contains("help: "))
      try place.setMode(0o755, ".")
      #expect(sandbox.registrations("challenge") == 0)
      #expect(place.names(in: ".") == ["servers.yaml"])
    }
  }

  // MARK: The disk

  /// Runs a script in a new mount namespace. The test is skipped if this is not permitted.
  private func inNamespace(_ place: Workplace, _ script: String) async throws -> Run {
    let probe = try? await RunningBinary(
      "/usr/bin/env", ["unshare", "-m", "sh", "-c", "mkdir -p disk && mount -t tmpfs tmpfs disk"], in: place.folder,
      environment: [:]
    ).finish()
    guard probe?.exit == 0 else {
      try Test.cancel("no mount namespace is permitted here")
    }
    return try await RunningBinary(
      "/usr/bin/env", ["unshare", "-m", "sh", "-c", script, "sh", Binary.path], in: place.folder, environment: [:]
    ).finish()
  }

  @Test("Reliability#Bad-circumstances: a read-only file system")
  func readOnly() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "challenge", sandbox)
      let run = try await inNamespace(
        place,
        "mount -t tmpfs tmpfs disk && cp servers.yaml disk && mount -o remount,ro disk && cd disk && exec \"$1\" apply")
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("error[store-failed]"))
      #expect(run.all.contains("read-only"))
      #expect(sandbox.registrations("challenge") == 0)
    }
  }

  @Test(
    "Reliability#Order-of-writes: on a full disk, a client that cannot be stored is deleted or named, and no other is registered",
    arguments: [
      "confidential-basic", "managed",
    ], [20, 36, 52])
  func fullDisk(kind: String, room: Int) async throws {
    try await withSandbox(.init(kinds: [kind])) { sandbox in
      let place = try Workplace()
      let count = 20
      try place.write(
        servers: (1...count).map { "s\($0): {url: \"\(sandbox.url(kind))\"}" }.joined(separator: "\n"))
      let run = try await inNamespace(
        place,
        """
        mount -t tmpfs -o size=1m tmpfs disk && cp servers.yaml disk && cd disk || exit 99
        dd if=/dev/zero of=filler bs=1k count=$((1020 - \(room))) 2>/dev/null
        "$1" apply; code=$?
        rm filler; cd ..; mkdir kept; cp -a disk/. kept/
        exit $code
        """)
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("error[store-failed]"), "\(run.all)")
      #expect(run.all.contains("no space left"), "\(run.all)")
      // With free space again, no client is lost, and none is registered twice except those that were named.
      let kept = try Workplace()
      try FileManager.default.removeItem(at: kept.folder)
      try FileManager.default.moveItem(at: place.path("kept"), to: kept.folder)
      let first = Set(sandbox.clients().map(\.clientID))
      let second = try await kept.run("apply")
      let third = try await kept.run("apply", "--retry-unknown")
      #expect(third.exit == 0, "\(second.all) \(third.all)")
      let locked = try Set(kept.lockedClients())
      #expect(locked.count == count)
      let orphans = try kept.lock()["orphans"].array
      let named = Set(orphans.compactMap { $0["client_id"].string })
      let unknown = orphans.count { $0["reason"].string == "outcome-unknown" }
      let lost = first.filter { !locked.contains($0) && !named.contains($0) && !run.all.contains($0) }
      #expect(lost.count <= unknown, "\(lost) of \(run.all)\n\(second.all)")
      if kind == "managed" { #expect(sandbox.clients().count <= count + unknown) }
    }
  }
}
