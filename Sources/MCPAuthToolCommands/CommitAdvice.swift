import MCPAuthPlan
import MCPAuthToolInput

/// The files to commit after a run that changed the lock file (PlanAndApply#Approval).
struct CommitAdvice: Sendable {
  private let context: ToolContext
  private let lockFile: String
  /// Of the store `age`.
  private let secretFolder: String
  /// The folder of the inventory.
  private let folder: String
  /// Whether the secret store is committed too.
  private let storeIsCommitted: Bool
  /// The lock file before the run; nil when there was none.
  private let lock: [UInt8]?

  init(_ inventory: Inventory, _ context: ToolContext) {
    self.context = context
    let file = inventory.file
    lockFile = FilePath.lockFile(of: file)
    secretFolder = FilePath.stem(of: file) + ".secrets"
    let inventoryFolder = FilePath.folder(of: file)
    folder = inventoryFolder.isEmpty ? "." : inventoryFolder
    storeIsCommitted = inventory.secrets.store == .age
    lock = Self.read(lockFile, context)
  }

  /// The paths, relative to the working directory; empty when the lock file is as it was, or is in no git work tree.
  func changedPaths() -> [String] {
    guard let now = Self.read(lockFile, context), now != lock,
      context.setup.workTree(context.setup.realPath(folder)) != nil
    else { return [] }
    // git refuses a path that does not exist.
    let hasRecords = storeIsCommitted && context.listFolder(secretFolder) != nil
    return [lockFile] + (hasRecords ? [secretFolder] : [])
  }

  private static func read(_ lockFile: String, _ context: ToolContext) -> [UInt8]? {
    try? context.readFile(lockFile, LockCodec.limit)
  }
}
