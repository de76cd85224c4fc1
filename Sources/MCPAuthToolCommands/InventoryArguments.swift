import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// The inventories of a command that takes several. Each has its own lock file and is a separate run.
struct InventoryArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Inventories: files, folders, or patterns as '*/servers.yaml'. (default: \(Inventory.defaultFile))",
      valueName: "file"),
    completion: .inventories)
  var arguments: [String] = []

  @Option(
    name: [.customLong("file"), .customShort("f")], parsing: .singleValue,
    help: ArgumentHelp("An inventory; repeat it for several.", valueName: "file"), completion: .inventories)
  var named: [String] = []

  /// `FILE` and `--file` mean the same.
  var files: [String] {
    get {
      let all = arguments + named
      return all.isEmpty ? [Inventory.defaultFile] : all
    }
    set {
      arguments = newValue
      named = []
    }
  }

  /// Runs one inventory after the other. A failure of one does not stop the others.
  ///
  /// - Parameters:
  ///   - only: each name must be in one of the inventories or its lock file. An inventory with none of them is left out.
  ///   - single: the message if there are several inventories; nil: there may be several.
  ///   - report: called when it is known whether there are several inventories.
  ///   - work: runs one inventory with its own names.
  /// - Returns: the worst exit code.
  func each(
    only: [String] = [], single: String? = nil, in context: ToolContext, report: (_ areSeveral: Bool) -> any Report,
    work: (_ file: String, _ only: [String], any Report) async -> ToolExit
  ) async -> ToolExit {
    let selected: [String]
    do throws(Diagnostic) {
      selected = try InventorySelection(context).files(files)
    } catch {
      report(false).failed(error, source: .none(files.joined(separator: " ")))
      return .invalid
    }
    if selected.count == 1 { return await work(selected[0], only, report(false)) }
    if let single { return context.wrongUsage(single) }
    let names =
      only.isEmpty
      ? [:] : Dictionary(uniqueKeysWithValues: selected.map { ($0, context.serverNames($0, context.variables)) })
    let all = names.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    if let unknown = only.first(where: { !all.contains($0) }) {
      let help = NearestName.suggestion(for: unknown, in: all.sorted()).map { "  help: did you mean '\($0)'?\n" } ?? ""
      context.output.text(
        "error: --only '\(Printable.line(unknown))': there is no such server in any of these inventories\n" + help,
        to: .error)
      return .usage
    }
    let report = report(true)
    var ends: [InventoryEnd] = []
    for file in selected {
      let own = only.filter { names[file]?.contains($0) == true }
      if own.isEmpty, !only.isEmpty { continue }
      ends.append(InventoryEnd(file: file, exit: await work(file, own, report)))
    }
    report.ended(ends)
    return ends.map(\.exit).max { $0.badness < $1.badness } ?? .done
  }
}

extension ToolExit {
  /// The order of exit codes, from best to worst: 2 means that nothing failed.
  fileprivate var badness: Int {
    switch self {
    case .done: 0
    case .changes: 1
    case .failed: 2
    case .locked: 3
    case .invalid: 4
    case .usage: 5
    }
  }
}
