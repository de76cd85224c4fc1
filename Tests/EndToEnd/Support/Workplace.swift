import Foundation
import MCPAuthSandbox
import Testing

/// A folder with an inventory, and the binary to run in it. Deleted with the last reference.
final class Workplace: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("mcpauth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A workplace whose inventory has these lines under `servers:`, and a client with a loopback redirect URI.
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

  /// All files with their bytes, but the run lock, which says who held it last.
  func snapshot() throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = FileManager.default.enumerator(atPath: folder.path)
    while let name = names?.nextObject() as? String {
      var isFolder: ObjCBool = false
      FileManager.default.fileExists(atPath: path(name).path, isDirectory: &isFolder)
      if !isFolder.boolValue, !name.hasSuffix("run.lock") { files[name] = try Data(contentsOf: path(name)) }
    }
    return files
  }

  /// Runs `mcpauth` here, with no standard input and nothing of this process's environment but what programs need.
  func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Run {
    try await run(arguments, environment: environment)
  }

  func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Run {
    try await start(arguments, environment: environment).finish()
  }

  /// Starts `mcpauth` here, to be waited for or killed.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningBinary {
    try RunningBinary(Binary.path, arguments, in: folder, environment: environment)
  }
}

/// A run of the binary that goes on.
final class RunningBinary: @unchecked Sendable {
  private let process = Process()
  private let out: URL
  private let err: URL

  init(_ path: String, _ arguments: [String], in folder: URL, environment: [String: String]) throws {
    // Files, not pipes: nothing has to be read while it runs.
    let scratch = FileManager.default.temporaryDirectory
    out = scratch.appendingPathComponent("out-\(UUID().uuidString)")
    err = scratch.appendingPathComponent("err-\(UUID().uuidString)")
    for file in [out, err] { try Data().write(to: file) }
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = ["LC_ALL": "C.UTF-8"]
    for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    process.environment = variables.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    try process.run()
  }

  var pid: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  func send(_ signal: Int32) { kill(pid, signal) }

  /// What it has printed so far.
  var outputSoFar: String { (try? String(contentsOf: out, encoding: .utf8)) ?? "" }

  /// Waits for the end. A run killed by a signal has the signal's number below zero as its exit code.
  func finish() async throws -> Run {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      Thread.detachNewThread { [process] in
        process.waitUntilExit()
        continuation.resume()
      }
    }
    defer {
      for file in [out, err] { try? FileManager.default.removeItem(at: file) }
    }
    let code = process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    return Run(
      exit: code, out: String(decoding: try Data(contentsOf: out), as: UTF8.self),
      err: String(decoding: try Data(contentsOf: err), as: UTF8.self))
  }
}
