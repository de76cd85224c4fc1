import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsMoveCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Copies everything to another secret store.",
    usage: "mcpauth secrets move --to <store> [<options>]\nmcpauth secrets move --from <store> [<options>]",
    discussion: """
      Copies the records of servers and orphans and the stored secrets, and reads them back. They stay in the old store, because the \
      inventory of another branch may name it; with --remove they are removed there after all were copied. With --to the inventory still \
      names the old store, and the command prints what to write there. With --from it names the new store already. An age store needs its \
      identity. If the command is interrupted, nothing is lost: run it again.

      example: mcpauth secrets move --to age --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
      """)

  /// The kinds of stores that secrets can be moved between.
  enum Place: String, CaseIterable, Sendable, ExpressibleByArgument {
    case directory, age, helper, exec, kv2, etcd
  }

  @Option(help: ArgumentHelp("The new store.", valueName: "store"))
  var to: Place?

  @Option(help: ArgumentHelp("The old store, if the inventory already names the new one.", valueName: "store"))
  var from: Place?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A public key for age or etcd; repeatable.", valueName: "age1…"))
  var recipient: [String] = []

  @Option(help: ArgumentHelp("The helper: pass runs docker-credential-pass.", valueName: "name"))
  var helper: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The exec store's program; then each argument.", valueName: "word"))
  var command: [String] = []

  @Option(help: ArgumentHelp("The directory store's folder; the kv2 store's path.", valueName: "path"))
  var path: String?

  @OptionGroup var kv2: KV2Options

  @Flag(help: "Remove everything from the old store after it was copied.")
  var remove = false

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  private var place: Place? { to ?? from }

  func validate() throws {
    if (to == nil) == (from == nil) {
      throw ValidationError(
        "give the new store with --to, or the old store with --from if the inventory already names the new one")
    }
    if place != .directory, place != .kv2, path != nil {
      throw ValidationError("--path belongs to the directory store and to the kv2 store")
    }
    if let problem = kv2.problem(isKV2: place == .kv2, path: path, owner: "the kv2 store") {
      throw ValidationError(problem)
    }
    if place == .kv2, let missing = kv2.missing(path: path, owner: "the kv2 store") { throw ValidationError(missing) }
    if place != .helper, helper != nil { throw ValidationError("--helper belongs to the helper store") }
    if place != .exec, !command.isEmpty { throw ValidationError("--command belongs to the exec store") }
    if to != .age, to != .etcd, !recipient.isEmpty {
      throw ValidationError("--recipient belongs to --to age and --to etcd")
    }
    if place == .helper, helper == nil { throw ValidationError("--helper: name it, as in --helper pass") }
    if let helper, !SecretsSettings.isHelper(helper) {
      throw ValidationError(
        "--helper: '\(Printable.line(helper))' is not the name of a helper: use letters, digits, '_' and '-'")
    }
    if place == .exec, command.isEmpty {
      throw ValidationError("--command: name the program, as in --command mcpauth-store-aws")
    }
    if let program = command.first, let problem = StarterInventory.problem(ofCommand: program) {
      throw ValidationError("--command: \(problem)")
    }
    if to == .age || to == .etcd, recipient.isEmpty {
      throw ValidationError("--recipient: name a public key, age1…; mcpauth secrets keygen makes a key pair")
    }
  }

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let moving = try await session.run { run throws(Diagnostic) in
      try await run.secrets().move(settings, isSource: to == nil, removes: remove)
    }
    let named = session.inventory.secrets
    session.report.presented(
      SecretMovePage(
        inventory: session.source.file, moving: moving, old: to == nil ? settings : named,
        new: to == nil ? nil : settings))
    return moving.problems.isEmpty ? .done : .failed
  }

  private var settings: SecretsSettings {
    var settings = SecretsSettings()
    settings.store = place.flatMap { SecretsSettings.Store(rawValue: $0.rawValue) } ?? .directory
    settings.isNamed = true
    settings.path = place == .kv2 ? nil : path
    settings.kv2 = place == .kv2 ? kv2.settings(path: path) : nil
    settings.helper = helper
    settings.command = command
    settings.recipients = recipient
    return settings
  }
}
