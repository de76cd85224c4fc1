import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput

/// A command: parse, call, render.
protocol ToolCommand: ParsableCommand {
  func run(in context: ToolContext) async -> ToolExit
}

/// A command that reads an inventory.
protocol InventoryCommand: ToolCommand {
  var variables: VariableOptions { get }
}

/// A command that works on one inventory, and prints one page.
protocol SessionCommand: InventoryCommand {
  associatedtype State: SessionOptions
  var state: State { get }
  var common: CommonOptions { get }
  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit
}

/// The flags that name the inventory, and those that change how the run works.
protocol SessionOptions: ParsableArguments {
  var file: String { get }
  var settings: RunSettings { get }
}

extension SessionCommand {
  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    return await InventorySession.within(state.file, state.settings, report, context) { session throws(RunFailure) in
      try await run(session, in: context)
    }
  }
}

extension ToolExit {
  /// The exit code of a run that failed as a whole.
  init(_ error: Diagnostic) {
    self = error.code == .locked ? .locked : .failed
  }
}
