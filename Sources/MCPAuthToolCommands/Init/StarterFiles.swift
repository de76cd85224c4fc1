import MCPAuthCore
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// The files that `mcpauth init` writes into the working directory. All of them are checked before the first one is written, and a file that exists
/// is never changed, except that missing lines are added at its end.
struct StarterFiles {
  private enum Action {
    case nothing
    case create(mode: UInt32)
    /// Writes the file again, with lines added to this content.
    case append(to: [UInt8])
  }

  private struct Entry {
    var path: String
    var bytes: [UInt8]
    var action: Action
  }

  /// The greatest size of a file that exists, in bytes.
  private static let limit = 16 << 20

  private let context: ToolContext
  private var entries: [Entry] = []
  private(set) var problems: [Diagnostic] = []

  init(_ context: ToolContext) {
    self.context = context
  }

  /// The files that will be new or longer.
  var changed: [String] {
    var paths: [String] = []
    for entry in entries {
      if case .nothing = entry.action { continue }
      paths.append(entry.path)
    }
    return paths
  }

  mutating func refuse(_ problem: Diagnostic) { problems.append(problem) }

  /// A new file. An existing file with the same content is left as it is; one with another content is refused.
  ///
  /// - Parameter help: what to do about another content.
  mutating func add(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644, help: [String]) {
    guard let now = keep(path, bytes, mode: mode), now != bytes else { return }
    problems.append(
      Diagnostic(.error, .fileExists, "'\(path)' exists, and is not the file that init writes", help: help))
  }

  /// A new file. An existing file is left as it is.
  ///
  /// - Returns: the content of the existing file.
  @discardableResult
  mutating func keep(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) -> [UInt8]? {
    do throws(Diagnostic) {
      let now = try content(path)
      if now == nil { try context.setup.proveWritable(path) }
      entries.append(Entry(path: path, bytes: bytes, action: now == nil ? .create(mode: mode) : .nothing))
      return now
    } catch {
      problems.append(error)
      return nil
    }
  }

  /// A file that has a line. If the line is missing, it is added.
  mutating func add(_ line: StarterLine) {
    do throws(Diagnostic) {
      let now = try content(line.file)
      guard let bytes = line.added(to: now ?? []) else {
        entries.append(Entry(path: line.file, bytes: now ?? [], action: .nothing))
        return
      }
      try context.setup.proveWritable(line.file)
      let action = now.map { Action.append(to: $0) } ?? .create(mode: 0o644)
      entries.append(Entry(path: line.file, bytes: bytes, action: action))
    } catch {
      problems.append(error)
    }
  }

  /// Writes everything, in the order in which it was added.
  ///
  /// - Parameter wrote: gets each file when it is written.
  /// - Throws: `output-failed`, `store-failed`. Each file is complete or was not touched.
  func write(_ wrote: (InitPage.File) -> Void) throws(Diagnostic) {
    for entry in entries {
      switch entry.action {
      case .nothing: wrote(InitPage.File(entry.path, .unchanged))
      case .create(let mode):
        try context.setup.create(entry.path, entry.bytes, mode)
        wrote(InitPage.File(entry.path, .created))
      case .append(let before):
        // Checks as late as possible that no other process wrote the file.
        guard try content(entry.path) == before else {
          throw Diagnostic(
            .error, .outputFailed, "'\(entry.path)' was changed while init was running", help: ["run it again"])
        }
        try context.writeOutput(entry.path, entry.bytes, true)
        wrote(InitPage.File(entry.path, .completed))
      }
    }
  }

  /// - Returns: nil when there is no file.
  private func content(_ path: String) throws(Diagnostic) -> [UInt8]? {
    guard try context.setup.exists(path) else { return nil }
    do throws(BoundedFile.Problem) {
      return try context.readFile(path, Self.limit)
    } catch {
      throw Diagnostic(.error, .outputFailed, "'\(Printable.line(path))' cannot be read: \(error.reason)")
    }
  }
}

/// A line that a file needs. It is added at the end, and no other byte of the file changes.
struct StarterLine: Sendable {
  var file: String
  var line: String
  /// Whether a line of the file does the same already.
  var isGiven: @Sendable (_ words: [Substring]) -> Bool

  /// Records of the directory store, the journal and the run lock are never committed.
  static let ignored = StarterLine(file: ".gitignore", line: ".mcpauth/") { words in
    words.count == 1 && [".mcpauth", ".mcpauth/", "/.mcpauth", "/.mcpauth/"].contains(words[0])
  }

  /// The merge driver for the lock file (PlanAndApply#Lock-file).
  static let merged = StarterLine(file: ".gitattributes", line: "servers.lock.json merge=mcpauth") { words in
    words.contains("merge=mcpauth")
      && ["servers.lock.json", "/servers.lock.json", "*.lock.json"].contains(words.first ?? "")
  }

  /// - Returns: nil when the file has the line already.
  func added(to bytes: [UInt8]) -> [UInt8]? {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    let isThere = lines.contains { line in
      isGiven(String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\r" })
    }
    if isThere { return nil }
    // As the lines of the file end.
    let hasCR = lines.first?.last == UInt8(ascii: "\r")
    let end = Array((hasCR ? "\r\n" : "\n").utf8)
    let joint = bytes.isEmpty || bytes.last == UInt8(ascii: "\n") ? [] : end
    return bytes + joint + Array(line.utf8) + end
  }
}
