import MCPAuthCore

/// Reads a file of a git work tree as it is on every branch, tag and stash. It runs `git`, and changes nothing.
struct GitVersions: Sendable {
  /// A folder of the work tree, and the name of a file in it.
  let folder: String
  let file: String

  struct Version: Sendable, Equatable {
    /// For example `refs/heads/main`.
    var ref: String
    var bytes: [UInt8]
  }

  private static let listLimit = 16 << 20
  private static let fileLimit = 64 << 20

  /// - Returns: an empty list outside a work tree, and where no ref contains the file.
  /// - Throws: `store-failed` when the folder is in a work tree that `git` cannot read.
  func all() async throws(Diagnostic) -> [Version] {
    guard GitClone.workTree(of: RealPath.of(folder)) != nil else { return [] }
    let prefix = String(decoding: try await git(["rev-parse", "--show-prefix"]).prefix { $0 != 0x0A }, as: UTF8.self)
    let named = String(decoding: try await git(["for-each-ref", "--format=%(refname)"]), as: UTF8.self)
    // `refs/stash` is only the newest stash.
    let stashes = String(decoding: try await git(["stash", "list", "--format=%H"]), as: UTF8.self)
    let refs = (named + "\n" + stashes).split(separator: "\n").map(String.init)
    let names = refs.map { "\($0):\(prefix)\(file)\n" }.joined()
    let found = String(
      decoding: try await git(["cat-file", "--batch-check=%(objectname) %(objecttype)"], input: Array(names.utf8)),
      as: UTF8.self
    ).split(separator: "\n")
    guard found.count == refs.count else { throw failed("its branches changed while they were read") }
    var contents: [Substring: [UInt8]] = [:]
    var versions: [Version] = []
    for (ref, line) in zip(refs, found) where line.hasSuffix(" blob") {
      let object = line.dropLast(" blob".count)
      let bytes: [UInt8]
      if let known = contents[object] {
        bytes = known
      } else {
        bytes = try await git(["cat-file", "blob", String(object)], limit: Self.fileLimit)
        contents[object] = bytes
      }
      versions.append(Version(ref: ref, bytes: bytes))
    }
    return versions
  }

  private func git(
    _ arguments: [String], input: [UInt8] = [], limit: Int = listLimit
  ) async throws(Diagnostic) -> [UInt8] {
    switch await GitProgram(folder: folder).run(arguments, input: input, limit: limit) {
    case .success(let bytes): return bytes
    case .failure(.refused(let words)): throw failed(words)
    case .failure(.unusable): throw failed("git cannot be run, or printed too much")
    }
  }

  private func failed(_ why: String) -> Diagnostic {
    Diagnostic(
      .error, .storeFailed,
      "the lock files on the branches of the work tree at '\(ForeignText.printable(folder, limit: 256))' cannot be read: \(why)",
      help: ["run it where git can read the work tree: git for-each-ref"])
  }
}
