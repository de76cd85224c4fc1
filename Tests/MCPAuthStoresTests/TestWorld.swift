import Dispatch
import Foundation
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization
import Testing

@testable import MCPAuthStores

/// A folder for one test, which is removed with this object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    // Folders that others can write are refused.
    umask(0o022)
    path = FileManager.default.temporaryDirectory.path + "/mcpauth-stores-" + RandomName.hex(bytes: 8)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    try makeFolder((name as NSString).deletingLastPathComponent)
    try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)))
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
  }

  func link(_ name: String, to target: String) throws {
    try makeFolder((name as NSString).deletingLastPathComponent)
    try FileManager.default.createSymbolicLink(atPath: self(name), withDestinationPath: target)
  }

  func text(_ name: String) throws -> String {
    try String(decoding: Data(contentsOf: URL(fileURLWithPath: self(name))), as: UTF8.self)
  }

  func exists(_ name: String) -> Bool { (try? FileManager.default.attributesOfItem(atPath: self(name))) != nil }

  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: self(name))
    return try #require(attributes[.posixPermissions] as? Int)
  }

  func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self(name))
  }

  /// Every path in the folder with its content, to check that nothing was changed.
  func everything() throws -> [String: String] {
    var found: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      found[name] = (try? text(name)) ?? "folder"
    }
    return found
  }

  func folder(disk: Disk = .real) throws -> Folder { try Folder.following(path, disk: disk) }
}

/// A disk whose syncs are counted, and can be delayed or made to fail.
final class WatchedDisk: Sendable {
  private struct State {
    var syncs = 0
    var failure: Int32 = 0
    var isHeld = false
  }

  private let state = Mutex(State())
  private let gate = DispatchSemaphore(value: 0)
  private let waiting: AsyncStream<Void>
  private let announce: AsyncStream<Void>.Continuation

  init() {
    (waiting, announce) = AsyncStream.makeStream()
  }

  var disk: Disk {
    Disk { [self] descriptor in
      let (failure, isHeld) = state.withLock { state in
        state.syncs += 1
        defer { state.isHeld = false }
        return (state.failure, state.isHeld)
      }
      if isHeld {
        announce.yield()
        gate.wait()
      }
      return failure == 0 ? Disk.real.sync(descriptor) : failure
    }
  }

  var syncs: Int { state.withLock(\.syncs) }

  func fail(with code: Int32) { state.withLock { $0.failure = code } }

  func holdNextSync() { state.withLock { $0.isHeld = true } }

  func untilHeld() async { for await _ in waiting { return } }

  func letGo() { gate.signal() }
}

enum Sample {
  static let time = Timestamp(seconds: 1_800_000_000)
  static let lineage = "7d0a"

  static func entry(_ server: String = "linear") -> LockEntry {
    let (issuer, url) = ("https://\(server).example", "https://\(server).example/mcp")
    var client = LockedClient(.dcr, id: "client-\(server)", scopes: ["read"])
    client.registeredAt = time
    return LockEntry(
      mode: .discovered, url: url,
      endpoints: DiscoveredEndpoints(
        resource: url, issuer: issuer, discoveredBy: .challenge, authorizationEndpoint: issuer + "/authorize",
        tokenEndpoint: issuer + "/token"), client: client)
  }

  static func intent(_ id: String, server: String = "linear", replaces: String? = nil) -> JournalEvent {
    .intent(
      .init(
        id: id, call: .register, server: server, issuer: "https://\(server).example",
        endpoint: "https://\(server).example/register", inputsDigest: "d1", replacesDigest: replaces, time: time))
  }

  static func record(
    _ version: String = "a1b2", server: String = "linear", clientID: String? = nil, secret: String = "s3cret-value"
  ) -> SecretRecord {
    SecretRecord(
      version: version, server: server, lineage: lineage, issuer: "https://\(server).example",
      clientID: clientID ?? "client-\(server)", entry: entry(server), clientSecret: Secret(secret),
      registrationAccessToken: Secret("token-\(version)"), registrationClientURI: "https://\(server).example/register/1"
    )
  }

  static let holder = RunHolder(pid: 4711, host: "build-7", user: "alice", command: "mcpauth apply", since: time)
}

/// The diagnostic that a call throws.
func diagnostic(
  sourceLocation: Testing.SourceLocation = #_sourceLocation, _ call: () async throws -> some Any
) async throws -> Diagnostic {
  do {
    _ = try await call()
  } catch let error as Diagnostic {
    return error
  }
  Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  throw CancellationError()
}
