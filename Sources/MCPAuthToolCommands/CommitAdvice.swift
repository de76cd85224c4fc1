import MCPAuthPlan
import MCPAuthToolInput

/// The files to commit after a run that changed the lock file (PlanAndApply#Approval).
struct CommitAdvice: Sendable {
  private let context: ToolContext
  /// The path of the inventory as the user gave it, without the ending of the file's name.
  private let stem: String
  private let folder: String
  /// Whether the secret store is committed too.
  private let storeIsCommitted: Bool
  /// The lock file before the run; nil when there was none.
  private let lock: [UInt8]?

  init(_ inventory: Inventory, _ context: ToolContext) {
    self.context = context
    let file = inventory.file
    let name = file.lastIndex(of: "/").map { file.index(after: $0) } ?? file.startIndex
    stem = String(file[..<(file[name...].lastIndex(of: ".") ?? file.endIndex)])
    folder = name == file.startIndex ? "." : String(file[..<name])
    storeIsCommitted = inventory.secrets.store == .age
    lock = Self.read(stem, context)
  }

  /// The paths, relative to the working directory; empty when the lock file is as it was, or is in no git work tree.
  func changedPaths() -> [String] {
    guard let now = Self.read(stem, context), now != lock,
      context.setup.workTree(context.setup.realPath(folder)) != nil
    else { return [] }
    // git refuses a path that does not exist.
    let hasRecords = storeIsCommitted && context.listFolder(stem + ".secrets") != nil
    return [stem + ".lock.json"] + (hasRecords ? [stem + ".secrets"] : [])
  }

  private static func read(_ stem: String, _ context: ToolContext) -> [UInt8]? {
    try? context.readFile(stem + ".lock.json", LockCodec.limit)
  }
}
