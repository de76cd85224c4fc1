import ArgumentParser
import MCPAuthPlan

/// The flags that `plan` and `apply` share.
struct RunOptions: ParsableArguments {
  @OptionGroup var inventories: InventoryArguments

  @OptionGroup var only: OnlyOption

  @Flag(help: "Discover again for servers that did not change.")
  var refresh = false

  @Flag(help: "Ask whether each client is still known; replace lost ones.")
  var verify = false

  @OptionGroup var limits: RunLimits

  var settings: RunSettings { limits.settings }

  /// - Parameter only: the names that belong to the inventory.
  func planOptions(_ only: [String]) -> PlanOptions {
    var options = PlanOptions()
    options.only = Set(only)
    options.refresh = refresh
    options.verify = verify
    return options
  }
}

/// The flags that change how a run works, not what it does.
struct RunLimits: ParsableArguments {
  @OptionGroup var parallelism: ParallelismOption
  @OptionGroup var waits: RunWaits

  var settings: RunSettings {
    var settings = waits.settings
    settings.parallelism = parallelism.parallelism
    return settings
  }
}

/// The flags for waiting times.
struct RunWaits: ParsableArguments {
  @OptionGroup var timeout: TimeoutOption
  @OptionGroup var lock: LockTimeoutOption

  var settings: RunSettings {
    RunSettings(discoveryTimeout: timeout.seconds, lockTimeout: lock.seconds)
  }
}
