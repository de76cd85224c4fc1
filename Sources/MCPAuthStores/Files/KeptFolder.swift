import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder that stays open from one use to the next.
///
/// Before each use, every component of its path is looked up again, without following links below the base. The open folder is used only if each is
/// the folder that was opened, with the same owner and permissions. Otherwise all of them are opened again, with every check. To look up a component
/// is one system call. To open one takes three, and it is closed again.
final class KeptFolder: Sendable {
  let path: FolderPath
  private let disk: Disk
  /// The folders on the path, the base first; empty when the path is not open.
  private let opened = Mutex<[Opened]>([])

  private struct Opened: Sendable {
    var folder: Folder
    /// When it was opened and checked.
    var status: FileStatus
  }

  init(_ path: FolderPath, disk: Disk) {
    self.path = path
    self.disk = disk
  }

  /// - Returns: nil when the folder does not exist. Nothing is made.
  func open() throws(FileProblem) -> Folder? {
    if let folder = unchanged()?.last { return folder }
    var folders: [Folder] = []
    let folder = try path.open(disk: disk) { folders.append($0) }
    try keep(folder == nil ? [] : folders)
    return folder
  }

  /// As `FolderPath.make`.
  func make(mode: UInt32) throws(FileProblem) -> Folder {
    if let folders = unchanged(), let folder = folders.last {
      for (name, made) in zip(path.below, folders.dropFirst()) where name == InventoryPlace.stateFolder {
        try made.makeIgnored()
      }
      return folder
    }
    var folders: [Folder] = []
    let folder = try path.make(disk: disk, mode: mode) { folders.append($0) }
    try keep(folders)
    return folder
  }

  private func keep(_ folders: [Folder]) throws(FileProblem) {
    var found: [Opened] = []
    for folder in folders { found.append(Opened(folder: folder, status: try folder.descriptor.status())) }
    let all = found
    opened.withLock { $0 = all }
  }

  /// The open folders on the path; nil when the path has to be opened.
  private func unchanged() -> [Folder]? {
    let all = opened.withLock { $0 }
    guard let base = all.first, isSame(base, Self.status(following: path.base)) else { return nil }
    for (index, name) in path.below.enumerated() {
      guard isSame(all[index + 1], try? all[index].folder.status(name)) else { return nil }
    }
    return all.map(\.folder)
  }

  private func isSame(_ opened: Opened, _ found: FileStatus?) -> Bool {
    guard let found else { return false }
    let before = opened.status
    return found.identity == before.identity && found.owner == before.owner && found.mode == before.mode
  }

  private static func status(following path: String) -> FileStatus? {
    var found = stat()
    guard retrying({ fstatat(AT_FDCWD, path, &found, 0) }) == 0 else { return nil }
    return FileStatus(found)
  }
}
