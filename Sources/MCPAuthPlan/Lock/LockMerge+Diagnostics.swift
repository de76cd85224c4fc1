package import MCPAuthCore

extension LockMerge.Conflict {
  /// What each side changed, and what the result contains.
  ///
  /// - Parameters:
  ///   - isSettled: whether the user chose the preferred side before the merge. Then the diagnostic is a warning.
  ///   - path: the lock file, where git merges it; nil where the files of a merge by hand are kept.
  package func diagnostic(isSettled: Bool, path: String? = nil) -> Diagnostic {
    let other = kept.other
    var notes = ["\(kept.rawValue) is kept"]
    if let orphan, let clientID = orphan.clientID {
      notes[0] +=
        "; the client '\(Self.shown(clientID))' of \(other.rawValue) is an orphan, "
        + (orphan.managed ? "which the next apply deletes" : "which must be deleted at its server by hand")
    }
    return Diagnostic(
      isSettled ? .warning : .error, .mergeConflict,
      "both sides changed '\(Self.shown(server))': ours \(Self.did(base, ours)), theirs \(Self.did(base, theirs))",
      notes: notes,
      help: isSettled
        ? []
        : [
          "if that is right: git add \(path.map(PastedText.shell) ?? "the lock file"), and continue",
          path.map {
            "if it is not, merge it again, in the top folder of the repository:\n"
              + LockConflictHelp.merging($0, preferring: other)
          }
            ?? "if it is not, restore ours, which was overwritten, and merge again with --prefer \(other.rawValue)",
        ])
  }

  private static func did(_ old: LockEntry?, _ new: LockEntry?) -> String {
    guard let new else { return "removed it" }
    let client = new.clientID.map { "client '\(shown($0))'" + (new.issuer.map { " at \(shown($0))" } ?? "") }
    guard let old else { return "added it, " + (client ?? "mode \(new.mode.rawValue)") }
    if new.hasClient(of: old), new.mode == old.mode { return "changed it, and keeps " + (client ?? "its mode") }
    return "replaced it, " + (client ?? "mode \(new.mode.rawValue)")
  }

  private static func shown(_ text: String) -> String { ForeignText.printable(text, limit: 128) }
}

extension LockMerge.DuplicateClient {
  package var diagnostic: Diagnostic {
    let names = servers.map { "'\(ForeignText.printable($0, limit: 64))'" }.joined(separator: " and ")
    return Diagnostic(
      .error, .mergeConflict,
      "the sides moved the client '\(ForeignText.printable(clientID, limit: 128))' at \(ForeignText.printable(issuer, limit: 128)) to different names: it is in the lock file under \(names)",
      help: ["keep the name that the inventory has, and remove the other with mcpauth state forget"])
  }
}

extension LockMerge {
  /// All diagnostics, by name.
  ///
  /// - Parameters:
  ///   - isSettled: whether the user chose the preferred side before the merge.
  ///   - path: the lock file, where git merges it.
  package func diagnostics(isSettled: Bool, path: String? = nil) -> [Diagnostic] {
    // The preferred side does not decide which of its names a client keeps.
    conflicts.map { $0.diagnostic(isSettled: isSettled, path: path) } + duplicates.map(\.diagnostic)
  }
}
