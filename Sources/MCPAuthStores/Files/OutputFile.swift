package import MCPAuthCore

/// A file that the user asked mcpauth to write and that may contain secrets. It is written completely or not at all, and never through a link.
package enum OutputFile {
  /// Replaces the file at the path, if there is one.
  ///
  /// - Parameters:
  ///   - path: as the user gave it. Links in the path of its folder are followed, because the user wrote that path. A link at its last component is
  ///     not followed.
  ///   - keepsMode: whether an existing file keeps its permission bits. Otherwise it gets 0600, as a new file does.
  /// - Throws: `output-failed`.
  package static func write(_ bytes: [UInt8], to path: String, keepsMode: Bool) throws(Diagnostic) {
    let (parent, name) = FolderPath.split(path)
    guard !["", ".", ".."].contains(name) else {
      throw Diagnostic(.error, .outputFailed, "'\(ForeignText.printable(path))' is not the name of a file")
    }
    do throws(FileProblem) {
      let folder = try Folder.following(parent, disk: .real)
      let mode = keepsMode ? try existingMode(name, in: folder) : nil
      try folder.replace(name, with: bytes, mode: mode ?? 0o600)
    } catch {
      var diagnostic = error.diagnostic
      diagnostic.code = .outputFailed
      if error.reason == .isLink { diagnostic.help = ["name the file that the link leads to"] }
      throw diagnostic
    }
  }

  private static func existingMode(_ name: String, in folder: Folder) throws(FileProblem) -> UInt32? {
    guard let status = try folder.status(name), status.kind == .file else { return nil }
    return status.mode & 0o777
  }
}
