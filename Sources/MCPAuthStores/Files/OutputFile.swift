package import MCPAuthCore

/// A file that a person asked to have written, and that may hold secrets: whole or not at all, and never through a link.
package enum OutputFile {
  /// Puts it in place of whatever file is there.
  ///
  /// - Parameters:
  ///   - path: as the user gave it; the links in its folder's path are the user's word, its name is not followed.
  ///   - keepsMode: whether a file that is there keeps its permission bits; otherwise it gets 0600, as a new one does.
  /// - Throws: `output-failed`.
  package static func write(_ bytes: [UInt8], to path: String, keepsMode: Bool) throws(Diagnostic) {
    let slash = path.lastIndex(of: "/")
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !["", ".", ".."].contains(name) else {
      throw Diagnostic(.error, .outputFailed, "'\(ForeignText.printable(path))' names no file")
    }
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
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
