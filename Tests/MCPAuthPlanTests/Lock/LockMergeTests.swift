import MCPAuthCore
import Testing

@testable import MCPAuthPlan

/// The decisions of the git merge driver (PlanAndApply#Lock-file): by entry and by orphan, and without losing a client.
@Suite struct LockMergeTests {
  static let now = Timestamp(seconds: 1_800_000_000)

  static func client(
    _ id: String, version: String? = nil, at seconds: Int64 = 1_700_000_000, managed: Bool = true,
    _ configure: (inout LockEntry) -> Void = { _ in }
  ) -> LockEntry {
    var entry = LockEntry.registered(id, managed: managed, version: version ?? "v-\(id)")
    entry.client?.registeredAt = Timestamp(seconds: seconds)
    configure(&entry)
    return entry
  }

  static func lock(_ servers: [String: LockEntry], orphans: [Orphan] = [], lineage: String = "l") -> Lock {
    Lock(lineage: lineage, servers: servers, orphans: orphans)
  }

  static func orphan(
    _ id: String?, of server: String = "linear", reason: Orphan.Reason = .replaced, since: Int64 = 1,
    managed: Bool = true,
    retried: Bool = false
  ) -> Orphan {
    Orphan(
      server: server, issuer: "https://as.example", clientID: id, reason: reason, since: Timestamp(seconds: since),
      managed: managed, retried: retried)
  }

  static func merge(
    _ base: [String: LockEntry]?, _ ours: [String: LockEntry], _ theirs: [String: LockEntry],
    prefer: LockMerge.Side = .ours
  ) throws -> LockMerge {
    try LockMerge(
      base: base.map { lock($0) }, ours: lock(ours), theirs: lock(theirs), preferred: prefer, now: now)
  }

  @Test(
    "PlanAndApply#Lock-file: a command of the secret store that both sides changed is in neither result",
    arguments: [
      (nil, "a", nil, "a"), ("a", "a", "b", "b"), ("a", "b", "b", "b"), ("a", nil, "a", nil), ("a", "b", "c", nil),
      (nil, "a", "b", nil),
    ] as [(String?, String?, String?, String?)])
  func secretsCommand(base: String?, ours: String?, theirs: String?, merged: String?) throws {
    func lock(_ argument: String?) -> Lock {
      var lock = Self.lock([:])
      lock.secretsCommand = argument.map { ["mcpauth-store-x", $0] }
      return lock
    }
    let merge = try LockMerge(base: lock(base), ours: lock(ours), theirs: lock(theirs), now: Self.now)
    #expect(merge.lock == lock(merged))
    #expect(merge.isClean)
  }

  // MARK: Entries

  @Test(
    "PlanAndApply#Lock-file: what one side changed, added or removed is taken from that side; changes of both sides are combined"
  )
  func oneSided() throws {
    let (a, b, c, d) = (Self.client("a"), Self.client("b"), Self.client("c"), Self.client("d"))
    let changed = Self.client("a") { $0.client?.scopes = ["read"] }
    let merge = try Self.merge(["a": a, "b": b], ["a": changed, "b": b, "c": c], ["a": a, "d": d])
    #expect(merge.isClean)
    #expect(merge.lock == Self.lock(["a": changed, "c": c, "d": d]))
    let reversed = try Self.merge(["a": a, "b": b], ["a": a, "d": d], ["a": changed, "b": b, "c": c])
    #expect(reversed.isClean)
    #expect(reversed.lock == merge.lock)
  }

  @Test("PlanAndApply#Lock-file: the same change on both sides is no conflict")
  func alike() throws {
    let merge = try Self.merge(
      ["a": Self.client("a"), "b": Self.client("b")], ["a": Self.client("x")], ["a": Self.client("x")])
    #expect(merge.isClean)
    #expect(merge.lock == Self.lock(["a": Self.client("x")]))
  }

