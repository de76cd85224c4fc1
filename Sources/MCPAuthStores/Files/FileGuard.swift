#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The rule for folders and files that mcpauth made for itself (SecretStores#Files-of-others): no other user owns them or can write them, and they
/// have no second name (hard link) through which another user could write them.
struct FileGuard: Sendable {
  /// The current user, root, and the owner of the parent of the first folder of mcpauth: the owner of that parent can replace the folder in any
  /// case.
  private let owners: Set<UInt32>

  /// - Parameter folder: the parent of the first folder of mcpauth.
  init(below folder: Descriptor) throws(FileProblem) {
    owners = [geteuid(), 0, try folder.status().owner]
  }

  /// - Parameters:
  ///   - name: the name of the file or folder, in its folder.
  ///   - status: returns its status. It is called again where another run may have been writing the file.
  func check(
    _ name: String, in folder: Folder, _ status: () throws(FileProblem) -> FileStatus?
  ) throws(FileProblem) {
    guard let found = try status() else { return }
    let path = folder.shown(name)
    guard owners.contains(found.owner) else { throw FileProblem(path, .foreignOwner(isFolder: found.kind == .folder)) }
    // A link has no mode of its own. Another check refuses links.
    guard found.kind == .link || found.mode & 0o022 == 0 else {
      throw FileProblem(path, .writableByOthers(mode: found.mode))
    }
    guard found.kind == .file, found.links > 1 else { return }
    // A new file has two names for a short time: its own name, and the name of its temporary file.
    guard found.links > 1 + folder.temporaryNames(of: name, found.identity) else { return }
    guard let again = try status(), again.links > 1 else { return }
    throw FileProblem(path, .hasOtherNames)
  }
}

extension Folder {
  /// How many other names of the same file in this folder belong to its temporary file, or to the file that this temporary file becomes.
  fileprivate func temporaryNames(of name: String, _ identity: FileStatus.Identity) -> Int {
    ((try? names()) ?? []).count { other in
      (TemporaryFile.target(of: other) == name || TemporaryFile.target(of: name) == other)
        && (try? status(other))?.identity == identity
    }
  }
}
