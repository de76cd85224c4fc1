import MCPAuthCore
import MCPAuthStores
import MCPAuthToolCommands

extension Wiring {
  /// The working directory of this process.
  static let setup = FolderSetup(
    workTree: { GitClone.workTree(of: $0) }, realPath: { RealPath.of($0) },
    exists: { path throws(Diagnostic) in try NewFile.exists(path) },
    proveWritable: { path throws(Diagnostic) in try NewFile.proveWritable(path) },
    create: { path, bytes, mode throws(Diagnostic) in try NewFile.create(bytes, at: path, mode: mode) },
    mergeDriver: { await GitClone.mergeDriver(in: ".") },
    setMergeDriver: { await GitClone.setMergeDriver($0, in: ".") })
}
