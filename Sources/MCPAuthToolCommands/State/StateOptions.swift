import ArgumentParser
import MCPAuthPlan

/// The flags of commands that read or change the lock file of one inventory.
struct StateOptions: SessionOptions {
  @Option(
    name: [.long, .customShort("f")], help: ArgumentHelp("The inventory.", valueName: "file"), completion: .inventories)
  var file = Inventory.defaultFile

  var settings: RunSettings { RunSettings() }
}

/// The same flags, and those of commands that write.
struct StateWritingOptions: SessionOptions {
  @OptionGroup var state: StateOptions

  @OptionGroup var lock: LockTimeoutOption

  var file: String { state.file }
  var settings: RunSettings { RunSettings(lockTimeout: lock.seconds) }
}
