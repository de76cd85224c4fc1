#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The git clone that a folder is in, and the merge driver of its lock files (PlanAndApply#Lock-file).
package enum GitClone {
  /// The name of the driver in the configuration of git and in `.gitattributes`.
  private static let driver = "merge.mcpauth.driver"

  /// The nearest folder with a `.git` (in a linked work tree, `.git` is a file).
  ///
  /// - Parameter folder: an absolute path without links.
  /// - Returns: nil when no folder on the path has one.
  package static func workTree(of folder: String) -> String? {
    var tree = folder
    while true {
      if access(tree == "/" ? "/.git" : tree + "/.git", F_OK) == 0 { return tree }
      guard let slash = tree.lastIndex(of: "/"), tree != "/" else { return nil }
      tree = slash == tree.startIndex ? "/" : String(tree[..<slash])
    }
  }

  /// The merge driver that git uses in this folder; nil when there is none, or git cannot be asked.
  package static func mergeDriver(in folder: String) async -> String? {
    guard case .success(let bytes) = await GitProgram(folder: folder).run(["config", "--get", driver]) else {
      return nil
    }
    let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return line.isEmpty ? nil : line
  }

  /// Writes the merge driver into the configuration of the clone.
  ///
  /// - Returns: false when git cannot do it.
  package static func setMergeDriver(_ command: String, in folder: String) async -> Bool {
    let git = GitProgram(folder: folder)
    guard case .success = await git.run(["config", "--local", driver, command]) else { return false }
    return true
  }
}
