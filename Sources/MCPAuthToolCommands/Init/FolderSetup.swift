package import MCPAuthCore

/// The files and the git clone that `mcpauth init` works with. Paths are relative to the working directory, or as the user wrote them.
package struct FolderSetup: Sendable {
  package typealias Failure = Diagnostic

  /// The git work tree that a folder is in; nil outside of any. The folder is an absolute path without links.
  package var workTree: @Sendable (_ folder: String) -> String?
  /// The absolute path without links. Components that do not exist are appended unchanged.
  package var realPath: @Sendable (_ path: String) -> String
  /// Whether there is a file. A link or a folder in its place is an error.
  package var exists: @Sendable (_ path: String) throws(Failure) -> Bool
  /// Proves that a file can be written, without writing it.
  package var proveWritable: @Sendable (_ path: String) throws(Failure) -> Void
  /// Makes a file and the missing folders of its path. A file that exists is never changed: that is an error.
  package var create: @Sendable (_ path: String, _ bytes: [UInt8], _ mode: UInt32) throws(Failure) -> Void
  /// The merge driver of lock files that git uses in the working directory; nil when there is none.
  package var mergeDriver: @Sendable () async -> String?
  /// Writes the merge driver into the configuration of the clone; false when git cannot do it.
  package var setMergeDriver: @Sendable (_ command: String) async -> Bool

  package init(
    workTree: @escaping @Sendable (_ folder: String) -> String?,
    realPath: @escaping @Sendable (_ path: String) -> String,
    exists: @escaping @Sendable (_ path: String) throws(Failure) -> Bool,
    proveWritable: @escaping @Sendable (_ path: String) throws(Failure) -> Void,
    create: @escaping @Sendable (_ path: String, _ bytes: [UInt8], _ mode: UInt32) throws(Failure) -> Void,
    mergeDriver: @escaping @Sendable () async -> String?,
    setMergeDriver: @escaping @Sendable (_ command: String) async -> Bool
  ) {
    self.workTree = workTree
    self.realPath = realPath
    self.exists = exists
    self.proveWritable = proveWritable
    self.create = create
    self.mergeDriver = mergeDriver
    self.setMergeDriver = setMergeDriver
  }
}
