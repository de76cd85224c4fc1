package import MCPAuthCore

/// A document that the user asked mcpauth to write. It contains no secret. It is written completely or not at all, and never through a link.
package enum DocumentFile {
  /// Replaces the file at the path, if there is one, and gives it the mode 0644.
  ///
  /// - Parameter path: as the user gave it. Links in the path of its folder are followed, because the user wrote that path. A link at its last
  ///   component is not followed.
  /// - Throws: `invalid-value` for a path without a file name; `store-failed`.
  package static func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    let (folder, name) = FolderPath.split(path)
    guard !["", ".", ".."].contains(name) else {
      throw Diagnostic(.error, .invalidValue, "'\(ForeignText.printable(path))' is not the name of a file")
    }
    try storing { () throws(FileProblem) in
      try Folder.following(folder, disk: .real).replace(name, with: bytes, mode: 0o644)
    }
  }
}
