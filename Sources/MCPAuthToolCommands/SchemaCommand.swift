import ArgumentParser
import MCPAuthToolOutput

struct SchemaCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints a JSON Schema; without a name, lists them.",
    discussion: """
      servers: the inventory; lock: the lock file; plan: what plan, apply and validate print with --format json;
      events: the lines of --format ndjson;
      journal: the lines of the journal; saved-plan: what plan --out writes; state: what status, state and orphans print;
      secrets, inspect, verify, explain, init, add: what these print; import: what import --from prints.

      example: mcpauth schema servers > servers.schema.json
      """)

  @Argument(help: ArgumentHelp("The schema.", valueName: "name"))
  var name: SchemaName?

  func run(in context: ToolContext) async -> ToolExit {
    if let name {
      context.output.verbatim(name.text)
    } else {
      context.output.text(SchemaName.allCases.map { $0.rawValue + "\n" }.joined())
    }
    return .done
  }
}

/// The files of `schemas/`. They are embedded by the build.
enum SchemaName: String, Sendable, CaseIterable, ExpressibleByArgument {
  case servers, lock, plan, events, journal, state, secrets, inspect, verify, explain
  case savedPlan = "saved-plan"
  case starter = "init"
  case addition = "add"
  case importing = "import"

  var text: [UInt8] {
    switch self {
    case .servers: PackageResources.servers_schema_json
    case .lock: PackageResources.lock_schema_json
    case .plan: PackageResources.plan_schema_json
    case .events: PackageResources.events_schema_json
    case .journal: PackageResources.journal_schema_json
    case .state: PackageResources.state_schema_json
    case .secrets: PackageResources.secrets_schema_json
    case .inspect: PackageResources.inspect_schema_json
    case .verify: PackageResources.verify_schema_json
    case .explain: PackageResources.explain_schema_json
    case .savedPlan: PackageResources.saved_plan_schema_json
    case .starter: PackageResources.init_schema_json
    case .addition: PackageResources.add_schema_json
    case .importing: PackageResources.import_schema_json
    }
  }
}
