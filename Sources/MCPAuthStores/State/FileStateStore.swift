package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler

/// The state of an inventory in files: the lock file is beside the inventory; journal, run lock and lineage are in `.mcpauth/<stem>`
/// (PlanAndApply#Lock-file).
///
/// Reading makes no files: `plan` needs no permission to write. The actor has its own thread, because nearly all its work blocks.
package actor FileStateStore: StateStore {
  package nonisolated let lockFile: String
  private nonisolated let executor = BlockingExecutor("mcpauth.state")
  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let place: InventoryPlace
  private let disk: Disk
  /// The folder of journal and run lock, for the checks of each append.
  private let stateFolder: KeptFolder
  private var run: Run?
  private var waiting: [Append] = []

  /// The files that the holder of the run lock has open.
  private struct Run {
    var lock: RunLock
    var holder: RunHolder
    var journal: JournalFile?
  }

  /// Lines whose writer waits until they are durable.
  private struct Append {
    var lines: [UInt8]
    var lineage: String
    var durable: CheckedContinuation<Result<Void, Diagnostic>, Never>
  }

  private static let lineageFile = "lineage"

  /// - Throws: `invalid-value` for a path that cannot be the path of an inventory, or for a second inventory with the same stem; `store-failed`
  ///   when its folder cannot be read.
  package init(inventoryPath: String) throws(Diagnostic) {
    try self.init(inventoryPath: inventoryPath, disk: .real)
  }

  init(inventoryPath: String, disk: Disk) throws(Diagnostic) {
    place = try InventoryPlace(inventoryPath)
    try place.checkStem()
    self.disk = disk
    stateFolder = KeptFolder(place.state, disk: disk)
    lockFile = FolderPath(base: place.folder, below: [place.lockFile]).shown
  }

  // MARK: Reading

  package func readLock() async throws(Diagnostic) -> [UInt8]? {
    try storing { () throws(FileProblem) in
      try Folder.following(place.folder, disk: disk).read(place.lockFile, limit: LockCodec.limit)
    }
  }

  package func readJournal() async throws(Diagnostic) -> Journal {
    let bytes = try readState(JournalFile.name, limit: JournalFile.limit) ?? []
    return try JournalText.scan(bytes, file: place.state.appending(JournalFile.name).shown).journal
  }

  package func unclaimedLocks() async throws(Diagnostic) -> [UnclaimedLock] {
    try storing { () throws(FileProblem) in
      let folder = try Folder.following(place.folder, disk: disk)
      let ending = ".lock.json"
      var found: [UnclaimedLock] = []
      for name in try folder.names().sorted() where name.hasSuffix(ending) && name != place.lockFile {
        let stem = String(name.dropLast(ending.count))
        guard !stem.isEmpty, try folder.status(stem + ".yaml") == nil, try folder.status(stem + ".yml") == nil,
          try folder.status(name)?.kind == .file, let bytes = try folder.read(name, limit: LockCodec.limit)
        else { continue }
        found.append(UnclaimedLock(file: name, stem: stem, bytes: bytes))
      }
      return found
    }
  }

  package func otherLocks() async throws(Diagnostic) -> [OtherLock] {
    let beside = try storing { () throws(FileProblem) in
      let folder = try Folder.following(place.folder, disk: disk)
      var found: [OtherLock] = []
      for name in try folder.names().sorted() where name.hasSuffix(".lock.json") && name != place.lockFile {
        guard try folder.status(name)?.kind == .file, let bytes = try folder.read(name, limit: LockCodec.limit) else {
          continue
        }
        found.append(OtherLock(place: name, bytes: bytes))
      }
      return found
    }
    let versions = try await GitVersions(folder: place.folder, file: place.lockFile).all()
    return beside + versions.map { OtherLock(place: $0.ref, bytes: $0.bytes) }
  }

  package func notedLineage() async throws(Diagnostic) -> String? {
    guard let bytes = try readState(Self.lineageFile, limit: 4096) else { return nil }
    let lineage = ForeignText.printable(bytes)
    return lineage.isEmpty ? nil : lineage
  }

  private func readState(_ name: String, limit: Int) throws(Diagnostic) -> [UInt8]? {
    try storing { () throws(FileProblem) in try place.state.open(disk: disk)?.read(name, limit: limit) }
  }

  // MARK: The run lock

  /// A lock that this user may not read counts as not held. In that case nothing else of that run can be read either.
  package func isHeld() async throws(Diagnostic) -> Bool {
    guard run == nil else { return false }
    do throws(FileProblem) {
      return try place.state.open(disk: disk).map(RunLock.isHeld) ?? false
    } catch {
      if case .errno = error.reason { return false }
      throw error.diagnostic
    }
  }

  package func acquire(_ holder: RunHolder, timeout: Int) async throws(Diagnostic) {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: .seconds(timeout))
    var immediateTries = 0
    var other: RunHolder?
    while true {
      // Checked again each time: other calls can run on the actor while this one sleeps.
      if let run { throw .locked(place.file, by: run.holder) }
      let attempt = try storing { () throws(FileProblem) in
        try RunLock.attempt(in: try place.state.make(disk: disk), as: holder)
      }
      var pause = Duration.milliseconds(100)
      switch attempt {
      case .taken(let lock):
        run = Run(lock: lock, holder: holder)
        tidy()
        return
      case .again where immediateTries < 100:
        immediateTries += 1
        pause = .milliseconds(Int.random(in: 1...5))
      case .again:
        guard clock.now < deadline else { throw .locked(place.file, by: other) }
      case .held(let holder):
        other = holder
        guard clock.now < deadline else { throw .locked(place.file, by: other) }
        pause = min(pause, clock.now.duration(to: deadline))
      }
      do {
        try await Task.sleep(for: pause)
      } catch {
        throw .locked(place.file, by: other)
      }
    }
  }

  package func release() async {
    flush()
    run?.lock.release()
    run = nil
  }

  /// Removes files that killed runs left, and removes the permissions of other users on the folders. No failure here is worth an error.
  private func tidy() {
    if let beside = try? Folder.following(place.folder, disk: disk) {
      beside.removeStaleFiles(for: place.lockFile)
      if let shared = try? beside.folder(InventoryPlace.stateFolder) {
        _ = try? shared.descriptor.setMode(0o700)
        shared.removeStaleFiles()
      }
    }
    if let state = try? place.state.open(disk: disk) {
      _ = try? state.descriptor.setMode(0o700)
      state.removeStaleFiles()
    }
  }

  /// - Parameter evenGone: whether it is sufficient that no other run has the lock. This is for cases where a refusal would lose more data.
  private func requireHeld(evenGone: Bool = false) throws(Diagnostic) {
    guard let run else { throw Diagnostic(.error, .storeFailed, "'\(lockFile)': the run lock is not held") }
    try storing { () throws(FileProblem) in
      switch try run.lock.standing(in: stateFolder.open()) {
      case .ours: return
      case .gone where evenGone: return
      // Another run may already be working, and the journal may belong to it.
      case .gone, .anothers: throw FileProblem(place.state.appending(RunLock.name).shown, .replaced)
      }
    }
  }

  // MARK: Writing

  package func prove() async throws(Diagnostic) {
    try requireHeld()
    try storing { () throws(FileProblem) in
      let beside = try Folder.following(place.folder, disk: disk)
      // Checks that the existing file could be replaced, before there is data that must be written.
      _ = try beside.read(place.lockFile, limit: LockCodec.limit)
      try beside.proveWritable()
      let state = try place.state.make(disk: disk)
      _ = try state.read(Self.lineageFile, limit: 4096)
      try state.proveWritable()
    }
    if run?.journal == nil {
      let there = try storing { () throws(FileProblem) in try place.state.open(disk: disk)?.status(JournalFile.name) }
      // An existing journal is opened, which proves that it can be written. If there is none, the proof for its folder is sufficient.
      if there != nil { run?.journal = try openJournal() }
    }
  }

  package func append(_ events: [JournalEvent], lineage: String) async throws(Diagnostic) {
    try requireHeld()
    guard !events.isEmpty else { return }
    let lines = events.flatMap { JournalText.line($0) }
    // The flush runs after all appends that are already queued on this actor, and includes them. While it waits for the disk, more appends are
    // collected, and they share the next flush (group commit).
    let result = await withCheckedContinuation { durable in
      waiting.append(Append(lines: lines, lineage: lineage, durable: durable))
      if waiting.count == 1 { Task { flush() } }
    }
    try result.get()
  }

  /// Makes the waiting lines durable with one fsync.
  private func flush() {
    let batch = waiting
    waiting = []
    guard let first = batch.first else { return }
    do throws(Diagnostic) {
      try requireHeld()
      var journal: JournalFile
      if let open = run?.journal { journal = open } else { journal = try openJournal() }
      defer { run?.journal = journal }
      let lineage = journal.lineage ?? first.lineage
      let own = batch.filter { $0.lineage == lineage }
      for stranger in batch where stranger.lineage != lineage {
        stranger.durable.resume(returning: .failure(foreign(stranger.lineage, in: lineage)))
      }
      guard !own.isEmpty else { return }
      let result = Result { () throws(Diagnostic) in
        try storing { () throws(FileProblem) in
          try journal.append(own.flatMap(\.lines), lineage: lineage)
          guard try journal.isIn(stateFolder.open()) else {
            throw FileProblem(place.state.appending(JournalFile.name).shown, .replaced)
          }
        }
      }
      for append in own { append.durable.resume(returning: result) }
    } catch {
      for append in batch { append.durable.resume(returning: .failure(error)) }
    }
  }

  private func openJournal() throws(Diagnostic) -> JournalFile {
    let folder = try storing { () throws(FileProblem) in try place.state.make(disk: disk) }
    return try JournalFile(in: folder)
  }

  private func foreign(_ lineage: String, in journal: String) -> Diagnostic {
    Diagnostic(
      .error, .journalForeign,
      "the journal '\(place.state.appending(JournalFile.name).shown)' has the lineage \(ForeignText.printable(journal, limit: 64)), "
        + "not \(ForeignText.printable(lineage, limit: 64)): it belongs to another lock file",
      help: ["check out the lock file that it belongs to, and apply there first"])
  }

  package func writeLock(_ bytes: [UInt8], lineage: String) async throws(Diagnostic) {
    try requireHeld(evenGone: true)
    try storing { () throws(FileProblem) in
      try LockFile.write(bytes, as: place.lockFile, in: try Folder.following(place.folder, disk: disk))
      let state = try place.state.make(disk: disk)
      let note = Array((lineage + "\n").utf8)
      if try state.read(Self.lineageFile, limit: 4096) != note {
        try state.replace(Self.lineageFile, with: note, mode: 0o600)
      }
    }
  }

  package func emptyJournal(keeping events: [JournalEvent], lineage: String) async throws(Diagnostic) {
    try requireHeld()
    flush()
    guard events.isEmpty else {
      run?.journal = nil
      try storing { () throws(FileProblem) in
        let text = JournalText.head(lineage: lineage) + events.flatMap { JournalText.line($0) }
        try place.state.make(disk: disk).replace(JournalFile.name, with: text, mode: 0o600)
      }
      return
    }
    if run?.journal == nil {
      guard try readState(JournalFile.name, limit: JournalFile.limit) != nil else { return }
      run?.journal = try openJournal()
    }
    guard var journal = run?.journal else { return }
    defer { run?.journal = journal }
    try storing { () throws(FileProblem) in try journal.empty() }
  }
}
