#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The rule for folders and files that mcpauth made for itself (SecretStores#Files-of-others): nobody else owns them, nobody else
/// can write them, and they have no second name through which somebody else could.
struct FileGuard: Sendable {
  /// Us, root, and the owner of the folder that the first of our folders is in: who owns that one could replace ours in any case.
  private let owners: Set<UInt32>

  /// - Parameter folder: the one that our first folder is in.
  init(below folder: Descriptor) throws(FileProblem) {
    owners = [geteuid(), 0, try folder.status().owner]
  }

  /// - Parameters:
  ///   - name: of the file or folder, in its folder.
  ///   - status: looks at it; asked again where another run may just have been writing it.
  func check(
    _ name: String, in folder: Folder, _ status: () throws(FileProblem) -> FileStatus?
  ) throws(FileProblem) {
    guard let found = try status() else { return }
    let path = folder.shown(name)
    guard owners.contains(found.owner) else { throw FileProblem(path, .foreignOwner(isFolder: found.kind == .folder)) }
    // A link has no mode of its own, and is refused for what it is.
    guard found.kind == .link || found.mode & 0o022 == 0 else {
      throw FileProblem(path, .writableByOthers(mode: found.mode))
    }
    guard found.kind == .file, found.links > 1 else { return }
    // A new file has two names for an instant: its own, and that of the temporary file that it was.
    guard found.links > 1 + folder.temporaryNames(of: name, found.identity) else { return }
    guard let again = try status(), again.links > 1 else { return }
    throw FileProblem(path, .hasOtherNames)
  }
}

extension Folder {
  /// How many names of the same file in this folder are those of a temporary file that becomes it, or that it becomes.
  fileprivate func temporaryNames(of name: String, _ identity: FileStatus.Identity) -> Int {
    ((try? names()) ?? []).count { other in
      (TemporaryFile.target(of: other) == name || TemporaryFile.target(of: name) == other)
        && (try? status(other))?.identity == identity
    }
  }
}
