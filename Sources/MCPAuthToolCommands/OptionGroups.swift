import ArgumentParser
import MCPAuthPlan

// Options and arguments that several commands have.

/// The inventory of a command that takes one.
struct InventoryArgument: SessionOptions {
  @Argument(
    help: ArgumentHelp("The inventory. (default: \(Inventory.defaultFile))", valueName: "file"),
    completion: .inventories)
  var argument: String?

  @Option(
    name: [.customLong("file"), .customShort("f")], help: ArgumentHelp("The same as <file>.", valueName: "file"),
    completion: .inventories)
  var named: String?

  var file: String { named ?? argument ?? Inventory.defaultFile }
  var settings: RunSettings { RunSettings() }

  func validate() throws {
    if argument != nil, named != nil { throw ValidationError("name one inventory: either FILE or --file FILE") }
  }
}

/// `--only`.
struct OnlyOption: ParsableArguments {
  @Option(
    parsing: .singleValue, help: ArgumentHelp("Only this server; repeat it for several.", valueName: "name"),
    completion: .serverNames)
  var only: [String] = []
}

/// `--yes`.
struct YesFlag: ParsableArguments {
  @Flag(help: "Do not ask.")
  var yes = false
}

/// `--parallelism`.
struct ParallelismOption: ParsableArguments {
  @Option(help: ArgumentHelp("How many servers at a time, 1 to 1024.", valueName: "n"))
  var parallelism = 32

  func validate() throws {
    guard (1...1024).contains(parallelism) else { throw ValidationError("--parallelism is a number from 1 to 1024") }
  }
}

/// `--timeout`.
struct TimeoutOption: ParsableArguments {
  @Option(help: ArgumentHelp("Time for one server: 30s, 2m.", valueName: "duration"))
  var timeout = DurationArgument(seconds: 30)

  var seconds: Int { timeout.seconds }

  func validate() throws {
    guard timeout.seconds > 0 else { throw ValidationError("--timeout is at least 1s") }
  }
}

/// `--lock-timeout`.
struct LockTimeoutOption: ParsableArguments {
  @Option(help: ArgumentHelp("Wait for another run to end: 30s, 5m.", valueName: "time"))
  var lockTimeout = DurationArgument(seconds: 0)

  var seconds: Int { lockTimeout.seconds }
}

/// `--var`: values for `${NAME}` in the inventory (InventoryReference#Values).
struct VariableOptions: ParsableArguments {
  @Option(
    name: .customLong("var"), parsing: .singleValue,
    help: ArgumentHelp("A value for ${NAME} in the inventory; repeatable.", valueName: "name=value"))
  var assignments: [String] = []

  func validate() throws {
    for assignment in assignments where Self.split(assignment) == nil {
      throw ValidationError("--var takes NAME=VALUE, and a NAME is letters, digits and '_'")
    }
  }

  /// The values by name. If a name is given twice, the last value is used.
  var values: [String: String] {
    Dictionary(assignments.compactMap(Self.split), uniquingKeysWith: { $1 })
  }

  private static func split(_ assignment: String) -> (String, String)? {
    guard let sign = assignment.firstIndex(of: "=") else { return nil }
    let name = String(assignment[..<sign])
    return InventoryVariables.isName(name) ? (name, String(assignment[assignment.index(after: sign)...])) : nil
  }
}
