import Foundation
import MCPAuthSandbox
import Testing

/// A folder with an inventory, in which the binary runs. It is deleted with the last reference.
final class Workplace: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("mcpauth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A workplace with an inventory that has these lines under `servers:` and a client with a loopback redirect URI.
  convenience init(servers: String, client: String? = nil, head: String = "") throws {
    try self.init()
    try write(servers: servers, client: client, head: head)
  }

  static let redirectURI = "http://127.0.0.1:7777/callback/{server}"

  /// Writes `servers.yaml`.
  func write(servers: String, client: String? = nil, head: String = "") throws {
    let client = client ?? "name: End to end\n  redirect_uris: [\"\(Self.redirectURI)\"]"
    let indented = servers.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
    try write("version: 1\n\(head)\nclient:\n  \(client)\nservers:\n" + indented.joined(separator: "\n") + "\n")
  }

  func write(_ text: String, to name: String = "servers.yaml") throws {
    try Data(text.utf8).write(to: path(name))
  }

  func path(_ name: String) -> URL { folder.appendingPathComponent(name) }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name).path) }
  func read(_ name: String) throws -> String { try String(decoding: Data(contentsOf: path(name)), as: UTF8.self) }

  var lockText: String? { try? read("servers.lock.json") }

  func lock(_ location: SourceLocation = #_sourceLocation) throws -> Document {
    let text = try #require(lockText, "there is no lock file", sourceLocation: location)
    return Document(try JSONSerialization.jsonObject(with: Data(text.utf8)))
  }

  func entry(_ server: String, _ location: SourceLocation = #_sourceLocation) throws -> Document {
    try lock(location)["servers"][server]
  }

  /// The secret record that the lock names.
  func record(_ server: String) throws -> Document {
    let version = try #require(try entry(server)["secret_version"].string, "no record for \(server)")
    return Document(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: path(".mcpauth/servers/secrets/\(server).\(version).json"))))
  }

  /// All files with their bytes, except the run lock, which names the last holder.
  func snapshot() throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = FileManager.default.enumerator(atPath: folder.path)
    while let name = names?.nextObject() as? String {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path(name).path, isDirectory: &isFolder) else { continue }
      if !isFolder.boolValue, !name.hasSuffix("run.lock") { files[name] = try Data(contentsOf: path(name)) }
    }
    return files
  }

  /// Runs `mcpauth` here, without standard input, and only with the environment variables that programs need.
  func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Run {
    try await run(arguments, environment: environment)
  }

  func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Run {
    try await AsyncSemaphore.taken { try await start(arguments, environment: environment).finish() }
  }

  /// Starts `mcpauth` here. The caller waits for it or kills it.
  /// - Parameter through: a program with arguments that runs `mcpauth`, for example as another user or in a namespace.
  func start(_ arguments: [String], environment: [String: String] = [:], through: [String] = []) throws
    -> RunningBinary
  {
    if through.isEmpty { return try RunningBinary(Binary.path, arguments, in: folder, environment: environment) }
    return try RunningBinary(
      "/usr/bin/env", through + [Binary.path] + arguments, in: folder, environment: environment)
  }
}
