import ArgumentParser
import FoundationEssentials
import MCPAuthPlan
import MCPAuthToolInput

extension CompletionKind {
  /// Files that may be inventories.
  static let inventories = CompletionKind.file(extensions: ["yaml", "yml"])

  /// The servers of the inventory that the command line names, or of `servers.yaml`, and of its lock file. For a file that cannot be read there are
  /// no names: completion must not print anything else.
  static let serverNames = CompletionKind.custom { words, _, prefix in
    let file = words.dropFirst().last { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") } ?? Inventory.defaultFile
    let variables = InventoryVariables(environment: ProcessInfo.processInfo.environment)
    return CompletedServers.names(of: file, variables: variables).filter { $0.hasPrefix(prefix) }
  }
}

/// Names for a shell to complete.
enum CompletedServers {
  /// - Returns: sorted names. Each matches the pattern of server names, so it has no special meaning for a shell.
  static func names(of file: String, variables: InventoryVariables) -> [String] {
    var names: Set<String> = []
    if let bytes = try? BoundedFile.read(file, limit: InventoryLoading.limit),
      case .success(let inventory) = InventoryReader.read(bytes, file: file, variables: variables)
    {
      names.formUnion(inventory.servers.map(\.name))
    }
    if let bytes = try? BoundedFile.read(FilePath.lockFile(of: file), limit: LockCodec.limit),
      let lock = try? LockCodec.decode(bytes, file: file, acceptsMoved: true)
    {
      names.formUnion(lock.servers.keys)
    }
    return names.filter(ServerName.isValid).sorted()
  }
}
