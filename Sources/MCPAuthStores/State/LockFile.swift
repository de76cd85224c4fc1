package import MCPAuthCore
import MCPAuthPlan

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The lock file as bytes: it is read and replaced as a whole (PlanAndApply#Lock-file, Reliability#Order-of-writes).
package enum LockFile {
  /// Replaces the lock file at a path. The git merge driver needs this: it must write the file that git named, not the file in the work tree.
  /// - Throws: `store-failed`.
  package static func replace(at path: String, with bytes: [UInt8]) throws(Diagnostic) {
    let (folder, name) = FolderPath.split(path)
    try storing { () throws(FileProblem) in
      try write(bytes, as: name, in: try Folder.following(folder, disk: .real))
    }
  }

  /// Replaces the lock file, unless it already contains these bytes. An existing file keeps its permission bits. A new file contains no secret and
  /// gets 0644.
  static func write(_ bytes: [UInt8], as name: String, in folder: Folder) throws(FileProblem) {
    if let there = try ifPresent({ () throws(FileProblem) in try folder.file(name, O_RDONLY) }) {
      if try there.status().size == bytes.count, try there.read(limit: LockCodec.limit) == bytes {
        // Nothing is written. But an earlier run may have been killed before the file was durable, and the journal is emptied next.
        try there.sync(folder.disk)
        try folder.sync()
        return
      }
      try folder.replace(name, with: bytes, mode: there.status().mode & 0o777)
    } else {
      try folder.replace(name, with: bytes, mode: 0o644)
    }
  }
}
