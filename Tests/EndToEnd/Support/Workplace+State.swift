import Foundation
import Synchronization
import Testing

/// Access to the files of the lock, the store and the journal, for checks and for damage.
extension Workplace {
  static let state = ".mcpauth/servers"
  static let secrets = ".mcpauth/servers/secrets"
  static let lockFile = "servers.lock.json"

  /// The path of the record that the lock names.
  func recordPath(_ server: String, _ location: SourceLocation = #_sourceLocation) throws -> String {
    let version = try entry(server, location)["secret_version"].string
    return
      "\(Self.secrets)/\(server).\(try #require(version, "no record for \(server)", sourceLocation: location)).json"
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(at: path(name)) }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(at: path(name), withIntermediateDirectories: true)
  }

  /// The names in a folder, sorted. Empty if there is no such folder.
  func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(folder).path)) ?? []).sorted()
  }

  /// The permission bits.
  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path(name).path)
    return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
  }

  func setMode(_ mode: Int, _ name: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name).path)
  }

  /// A command prefix that runs a program as a user without write permission. nil if this is not possible here.
  func asOther() async throws -> [String]? {
    guard geteuid() == 0 else { return [] }
    let through = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let run = try? await start(["--version"], through: through).finish()
    return run?.exit == 0 ? through : nil
  }

  /// Changes a server's entry in the lock file by hand.
  func editEntry(_ server: String, _ members: [String: any Sendable]) throws {
    let bytes = try Data(contentsOf: path(Self.lockFile))
    var lock = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    var servers = try #require(lock["servers"] as? [String: Any])
    var entry = try #require(servers[server] as? [String: Any])
    for (name, value) in members { entry[name] = value }
    servers[server] = entry
    lock["servers"] = servers
    try JSONSerialization.data(withJSONObject: lock, options: [.prettyPrinted, .sortedKeys]).write(
      to: path(Self.lockFile))
  }

  /// Sets an early registration time in the lock, so that little of the secret's lifetime is left.
  func makeOld(_ server: String) throws {
    try editEntry(server, ["registered_at": "2020-01-01T00:00:00Z"])
  }

  /// A server's entry in the lock file as text, for comparisons.
  func entryText(_ server: String) throws -> String {
    let servers = try JSONSerialization.jsonObject(with: Data(contentsOf: path(Self.lockFile))) as? [String: Any]
    let entry = (servers?["servers"] as? [String: Any])?[server]
    let bytes = try JSONSerialization.data(withJSONObject: try #require(entry), options: [.sortedKeys])
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The servers of the lock file.
  func lockedNames() throws -> Set<String> { Set(try lock()["servers"].object?.keys.map { $0 } ?? []) }

  /// The client ids of the lock file's entries.
  func lockedClients() throws -> [String] {
    guard lockText != nil else { return [] }
    return (try lock()["servers"].object ?? [:]).values.compactMap { $0["client_id"].string }
  }

  /// Restores a file from a `snapshot()`.
  func restore(_ name: String, of snapshot: [String: Data]) throws {
    try #require(snapshot[name]).write(to: path(name))
  }
}

/// Holds the run lock in this process, in place of another run.
final class HeldRunLock: Sendable {
  private let descriptor: Int32
  private let watch: Int32
  private let opened = Mutex(0)

  init(_ place: Workplace) throws {
    try place.makeFolder(Workplace.state)
    let path = place.path(Workplace.state + "/run.lock").path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    let holder =
      #"{"pid":4711,"host":"runner-7","user":"ci","command":"mcpauth apply","since":"2026-11-23T10:00:00Z"}"# + "\n"
    try #require(write(descriptor, holder, holder.utf8.count) == holder.utf8.count)
    watch = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    try #require(inotify_add_watch(watch, path, UInt32(IN_OPEN | IN_CLOSE)) >= 0)
  }

  /// How often another process has opened the lock file. Each attempt to take the lock opens it.
  var attempts: Int {
    opened.withLock { opened in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(watch, &buffer, buffer.count)
        guard count > 0 else { return opened }
        let size = MemoryLayout<inotify_event>.size
        buffer.withUnsafeBytes { bytes in
          for offset in stride(from: 0, to: count, by: size) {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            if event.mask & UInt32(IN_OPEN) != 0 { opened += 1 }
          }
        }
      }
    }
  }

  func release() { flock(descriptor, LOCK_UN) }

  deinit {
    close(watch)
    close(descriptor)
  }
}

/// Waits until a condition is true. The limit only ends a test that would hang.
func eventually(_ what: String, within seconds: Double = 120, _ isObserved: () throws -> Bool) async throws {
  let end = Date().addingTimeInterval(seconds)
  while try !isObserved() {
    guard Date() < end else {
      Issue.record("\(seconds) s passed, and not yet: \(what)")
      return
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}
