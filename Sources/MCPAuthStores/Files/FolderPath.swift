/// A folder below a base folder. The base is opened as the user gave it. The rest is opened one component at a time without following links.
struct FolderPath: Sendable, Equatable {
  var base: String
  /// Single names, or `..`.
  var below: [String]
  /// The index of the first component that only mcpauth uses, as is everything in it. nil: there is none.
  var firstOwn: Int?

  /// The folder of a path, `.` when it has none, and the part after its last slash.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  /// The path as messages show it.
  var shown: String {
    let rest = below.joined(separator: "/")
    if rest.isEmpty { return base }
    return base == "." ? rest : base.hasSuffix("/") ? base + rest : base + "/" + rest
  }

  func appending(_ name: String) -> FolderPath {
    FolderPath(base: base, below: below + [name], firstOwn: firstOwn)
  }

  /// - Parameter note: receives each folder on the way, the base first.
  /// - Returns: nil when the folder does not exist. Nothing is made.
  func open(disk: Disk, note: (Folder) -> Void = { _ in }) throws(FileProblem) -> Folder? {
    guard var folder = try ifPresent({ () throws(FileProblem) in try Folder.following(base, disk: disk) }) else {
      return nil
    }
    note(folder)
    for (index, name) in below.enumerated() {
      if index == firstOwn { folder.rule = try FileGuard(below: folder.descriptor) }
      guard let next = try folder.folder(name) else { return nil }
      folder = next
      note(folder)
    }
    return folder
  }

  /// Opens the folder and makes missing components. New folders get this mode and are durable, and `.mcpauth` gets its `.gitignore`.
  /// - Parameter note: receives each folder on the way, the base first.
  func make(
    disk: Disk, mode: UInt32 = 0o700, note: (Folder) -> Void = { _ in }
  ) throws(FileProblem) -> Folder {
    var folder = try Folder.following(base, disk: disk)
    note(folder)
    for (index, name) in below.enumerated() {
      if index == firstOwn { folder.rule = try FileGuard(below: folder.descriptor) }
      folder = try folder.makingFolder(name, mode: mode)
      note(folder)
      if name == InventoryPlace.stateFolder { try folder.makeIgnored() }
    }
    return folder
  }
}

extension Folder {
  /// Excludes everything in the folder from version control, unless a `.gitignore` already exists.
  func makeIgnored() throws(FileProblem) {
    let name = ".gitignore"
    switch try status(name)?.kind {
    case nil:
      do throws(FileProblem) {
        try create(name, with: Array("*\n".utf8), mode: 0o600)
      } catch {
        // Another run made it first.
        guard try status(name)?.kind == .file else { throw error }
      }
    case .file: try check(name)
    // git does not follow a `.gitignore` that is a link, so the secrets would be committed.
    case let kind?: throw FileProblem(shown(name), kind.unexpected)
    }
  }
}
