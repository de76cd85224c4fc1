package import MCPAuthCore

/// A document that a person asked to have written: no secret, whole or not at all, and never through a link.
package enum DocumentFile {
  /// Puts it in place of whatever file is there, with the mode 0644.
  ///
  /// - Parameter path: as the user gave it; the links in its folder's path are the user's word, its name is not followed.
  /// - Throws: `invalid-value` for a path without a file's name; `store-failed`.
  package static func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    let slash = path.lastIndex(of: "/")
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !["", ".", ".."].contains(name) else {
      throw Diagnostic(.error, .invalidValue, "'\(ForeignText.printable(path))' names no file")
    }
    let folder =
      if let slash { slash == path.startIndex ? "/" : String(path[..<slash]) } else { "." }
    try storing { () throws(FileProblem) in
      try Folder.following(folder, disk: .real).replace(name, with: bytes, mode: 0o644)
    }
  }
}
