package import MCPAuthCore

/// A file that is made only where there is none, completely or not at all, and never through a link.
///
/// The path is relative to the working directory. Each folder in it is opened without following links, and made when it is missing. If the path is
/// absolute or has `..` in it, the user wrote it: links in it are followed, and its folder must exist.
package enum NewFile {
  /// Whether there is a file at the path.
  ///
  /// - Throws: `output-failed` when something else is there, or in the place of a folder of the path.
  package static func exists(_ path: String) throws(Diagnostic) -> Bool {
    try writing { () throws(FileProblem) -> Bool in
      let (place, name) = try split(path)
      guard let folder = try place.open(disk: .real), let found = try folder.status(name) else { return false }
      guard found.kind == .file else { throw FileProblem(folder.shown(name), found.kind.unexpected) }
      return true
    }
  }

  /// Proves that a file can be written at the path. A temporary file is made in the nearest folder that exists, and removed again.
  ///
  /// - Throws: `output-failed`.
  package static func proveWritable(_ path: String) throws(Diagnostic) {
    try writing { () throws(FileProblem) -> Void in
      let (place, _) = try split(path)
      var folder = try Folder.following(place.base, disk: .real)
      for name in place.below {
        guard let next = try folder.folder(name) else { break }
        folder = next
      }
      try folder.proveWritable()
    }
  }

  /// - Throws: `output-failed`, also when there is a file: it stays as it is.
  package static func create(_ bytes: [UInt8], at path: String, mode: UInt32) throws(Diagnostic) {
    try writing { () throws(FileProblem) -> Void in
      let (place, name) = try split(path)
      try place.make(disk: .real, mode: 0o755).create(name, with: bytes, mode: mode)
    }
  }

  private static func split(_ path: String) throws(FileProblem) -> (FolderPath, name: String) {
    var components = path.split(separator: "/").map(String.init).filter { $0 != "." }
    guard let name = components.popLast(), name != "..", !path.hasSuffix("/"), !path.utf8.contains(0) else {
      throw FileProblem(path, .isFolder)
    }
    guard path.hasPrefix("/") || components.contains("..") else {
      return (FolderPath(base: ".", below: components), name)
    }
    let folder = (path.hasPrefix("/") ? "/" : "") + components.joined(separator: "/")
    return (FolderPath(base: folder, below: []), name)
  }

  private static func writing<Value>(_ work: () throws(FileProblem) -> Value) throws(Diagnostic) -> Value {
    do throws(FileProblem) {
      return try work()
    } catch {
      var diagnostic = error.diagnostic
      diagnostic.code = .outputFailed
      throw diagnostic
    }
  }
}