  @Test(
    "PlanAndApply#Lock-file: added on both sides, with two clients: one entry is kept as a whole, the other client becomes an orphan",
    arguments: LockMerge.Side.allCases)
  func addedTwice(prefer: LockMerge.Side) throws {
    let merge = try Self.merge(
      nil, ["linear": Self.client("mine")], ["linear": Self.client("yours", at: 1_700_000_500)], prefer: prefer)
    let (kept, lost, since): (String, String, Int64) =
      prefer == .ours ? ("mine", "yours", 1_700_000_500) : ("yours", "mine", 1_700_000_000)
    #expect(merge.lock.servers["linear"]?.clientID == kept)
    #expect(merge.lock.orphans == [Self.orphan(lost, since: since)])
    #expect(merge.conflicts.map(\.server) == ["linear"])
    #expect(merge.conflicts.first?.kept == prefer)
    #expect(!merge.isClean)
  }

  @Test(
    "PlanAndApply#Lock-file: replaced on both sides: the losing client is an orphan once, even if its side listed the old client"
  )
  func replacedTwice() throws {
    let merge = try LockMerge(
      base: Self.lock(["linear": Self.client("old")]),
      ours: Self.lock(["linear": Self.client("mine")], orphans: [Self.orphan("old", managed: false)]),
      theirs: Self.lock(
        ["linear": Self.client("yours", managed: false)], orphans: [Self.orphan("old", managed: false)]),
      now: Self.now)
    #expect(merge.lock.servers["linear"]?.clientID == "mine")
    #expect(
      merge.lock.orphans == [
        Self.orphan("old", managed: false), Self.orphan("yours", since: 1_700_000_000, managed: false),
      ])
  }

  @Test(
    "PlanAndApply#Lock-file: a client that one side gave up is never kept, for either preferred side",
    arguments: LockMerge.Side.allCases)
  func updatedAndReplaced(prefer: LockMerge.Side) throws {
    let updated = Self.client("old", version: "v2") { $0.client?.scopes = ["read"] }
    let replaced = Self.client("new")
    for isOurs in [true, false] {
      let merge = try Self.merge(
        ["linear": Self.client("old")], ["linear": isOurs ? replaced : updated],
        ["linear": isOurs ? updated : replaced],
        prefer: prefer)
      #expect(merge.lock.servers["linear"] == replaced)
      // Its own side has listed or deleted the old client.
      #expect(merge.lock.orphans == [])
      #expect(merge.conflicts.first?.kept == (isOurs ? .ours : .theirs))
    }
  }

  @Test(
    "PlanAndApply#Lock-file: removed on one side and replaced on the other: a client that is not kept is an orphan",
    arguments: LockMerge.Side.allCases)
  func removedAndReplaced(prefer: LockMerge.Side) throws {
    let merge = try Self.merge(["linear": Self.client("old")], [:], ["linear": Self.client("new")], prefer: prefer)
    switch prefer {
    case .ours:
      #expect(merge.lock.servers.isEmpty)
      #expect(merge.lock.orphans == [Self.orphan("new", reason: .removed, since: 1_700_000_000)])
    case .theirs:
      #expect(merge.lock.servers["linear"]?.clientID == "new")
      #expect(merge.lock.orphans == [])
    }
    #expect(!merge.isClean)
  }

  @Test("PlanAndApply#Lock-file: removed on one side and updated on the other: the client was given up")
  func removedAndUpdated() throws {
    let updated = Self.client("old", version: "v2")
    let merge = try LockMerge(
      base: Self.lock(["linear": Self.client("old")]), ours: Self.lock(["linear": updated]),
      theirs: Self.lock([:], orphans: [Self.orphan("old", reason: .removed, managed: false)]), now: Self.now)
    #expect(merge.lock.servers.isEmpty)
    #expect(merge.lock.orphans.map(\.clientID) == ["old"])
    #expect(merge.conflicts.first?.kept == .theirs)
  }

  @Test("Registration#Management: one client on both sides: the side that got an answer has the valid token")
  func sameClient() throws {
    let (lost, rotated) = (
      Self.client("old", managed: true) { $0.client?.isManaged = false }, Self.client("old", version: "v2")
    )
    #expect(try Self.merge(["a": Self.client("old")], ["a": lost], ["a": rotated]).lock.servers["a"] == rotated)
    let renewed = Self.client("old", version: "v3", at: 1_700_000_900)
    let merge = try Self.merge(["a": Self.client("old")], ["a": rotated], ["a": renewed])
    #expect(merge.lock.servers["a"] == renewed)
    #expect(merge.lock.orphans == [])
    #expect(!merge.isClean)
    let other = Self.client("old", version: "v4")
    #expect(try Self.merge(["a": Self.client("old")], ["a": rotated], ["a": other]).lock.servers["a"] == rotated)
  }

  @Test("PlanAndApply#Lock-file: no client is lost if the mode changed on one side")
  func modeChanged() throws {
    let manual = LockEntry(
      mode: .manual, url: "https://linear.example/mcp", client: LockedClient(.manual, id: "own"))
    let merge = try Self.merge(["a": Self.client("old")], ["a": manual], ["a": Self.client("new")])
    #expect(merge.lock.servers["a"] == manual)
    #expect(merge.lock.orphans == [Self.orphan("new", of: "a", since: 1_700_000_000)])
  }

  @Test(
    "PlanAndApply#Lock-file: every client in a lock or an orphans list of an input is in the lock or the list of the result"
  )
  func nothingIsLost() throws {
    // Every possible state of an entry on a side: unchanged, gone, updated, or with another client.
    let base: [LockEntry?] = [nil, Self.client("old")]
    let sides: [(String) -> LockEntry?] = [
      { _ in nil }, { _ in Self.client("old") }, { Self.client("old", version: $0) }, { Self.client("new-" + $0) },
    ]
    for old in base {
      for (first, ours) in sides.enumerated() {
        for (second, theirs) in sides.enumerated() {
          for prefer in LockMerge.Side.allCases {
            func side(_ entry: LockEntry?) -> Lock {
              // A client that a side gave up is in that side's orphans list.
              var lock = Self.lock(entry.map { ["linear": $0] } ?? [:])
              if let old, entry?.clientID != old.clientID { lock.orphans = [Self.orphan("old")] }
              return lock
            }
            let (mine, yours) = (side(ours("mine")), side(theirs("yours")))
            let merge = try LockMerge(
              base: Self.lock(old.map { ["linear": $0] } ?? [:]), ours: mine, theirs: yours, preferred: prefer,
              now: Self.now)
            func clients(_ lock: Lock) -> Set<String> {
              Set(lock.servers.values.compactMap(\.clientID) + lock.orphans.compactMap(\.clientID))
            }
            #expect(
              clients(merge.lock) == clients(mine).union(clients(yours)),
              "\(first) \(second) \(prefer) of \(old == nil ? 0 : 1)")
            let inUse = merge.lock.servers["linear"].map { entry in merge.lock.orphans.filter { $0.isClient(of: entry) }
            }
            #expect(inUse ?? [] == [])
          }
        }
      }
    }
  }

  @Test("PlanAndApply#Lock-file: moved to different names on both sides: a conflict that lists both names")
  func movedTwice() throws {
    let moved = Self.client("c")
    let merge = try Self.merge(["old": moved], ["new": moved], ["newer": moved])
    #expect(!merge.isClean)
    #expect(merge.duplicates == [.init(clientID: "c", issuer: "https://as.example", servers: ["new", "newer"])])
    #expect(merge.diagnostics(isSettled: true).map(\.severity) == [.error])
    #expect(try Self.merge(["old": moved], ["new": moved], ["old": moved]).lock.servers == ["new": moved])
  }

  // MARK: Orphans

  @Test("PlanAndApply#Lock-file: orphans merge by line: added on either side, removed on either side")
  func orphans() throws {
    let (a, b, c, d) = (Self.orphan("a"), Self.orphan("b"), Self.orphan("c"), Self.orphan("d"))
    let merge = try LockMerge(
      base: Self.lock([:], orphans: [a, b]), ours: Self.lock([:], orphans: [a, b, c]),
      theirs: Self.lock([:], orphans: [b, d]), now: Self.now)
    #expect(Set(merge.lock.orphans.map(\.clientID)) == ["b", "c", "d"])
    #expect(merge.isClean)
  }

  @Test(
    "PlanAndApply#Lock-file: an unknown outcome is identified by its time; one that was retried on a side does not block any more"
  )
  func unknownOutcomes() throws {
    func unknown(_ since: Int64, retried: Bool = false) -> Orphan {
      Self.orphan(nil, reason: .outcomeUnknown, since: since, managed: false, retried: retried)
    }
    let merge = try LockMerge(
      base: Self.lock([:], orphans: [unknown(1)]), ours: Self.lock([:], orphans: [unknown(1), unknown(2)]),
      theirs: Self.lock([:], orphans: [unknown(1, retried: true), unknown(3)]), now: Self.now)
    #expect(
      merge.lock.orphans.sorted { $0.since < $1.since } == [unknown(1, retried: true), unknown(2), unknown(3)])
  }

  @Test(
    "PlanAndApply#Lock-file: an orphan that one side removed and the other changed stays; listed on both sides it is deletable if it is on one"
  )
  func contested() throws {
    let gaveUp = Self.orphan("a", managed: false)
    let merge = try LockMerge(
      base: Self.lock([:], orphans: [Self.orphan("a")]), ours: Self.lock([:]),
      theirs: Self.lock([:], orphans: [gaveUp]),
      now: Self.now)
    #expect(merge.lock.orphans == [gaveUp])
    let added = try LockMerge(
      base: nil, ours: Self.lock([:], orphans: [Self.orphan("a", since: 5, managed: false)]),
      theirs: Self.lock([:], orphans: [Self.orphan("a", since: 3)]), now: Self.now)
    #expect(added.lock.orphans == [Self.orphan("a", since: 3)])
  }

  // MARK: Refusal and messages

  @Test(
    "PlanAndApply#Lock-file: lock files of different lineages are not merged",
    arguments: [("l", "m", "m"), ("l", "l", "m"), ("k", "l", "l")])
  func lineages(base: String, ours: String, theirs: String) {
    let error = #expect(throws: Diagnostic.self) {
      _ = try LockMerge(
        base: Self.lock([:], lineage: base), ours: Self.lock([:], lineage: ours),
        theirs: Self.lock([:], lineage: theirs),
        now: Self.now)
    }
    #expect(error?.code == .mergeRefused)
  }

  @Test("Architecture#Habits: a conflict says what each side did, what is kept, and both solutions")
  func words() throws {
    let merge = try Self.merge(nil, ["linear": Self.client("mine")], ["linear": Self.client("yours")])
    let diagnostic = try #require(merge.diagnostics(isSettled: false).first)
    #expect(diagnostic.severity == .error)
    #expect(
      diagnostic.message
        == "both sides changed 'linear': ours added it, client 'mine' at https://as.example, theirs added it, client 'yours' at https://as.example"
    )
    #expect(
      diagnostic.notes == ["ours is kept; the client 'yours' of theirs is an orphan, which the next apply deletes"])
    #expect(diagnostic.help.contains { $0.contains("--prefer theirs") })
    // In git the three files of the driver are temporary, so the commands take the sides from its index.
    let inGit = try #require(merge.diagnostics(isSettled: false, path: "a b/servers.lock.json").first)
    #expect(inGit.help.first == "if that is right: git add 'a b/servers.lock.json', and continue")
    #expect(inGit.help.last?.contains("git -C 'a b' show :1:./servers.lock.json > base.json\n") == true)
    #expect(inGit.help.last?.contains("in the top folder of the repository:\n") == true)
    #expect(inGit.help.last?.contains("mcpauth state merge base.json ours.json theirs.json --prefer theirs\n") == true)
    #expect(merge.diagnostics(isSettled: true).map(\.severity) == [.warning])
  }
}
