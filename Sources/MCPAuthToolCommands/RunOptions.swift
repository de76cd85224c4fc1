import ArgumentParser
import MCPAuthPlan

/// The flags that `plan` and `apply` share.
///
/// Groups are not nested here: in a debug build, the argument parser checks each level of nesting several times for each level above it, which takes
/// most of the time of a run.
struct RunOptions: ParsableArguments {
  @Flag(help: "Discover again for servers that did not change.")
  var refresh = false

  @Flag(help: "Ask whether each client is still known; replace lost ones.")
  var verify = false

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
  @OptionGroup var timeout: TimeoutOption
  @OptionGroup var lock: LockTimeoutOption

  var settings: RunSettings {
    RunSettings(
      parallelism: parallelism.parallelism, discoveryTimeout: timeout.seconds, lockTimeout: lock.seconds)
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
