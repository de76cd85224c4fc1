import MCPAuthCore
import MCPAuthReconciler

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The `flock` that prevents concurrent runs (Reliability#One-run-at-a-time). The kernel releases it whenever the process ends, for any reason.
struct RunLock {
  static let name = "run.lock"
  private let descriptor: Descriptor

  enum Attempt {
    case taken(RunLock)
    /// Another run holds the lock. The holder is given when the file of the run lock names it.
    case held(by: RunHolder?)
    /// A `plan` was checking the lock at that moment, or the file was replaced: try again at once.
    case again
  }

  /// Takes the lock without waiting.
  static func attempt(in folder: Folder, as holder: RunHolder) throws(FileProblem) -> Attempt {
    let descriptor = try folder.open(name, O_RDWR | O_CREAT | O_NONBLOCK, mode: 0o600, expecting: .file)
    guard try descriptor.status().kind == .file else { throw FileProblem(descriptor.path, .isSpecial) }
    guard try descriptor.lock(exclusive: true) else {
      // Processes that only check the lock hold it shared for a short time. Only an exclusive holder prevents a shared lock here.
      guard try descriptor.lock(exclusive: false) else { return .held(by: RunHolder(readFrom: descriptor)) }
      return .again
    }
    // If the work tree was cleaned in the meantime, it has, or will get, another file. That file is then the lock.
    guard let there = try folder.status(name), there.identity == (try descriptor.status().identity) else {
      return .again
    }
    try descriptor.setMode(0o600)
    try descriptor.truncate(to: 0)
    try descriptor.write(JSONWriter.compact(holder.json) + [0x0A], at: 0)
    return .taken(RunLock(descriptor: descriptor))
  }

  /// Whether a process holds the lock. Nothing is written or made.
  static func isHeld(in folder: Folder) throws(FileProblem) -> Bool {
    try ifPresent { () throws(FileProblem) in try !folder.file(name, O_RDONLY).lock(exclusive: false) } ?? false
  }

  /// What is at the lock's path now: the file may have been deleted by a cleanup of the work tree.
  enum Standing {
    case ours, gone, anothers
  }

  /// - Parameter folder: what its path leads to now.
  func standing(in folder: Folder?) throws(FileProblem) -> Standing {
    guard let there = try folder?.status(Self.name) else { return .gone }
    return try there.identity == descriptor.status().identity ? .ours : .anothers
  }

  func release() {
    _ = try? descriptor.truncate(to: 0)
    descriptor.unlock()
  }
}

extension RunHolder {
  var json: JSON {
    [
      "pid": .number(String(pid)), "host": .string(host), "user": .string(user), "command": .string(command),
      "since": .string(since.rfc3339),
    ]
  }

  /// nil when the file does not name the holder, or not yet.
  fileprivate init?(readFrom descriptor: Descriptor) {
    guard let bytes = try? descriptor.read(limit: 1 << 16), let json = try? JSONParser.parse(bytes),
      let pid = json["pid"]?.integer.flatMap(Int32.init(exactly:)), let host = json["host"]?.string,
      let user = json["user"]?.string, let command = json["command"]?.string,
      let since = json["since"]?.string.flatMap(Timestamp.init(rfc3339:))
    else { return nil }
    self.init(pid: pid, host: host, user: user, command: command, since: since)
  }
}

extension Diagnostic {
  /// The diagnostic `locked`: another run is working on this inventory.
  static func locked(_ inventory: String, by holder: RunHolder?) -> Diagnostic {
    func shown(_ text: String) -> String { ForeignText.printable(text, limit: 128) }
    let who =
      holder.map {
        "pid \($0.pid) on \(shown($0.host)), run by \(shown($0.user)) as '\(shown($0.command))' since \($0.since.rfc3339)"
      } ?? "it is not known which one"
    return Diagnostic(
      .error, .locked, "another run is working on '\(shown(inventory))': \(who)",
      help: ["wait until it is done, or let mcpauth wait: --lock-timeout 5m"])
  }
}
