import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StatePullCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Writes the state from etcd into a lock file, for review.",
    usage: "mcpauth state pull [<file>] [<options>]",
    discussion: """
      The lock file is beside the inventory, and is marked as a copy: no run uses it.

      example: mcpauth state pull
      """)

  @Option(help: ArgumentHelp("Another file.", valueName: "path"))
  var out: String?

  @OptionGroup var state: InventoryArgument
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let path = out ?? FilePath.lockFile(of: session.inventory.file)
    let pulled = try await session.run { run throws(Diagnostic) in
      let pulled = try await run.transfer().pull()
      try Self.checkReplaceable(path, by: pulled.lock, in: context)
      try context.writeLock(path, LockCodec.encode(pulled.lock))
      return pulled
    }
    session.report.presented(
      StateCopyPage(
        inventory: session.source.file, verb: "pulled", servers: pulled.lock.servers.count, place: path,
        underWay: pulled.underWay))
    return .done
  }

  /// Refuses to replace a file that is not an earlier copy, and not of this state: it may be the only state of another inventory.
  private static func checkReplaceable(_ path: String, by lock: Lock, in context: ToolContext) throws(Diagnostic) {
    let shown = Printable.line(path)
    let refusal = Diagnostic(
      .error, .stateNotEmpty, "'\(shown)' is not a copy of this state, and is not replaced",
      help: ["move it away, if nothing of it is needed", "or write another file: mcpauth state pull --out <path>"])
    let present: Lock
    do {
      present = try LockCodec.decode(context.readFile(path, LockCodec.limit), file: shown, acceptsMoved: true)
    } catch BoundedFile.Problem.missing {
      return
    } catch {
      throw refusal
    }
    guard present.movedTo != nil || present.lineage == lock.lineage else { throw refusal }
  }
}

struct StatePushCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Writes a lock file into etcd, into an empty prefix.",
    usage: "mcpauth state push [<file>] [<options>]",
    discussion: """
      Secrets are not pushed: mcpauth secrets move does that. To move the state and mark the old place, use mcpauth state migrate.

      example: mcpauth state push --from servers.lock.json
      """)

  @Option(help: ArgumentHelp("Another lock file than the one beside the inventory.", valueName: "path"))
  var from: String?

  @OptionGroup var state: InventoryArgument
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let path = from ?? FilePath.lockFile(of: session.inventory.file)
    let count = try await session.run { run throws(Diagnostic) in
      let bytes: [UInt8]
      do throws(BoundedFile.Problem) { bytes = try context.readFile(path, LockCodec.limit) } catch {
        throw Diagnostic(.error, .lockMissing, "'\(Printable.line(path))' cannot be read: \(error.reason)")
      }
      return try await run.transfer().push(
        LockCodec.decode(bytes, file: Printable.line(path), acceptsMoved: true))
    }
    session.report.presented(
      StateCopyPage(
        inventory: session.source.file, verb: "pushed", servers: count, place: session.inventory.state.shownPlace))
    return .done
  }
}

struct StateMigrateCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Moves the state between files and etcd.",
    usage: "mcpauth state migrate --to <place> [<file>] [<options>]",
    discussion: """
      The inventory has the state block of etcd in both directions: write it before --to etcd, and remove it after --to file. What arrived \
      is compared, and the old place is marked: no run uses it any more. Secrets are moved with mcpauth secrets move.

      example: mcpauth state migrate --to etcd
      """)

  @Option(help: ArgumentHelp("Where the state goes: file or etcd.", valueName: "place"))
  var to: StateTransfer.Place

  @OptionGroup var state: InventoryArgument
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let secrets = session.inventory.secrets
    let migration = try await session.run { run throws(Diagnostic) in
      if to == .file, secrets.store == .etcd { throw Self.secretsStay(at: secrets.location) }
      return try await run.transfer().migrate(to: to)
    }
    session.report.presented(StateMigratePage(inventory: session.source.file, migration: migration))
    return .done
  }

  /// Without the state nothing can read the secrets in etcd.
  private static func secretsStay(at location: SourceLocation?) -> Diagnostic {
    Diagnostic(
      .error, .storeUnsupported, "the secrets are in etcd, and cannot be read there without the state", at: location,
      help: [
        "move them first: write another store into the inventory, and run mcpauth secrets move --from etcd",
        "then run mcpauth state migrate --to file",
      ])
  }
}

extension StateTransfer.Place: ExpressibleByArgument {}

extension StateSettings {
  /// `etcd https://etcd-1.example.com:2379/mcpauth/prod`
  var shownPlace: String {
    guard let etcd, let endpoint = etcd.endpoints.first else { return store.rawValue }
    return "etcd \(endpoint.redacted)\(etcd.prefix)"
  }
}
