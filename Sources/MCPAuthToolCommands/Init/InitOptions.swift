import AgeFormat
import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// The flags of `init` that describe the inventory.
struct InitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The client's name, which users see when they consent.", valueName: "name"))
  var name: String?

  @Option(
    name: .customLong("redirect-uri"), parsing: .singleValue,
    help: ArgumentHelp("The client's redirect URI, {server} is allowed; repeatable.", valueName: "uri"))
  var redirectURIs: [String] = []

  @Option(
    name: .customLong("consumer"), parsing: .singleValue,
    help: ArgumentHelp("A program that signs in: vscode, codex=PORT, librechat=URL; repeatable.", valueName: "name"))
  var consumerTexts: [String] = []

  @Option(help: ArgumentHelp("The secret store; age unless given.", valueName: "store"))
  var store: SecretsMoveCommand.Place?

  @Option(help: ArgumentHelp("The directory store, outside the work tree; the path in a kv2 store.", valueName: "path"))
  var path: String?

  @Option(help: ArgumentHelp("The helper: pass runs docker-credential-pass.", valueName: "name"))
  var helper: String?

  @OptionGroup var kv2: KV2Options

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The exec store's program; then each argument.", valueName: "word"))
  var command: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A public key that exists; no new one is made. Repeatable.", valueName: "age1…"))
  var recipient: [String] = []

  @Option(help: ArgumentHelp("Write the new private key here, and do not show it.", valueName: "path"))
  var identityFile: String?

  func validate() throws {
    if let name, let problem = StarterInventory.problem(of: name) { throw ValidationError("--name: \(problem)") }
    for uri in redirectURIs {
      if let problem = StarterInventory.problem(of: uri) { throw ValidationError("--redirect-uri: \(problem)") }
    }
    do throws(Diagnostic) {
      _ = try Self.consumers(consumerTexts)
    } catch {
      throw ValidationError("--consumer: \(error.message)")
    }
    let place = store ?? .age
    if place == .etcd {
      throw ValidationError(
        "--store etcd: the state must be in etcd too; begin with --store age, then use mcpauth state migrate --to etcd")
    }
    if place != .directory, place != .kv2, path != nil {
      throw ValidationError("--path belongs to --store directory and to --store kv2")
    }
    if let problem = kv2.problem(isKV2: place == .kv2, path: path, owner: "--store kv2") {
      throw ValidationError(problem)
    }
    if place != .helper, helper != nil { throw ValidationError("--helper belongs to --store helper") }
    if place != .exec, !command.isEmpty { throw ValidationError("--command belongs to --store exec") }
    if place != .age, !recipient.isEmpty { throw ValidationError("--recipient belongs to --store age") }
    if place != .age, identityFile != nil { throw ValidationError("--identity-file belongs to --store age") }
    if !recipient.isEmpty, identityFile != nil {
      throw ValidationError("--recipient names a key that exists, and --identity-file makes a new one")
    }
    if let helper, !SecretsSettings.isHelper(helper) {
      throw ValidationError(
        "--helper: '\(Printable.line(helper))' is not the name of a helper: use letters, digits, '_' and '-'")
    }
    if let program = command.first, let problem = StarterInventory.problem(ofCommand: program) {
      throw ValidationError("--command: \(problem)")
    }
    for text in recipient {
      do throws(AgeProblem) {
        _ = try AgeRecipient(text)
      } catch {
        // The argument may be a private key: it is not repeated.
        throw ValidationError("--recipient: \(error.message)")
      }
    }
  }

  /// What is still to be given where nobody is asked; nil: nothing.
  var missing: String? {
    if store == .directory, path == nil { return "--store directory needs --path, a folder outside the work tree" }
    if store == .kv2 { return kv2.missing(path: path, owner: "--store kv2") }
    if store == .helper, helper == nil { return "--store helper needs --helper, as in --helper pass" }
    if store == .exec, command.isEmpty { return "--store exec needs --command, as in --command mcpauth-store-aws" }
    return nil
  }

  /// The inventory with these values, and defaults for the others. Without `recipient`, an age store has no recipients yet.
  var inventory: StarterInventory {
    var inventory = StarterInventory()
    if let name { inventory.name = name }
    inventory.consumers = consumers
    if !redirectURIs.isEmpty || hasConsumersURIs { inventory.redirectURIs = redirectURIs }
    inventory.secrets.store = SecretsSettings.Store(rawValue: (store ?? .age).rawValue) ?? .age
    inventory.secrets.isNamed = true
    inventory.secrets.path = store == .kv2 ? nil : path
    inventory.secrets.kv2 = store == .kv2 ? kv2.settings(path: path) : nil
    inventory.secrets.helper = helper
    inventory.secrets.command = command
    inventory.secrets.recipients = recipient
    return inventory
  }

  /// Reads the values of `--consumer`.
  ///
  /// - Throws: `invalid-value`, without a place.
  static func consumers(_ texts: [String]) throws(Diagnostic) -> [StarterConsumer] {
    var consumers: [StarterConsumer] = []
    for text in texts {
      let consumer = try StarterConsumer(text)
      guard !consumers.contains(where: { $0.consumer == consumer.consumer }) else {
        throw Diagnostic(.error, .invalidValue, "'\(consumer.consumer.rawValue)' is given twice")
      }
      consumers.append(consumer)
    }
    return consumers
  }

  /// `validate` has checked the texts.
  private var consumers: [StarterConsumer] { (try? Self.consumers(consumerTexts)) ?? [] }

  /// Whether the consumers add redirect URIs, so that the client needs no others.
  var hasConsumersURIs: Bool { consumers.contains { !$0.redirectURIs.isEmpty } }

  /// The keys whose values are only an example; empty where all of them were given.
  var examples: [String] {
    (name == nil ? ["client.name"] : []) + (redirectURIs.isEmpty && !hasConsumersURIs ? ["client.redirect_uris"] : [])
  }

  /// The flags that an existing inventory does not agree with.
  func differences(from inventory: Inventory) -> [(flag: String, key: String)] {
    let client = inventory.client
    let secrets = inventory.secrets
    var found: [(flag: String, key: String)] = []
    if let name, name != client?.clientName { found.append(("--name", "client.name")) }
    let added = Set(consumers.flatMap(\.redirectURIs))
    let others = (client?.redirectURIs ?? []).filter { !added.contains($0) }
    if !redirectURIs.isEmpty, redirectURIs.filter({ !added.contains($0) }) != others {
      found.append(("--redirect-uri", "client.redirect_uris"))
    }
    if !added.isSubset(of: client?.redirectURIs ?? []) { found.append(("--consumer", "client.consumers")) }
    if let store, store.rawValue != secrets.store.rawValue { found.append(("--store", "secrets.store")) }
    if let address = kv2.settings(path: "")?.address, address != secrets.kv2?.address {
      found.append(("--address", "secrets.address"))
    }
    if let mount = kv2.mount, mount != secrets.kv2?.mount { found.append(("--mount", "secrets.mount")) }
    if let path, path != secrets.kv2?.path ?? secrets.path { found.append(("--path", "secrets.path")) }
    if let helper, helper != secrets.helper { found.append(("--helper", "secrets.helper")) }
    if !command.isEmpty, command != secrets.command { found.append(("--command", "secrets.command")) }
    if !Set(recipient).isSubset(of: secrets.recipients) { found.append(("--recipient", "secrets.recipients")) }
    return found
  }
}
