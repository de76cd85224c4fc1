package import MCPAuthCore

/// Where an inventory is, and the paths that depend on it: the lock file beside it, and `.mcpauth/<stem>` (PlanAndApply#Lock-file).
package struct InventoryPlace: Sendable, Equatable {
  package static let stateFolder = ".mcpauth"

  /// The folder as the user gave it; `.` when the path has none.
  package var folder: String
  /// For example `servers.yaml`.
  package var file: String
  /// For example `servers`: the file name without its extension.
  package var stem: String

  /// Reads only the path, not the disk.
  /// - Throws: `invalid-value` when the stem cannot be the name of a folder of mcpauth.
  package init(_ inventoryPath: String) throws(Diagnostic) {
    (folder, file) = FolderPath.split(inventoryPath)
    stem = String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)])
    if let problem = Self.problem(of: stem) {
      throw Diagnostic(
        .error, .invalidValue,
        "'\(ForeignText.printable(inventoryPath))' cannot be an inventory's path: its name without the ending \(problem)",
        help: ["the lock file and the state are named after it: call it servers.yaml, for example"])
    }
  }

  package var lockFile: String { "\(stem).lock.json" }

  /// `.mcpauth/<stem>`
  var state: FolderPath { FolderPath(base: folder, below: [Self.stateFolder, stem], firstOwn: 0) }

  /// Refuses a second inventory with the same stem in the folder (SecretStores#Names-and-folders): both would use the same lock file.
  /// - Throws: `invalid-value` with both names; `store-failed` when the folder cannot be read.
  package func checkStem() throws(Diagnostic) {
    let others = [stem + ".yaml", stem + ".yml"].filter { $0 != file }
    let found = try storing { () throws(FileProblem) in
      let folder = try Folder.following(folder, disk: .real)
      var found: [String] = []
      // On a file system that ignores case, one file has two names.
      let own = try folder.status(file)?.identity
      for name in others {
        if let other = try folder.status(name), other.identity != own { found.append(name) }
      }
      return found
    }
    guard let other = found.first else { return }
    throw Diagnostic(
      .error, .invalidValue, "'\(file)' and '\(other)' are in one folder and would share the lock file '\(lockFile)'",
      help: ["rename or remove one of them"])
  }

  private static func problem(of stem: String) -> String? {
    if stem.isEmpty { return "is empty" }
    if stem == "." || stem == ".." { return "is '\(stem)'" }
    // Its folder would have the name of a file of mcpauth.
    if stem.lowercased() == ".gitignore" { return "is '\(stem)'" }
    if stem.utf8.count > 200 { return "is longer than 200 bytes" }
    if stem.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return "holds a control character"
    }
    return nil
  }
}
