internal import MCPAuthCore

/// The commands that resolve a conflict in a lock file. git keeps the three sides in its index until the file is added.
enum LockConflictHelp {
  /// - Parameters:
  ///   - file: the lock file, relative to the working directory.
  ///   - side: the side to prefer; nil: none.
  static func merging(_ file: String, preferring side: LockMerge.Side? = nil) -> String {
    let (git, own) = place(of: file)
    let stages = [(1, "base"), (2, "ours"), (3, "theirs")].map { stage, name in
      "\(git) show \(PastedText.shell(":\(stage):./" + own)) > \(name).json"
    }
    let option = side.map { " --prefer \($0.rawValue)" } ?? ""
    let lines =
      stages + [
        "mcpauth state merge base.json ours.json theirs.json" + option,
        "mv ours.json \(PastedText.shell(file)); rm base.json theirs.json; \(git) add \(PastedText.shell(own))",
      ]
    return lines.map { "  " + $0 }.joined(separator: "\n")
  }

  /// The help for a lock file that has the markers of a conflict.
  static func markers(in file: String) -> [String] {
    let (git, own) = place(of: file)
    let shown = PastedText.shell(own)
    return [
      "merge the three sides by entry:\n" + merging(file),
      "or keep one side as a whole: \(git) checkout --ours \(shown), or --theirs, and \(git) add \(shown)",
      "what only the other side registered is then in no lock file, and mcpauth cannot delete it",
    ]
  }

  /// git in the folder of the file, and the name of the file there. After the number of a stage, git takes no absolute path.
  private static func place(of file: String) -> (git: String, name: String) {
    guard let slash = file.lastIndex(of: "/") else { return ("git", file) }
    let folder = slash == file.startIndex ? "/" : String(file[..<slash])
    return ("git -C \(PastedText.shell(folder))", String(file[file.index(after: slash)...]))
  }
}
