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

extension ToolExit {
  /// The exit code of a run that failed as a whole.
  init(_ error: Diagnostic) {
    self = error.code == .locked ? .locked : .failed
  }
}
