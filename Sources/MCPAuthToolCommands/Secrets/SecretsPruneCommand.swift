import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsPruneCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Removes the records that no lock file uses.",
    usage: "mcpauth secrets prune [<file>] [<options>]",
    discussion: """
      A record stays in the store when its client is replaced, removed or renamed, because the lock file of another branch may name it. This lists the \
      records that no lock file names: neither the inventory's own, nor one beside it, nor, in a git work tree, one on a local or remote branch, \
      a tag or a stash. A record whose client is on an orphans' list stays. Clients at servers are not touched. An age store needs its identity.

      It asks before it removes anything. Without a terminal it only lists, unless --yes is given. The secrets of a lock file that is in none of \
      these places, for example in another clone, cannot be read afterwards.

      example: mcpauth secrets prune --yes
      """)

  @OptionGroup var inventory: InventoryArgument
  @OptionGroup var variables: VariableOptions
  @OptionGroup var yes: YesFlag
  @OptionGroup var lock: LockTimeoutOption
  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    let settings = RunSettings(lockTimeout: lock.seconds)
    return await InventorySession.within(inventory.file, settings, report, context) { session throws(RunFailure) in
      let (file, isTerminal) = (session.source.file, context.terminal.isInput)
      let confirm: @Sendable (SecretPruneResult) async -> Bool = { found in
        if yes.yes { return true }
        context.output.text(SecretPrunePage(inventory: file, result: found).proposal, to: .error)
        return await context.confirms("remove these records?")
      }
      let result = try await session.run { run throws(Diagnostic) in
        try await run.secrets().prune(confirm: yes.yes || isTerminal ? confirm : nil)
      }
      report.presented(SecretPrunePage(inventory: file, result: result))
      let isDeclined = !result.unused.isEmpty && !result.isRemoved && isTerminal
      return isDeclined ? .failed : .done
    }
  }
}
