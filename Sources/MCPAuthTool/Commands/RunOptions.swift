import ArgumentParser
import MCPAuthPlan

/// The flags that `plan` and `apply` share.
struct RunOptions: ParsableArguments {
  @OptionGroup var inventories: InventoryArguments

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Only this server; repeat it for several.", valueName: "name"),
    completion: .serverNames)
  var only: [String] = []

  @Flag(help: "Discover again for servers that did not change.")
  var refresh = false

  @OptionGroup var limits: RunLimits

  var settings: RunSettings { limits.settings }

  /// - Parameter only: those of the names that are the inventory's.
  func planOptions(_ only: [String]) -> PlanOptions {
    var options = PlanOptions()
    options.only = Set(only)
    options.refresh = refresh
    return options
  }
}

/// The flags that say how a run goes about it, not what it does.
struct RunLimits: ParsableArguments {
  @Option(help: ArgumentHelp("How many servers at a time, 1 to 1024.", valueName: "n"))
  var parallelism = 32

  @OptionGroup var waits: RunWaits

  func validate() throws {
    guard (1...1024).contains(parallelism) else { throw ValidationError("--parallelism is a number from 1 to 1024") }
  }

  var settings: RunSettings {
    var settings = waits.settings
    settings.parallelism = parallelism
    return settings
  }
}

/// The flags that say how long to wait.
struct RunWaits: ParsableArguments {
  @Option(help: ArgumentHelp("Time for one server's whole discovery: 30s, 2m.", valueName: "duration"))
  var timeout = DurationArgument(seconds: 30)

  @Option(help: ArgumentHelp("Wait for another run to end: 30s, 5m.", valueName: "duration"))
  var lockTimeout = DurationArgument(seconds: 0)

  func validate() throws {
    guard timeout.seconds > 0 else { throw ValidationError("--timeout is at least 1s") }
  }

  var settings: RunSettings {
    RunSettings(discoveryTimeout: timeout.seconds, lockTimeout: lockTimeout.seconds)
  }
}
