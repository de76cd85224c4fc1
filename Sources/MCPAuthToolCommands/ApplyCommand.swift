import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// `2/4`
struct ShareArgument: ExpressibleByArgument, Sendable {
  let share: ServerShare

  init?(argument: String) {
    guard let share = ServerShare(argument) else { return nil }
    self.share = share
  }
}

struct ApplyCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Makes the changes that the plan shows.",
    usage: "mcpauth apply [<file or plan> ...] [<options>]",
    discussion: """
      Asks first when standard input is a terminal. Writes the lock file next to the inventory.
      A plan of mcpauth plan --out is applied exactly, without a question, or refused as stale. If its inventory is not servers.yaml, \
      name both: mcpauth apply prod.yaml plan.json

      example: mcpauth apply servers.yaml
      """)

  @OptionGroup var inventories: InventoryArguments
  @OptionGroup var variables: VariableOptions
  @OptionGroup var only: OnlyOption
  @OptionGroup var run: RunOptions
  @OptionGroup var limits: RunLimits

  @OptionGroup var yes: YesFlag

  @Flag(help: "Allow the plan to replace or remove many clients.")
  var allowMassChange = false

  @Flag(help: "Register again if the outcome of an earlier registration is unknown.")
  var retryUnknown = false

  @Option(help: ArgumentHelp("Only a share of the servers, for one of n runners.", valueName: "i/n"))
  var shard: ShareArgument?

  @OptionGroup var common: RunReportOptions

  func run(in context: ToolContext) async -> ToolExit {
    var inventories = self.inventories
    do throws(UsageProblem) {
      inventories.files = try withoutPlansInventory(in: context)
    } catch {
      return context.wrongUsage(error.message, help: error.help.first)
    }
    if inventories.files.count > 1, let (file, problem) = unreadable(inventories.files, in: context) {
      common.report(in: context, command: "apply").failed(problem, source: .none(file))
      return .invalid
    }
    return await inventories.each(only: only.only, in: context) { areSeveral in
      common.report(in: context, command: "apply", areSeveral: areSeveral)
    } work: { file, only, report in
      await apply(file, only, report, context)
    }
  }

  /// Removes the inventory from the arguments, if a saved plan is among them (PlanAndApply#Saved-plans).
  ///
  /// - Returns: the files to apply.
  private func withoutPlansInventory(in context: ToolContext) throws(UsageProblem) -> [String] {
    let files = inventories.files
    for plan in files {
      let saved: SavedPlan?
      // A plan that cannot be used is refused when it is applied. The inventory beside it must not be applied without it.
      do throws(Diagnostic) { saved = try SavedPlanFile.read(plan, in: context) } catch { return [plan] }
      guard let saved else { continue }
      if let problem = problem(of: saved, in: plan) { throw problem }
      return [plan]
    }
    return files
  }

  /// The first file that cannot be read or is empty; nil: there is none. It may be a plan that a step of a CI job has lost. Folders and patterns are
  /// looked up later.
  private func unreadable(_ files: [String], in context: ToolContext) -> (file: String, problem: Diagnostic)? {
    for file in files where InventorySelection(context).isFile(file) {
      do throws(BoundedFile.Problem) {
        let bytes = try context.readFile(file, InventoryLoading.limit)
        if !bytes.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) { continue }
        return (file, InventoryLoading.empty(file))
      } catch {
        return (file, InventoryLoading.unreadable(file, error, in: context))
      }
    }
    return nil
  }

  /// A saved plan is applied only to the inventory that the user names. When none is named, it is the default one, as for an `apply` without
  /// arguments.
  private func problem(of saved: SavedPlan, in plan: String) -> UsageProblem? {
    let named = inventories.files.filter { $0 != plan }
    let wrong = (named.isEmpty ? [Inventory.defaultFile] : named).first { !Self.isSame($0, saved.inventory) }
    guard let wrong else { return nil }
    let what = "'\(Printable.line(plan))' is a saved plan for '\(Printable.line(saved.inventory))'"
    return UsageProblem(
      named.isEmpty ? what + ", and that inventory is not named" : what + ", not for '\(Printable.line(wrong))'",
      help: ["to apply it to its inventory: \(Printable.line(saved.applyCommand(path: plan)))"])
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    InventorySelection.normal(HostFacts.absolute(a)) == InventorySelection.normal(HostFacts.absolute(b))
  }

  private func apply(_ file: String, _ only: [String], _ report: any Report, _ context: ToolContext) async -> ToolExit {
    let saved: SavedPlan?
    do throws(Diagnostic) {
      saved = try SavedPlanFile.read(file, in: context)
    } catch {
      report.failed(error, source: .none(file))
      return .failed
    }
    if let saved {
      // A folder or a pattern can lead to a plan too.
      if let problem = problem(of: saved, in: file) {
        return context.wrongUsage(problem.message, help: problem.help.first)
      }
      return await apply(saved, report, context)
    }
    var options = run.planOptions(only)
    options.retryUnknown = retryUnknown
    if let shard { options.share = shard.share }
    return await InventorySession.within(
      file, limits.settings, only: only, report, context
    ) { [options] session throws(RunFailure) in
      if shard != nil, session.inventory.state.store != .etcd {
        throw .usage(
          message: "--shard needs state: {store: etcd}: with files, each runner would write a lock file of its own",
          help: "leave it out, or write state: {store: etcd, …} into \(Printable.line(session.source.file))")
      }
      let confirmation = Confirmation(report, session, context, isAsking: !yes.yes)
      return confirmation.finish(
        try await session.run { run throws(Diagnostic) in
          try await run.reconciler.apply(
            options, allowMassChange: allowMassChange, isAsked: confirmation.isAsking
          ) { await confirmation.confirm($0) }
        })
    }
  }

  /// A saved plan is applied with the options with which it was made.
  private func apply(_ saved: SavedPlan, _ report: any Report, _ context: ToolContext) async -> ToolExit {
    if !only.only.isEmpty || run.refresh || run.verify || retryUnknown || shard != nil {
      return context.wrongUsage(
        "--only, --refresh, --verify, --retry-unknown and --shard cannot be used with a saved plan: it is applied exactly"
      )
    }
    return await InventorySession.within(saved.inventory, limits.settings, report, context) {
      session throws(RunFailure) in
      let confirmation = Confirmation(report, session, context, isAsking: false)
      return confirmation.finish(
        try await session.run { run throws(Diagnostic) in
          try await run.reconciler.apply(saved, allowMassChange: allowMassChange) { _ = await confirmation.confirm($0) }
        })
    }
  }
}
