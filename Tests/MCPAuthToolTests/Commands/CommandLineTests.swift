import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput

@Suite struct CommandLineTests {
  @Test("PlanAndApply#Flags: every flag of plan")
  func planFlags() throws {
    let command = try #require(
      try MCPAuthCommand.parseAsRoot([
        "plan", "other.yaml", "--only", "a", "--only", "b", "--parallelism", "1024", "--timeout", "2m",
        "--lock-timeout", "1h", "--offline", "--detailed-exitcode", "--format", "json", "--color", "never", "--quiet",
      ]) as? PlanCommand)
    #expect(command.inventories.files == ["other.yaml"])
    #expect(command.limits.settings == RunSettings(parallelism: 1024, discoveryTimeout: 120, lockTimeout: 3600))
    #expect(command.run.planOptions(command.only.only).only == ["a", "b"])
    #expect(command.offline && command.detailedExitCode && command.common.quiet)
    #expect(command.common.format == .json && command.common.color == .never)
  }

  @Test("PlanAndApply#Flags: every flag of apply")
  func applyFlags() throws {
    let command = try #require(
      try MCPAuthCommand.parseAsRoot([
        "apply", "--yes", "--allow-mass-change", "--retry-unknown", "--refresh", "--verify", "--verbose",
      ]) as? ApplyCommand)
    #expect(
      command.yes.yes && command.allowMassChange && command.retryUnknown && command.run.refresh
        && command.run.verify && command.common.verbose)
  }

  @Test("PlanAndApply#Flags: the defaults: servers.yaml, 32 at a time, 30 s, text")
  func defaults() throws {
    let plan = try #require(try MCPAuthCommand.parseAsRoot(["plan"]) as? PlanCommand)
    #expect(plan.inventories.files == ["servers.yaml"])
    #expect(plan.limits.settings == RunSettings(parallelism: 32, discoveryTimeout: 30, lockTimeout: 0))
    #expect(plan.run.planOptions([]) == PlanOptions())
    #expect(plan.common.format == .text && plan.common.color == .auto)
    let validate = try #require(try MCPAuthCommand.parseAsRoot(["validate"]) as? ValidateCommand)
    #expect(validate.inventories.files == ["servers.yaml"] && !validate.watch)
  }

  @Test("PlanAndApply#Commands: -f names an inventory as the argument does")
  func named() throws {
    let export = try #require(
      try MCPAuthCommand.parseAsRoot(["export", "--to", "json", "-f", "a.yaml"]) as? ExportCommand)
    #expect(export.inventory.file == "a.yaml")
    let prune = try #require(
      try MCPAuthCommand.parseAsRoot(["secrets", "prune", "--file", "a.yaml"]) as? SecretsPruneCommand)
    #expect(prune.inventory.file == "a.yaml")
    let status = try #require(
      try MCPAuthCommand.parseAsRoot(["status", "a.yaml", "-f", "b.yaml", "-f", "c.yaml"]) as? StatusCommand)
    #expect(status.inventories.files == ["a.yaml", "b.yaml", "c.yaml"])
    // With -f, a server may have a name that ends in .yaml.
    let rotate = try #require(
      try MCPAuthCommand.parseAsRoot(["rotate", "x.yaml", "-f", "a.yaml"]) as? RotateCommand)
    #expect(rotate.names == ["x.yaml"] && rotate.file == "a.yaml")
  }

  @Test(
    "PlanAndApply#Flags: wrong usage is 64",
    arguments: [
      ["plan", "--format", "xml"], ["plan", "--format"], ["plan", "--out"], ["plan", "--bogus"], ["bogus"],
      ["plan", "--parallelism", "0"], ["plan", "--parallelism", "1025"], ["plan", "--parallelism", "x"],
      ["plan", "--timeout", "30"], ["plan", "--timeout", "0s"], ["plan", "--timeout", "1w"],
      ["plan", "--timeout", "-1s"],
      ["plan", "--timeout", "9223372036854775807d"], ["plan", "--offline", "--refresh"],
      ["plan", "--offline", "--verify"],
      ["plan", "--quiet", "--verbose"],
      ["plan", "a", "b", "--out", "p"], ["plan", "--yes"], ["plan", "--retry-unknown"], ["apply", "--offline"],
      ["apply", "--detailed-exitcode"], ["apply", "--color", "maybe"], ["schema", "nothing"],
      ["validate", "--only", "a"], ["validate", "--watch", "--format", "json"], ["plan", "--watch"],
      ["plan", "--offline", "--out", "p"], ["rotate"], ["rotate", "servers.yaml"],
      ["rotate", "a", "--only", "a"], ["import", "a"], ["import", "--client-id", "x"],
      ["import", "a", "--client-id", ""],
      ["import", "a", "--client-id", "x", "--client-secret-expires-at", "2027-01-31T00:00:00Z"],
      ["import", "a", "--client-id", "x", "--client-secret-from", "env:A", "--client-secret-expires-at", "soon"],
      ["import", "a", "--client-id", "x", "--token-endpoint-auth-method", "private_key_jwt"],
      ["import", "a", "--client-id", "x", "--registration-client-uri", "https://a.example/c"],
      ["import", "a", "--client-id", "x", "--registration-access-token-from", "env:A"],
      ["init", "--name", ""], ["init", "--name", "a\u{1B}[31m"], ["init", "--redirect-uri", ""], ["init", "--ci", "x"],
      ["init", "--store", "etcd"], ["init", "--store", "directory"], ["init", "--store", "helper"],
      ["init", "--store", "helper", "--helper", "a b"], ["init", "--path", "/x"], ["init", "--helper", "pass"],
      ["init", "--store", "exec"], ["init", "--store", "exec", "--command", "sh"],
      ["init", "--command", "mcpauth-store-x"],
      ["init", "--store", "kv2", "--address", "http://bao.example", "--path", "a"],
      ["init", "--store", "kv2", "--address", "https://bao.example", "--path", "/a"], ["init", "--mount", "a"],
      ["init", "--store", "directory", "--path", "/x", "--identity-file", "/y"],
      ["init", "--recipient", "age1nothing"],
      ["init", "--store", "directory", "--path", "/x", "--recipient", "age1nothing"],
      ["import", "--from", "vscode"], ["import", "--from", "other", "f"],
      ["import", "a", "--client-id", "c", "--dry-run"],
      ["import", "--from", "vscode", "f", "a.yaml", "-f", "b.yaml"],
      ["import", "--from", "vscode", "f", "--client-id", "c"], ["import", "--from", "vscode", "f", "--no-verify"],
      ["import", "--from", "vscode", "f", "--format", "markdown"], ["import", "a", "--client-secret-from", "env:A"],
      ["add"], ["add", "a"], ["add", "A b", "https://a.example"], ["add", "x-a", "https://a.example"],
      ["add", "a", "a.example/mcp"], ["add", "a", "http://a.example/mcp"], ["add", "a", "ftp://a.example"],
      ["add", "a", "https://a.example", "--auth", "basic"],
      ["add", "a", "https://a.example", "--auth", "none", "--client-id", "c"],
      ["add", "a", "https://a.example", "--client-secret-env", "A"],
      ["add", "a", "https://a.example", "--client-id", ""],
      ["add", "a", "https://a.example", "--client-id", "c", "--client-secret-env", "GITHUB_TOKEN"],
      ["add", "a", "https://a.example", "--client-id", "c", "--client-secret-env", "hunter2-hunter2"],
      ["add", "a", "https://a.example", "--scopes", "read,write"],
    ])
  func wrongUsage(_ arguments: [String]) async {
    let world = ToolWorld()
    #expect(await MCPAuthCommand.run(arguments, in: world.context) == .usage)
    #expect(world.printed.standard.isEmpty)
    #expect(world.printed.error.hasPrefix("error: "))
  }

  @Test(
    "help and version are printed to standard output, with an example each",
    arguments: ["init", "add", "plan", "apply", "rotate", "import", "validate", "schema"])
  func help(_ name: String) async {
    let world = ToolWorld()
    #expect(await world.run(name, "--help") == .done)
    #expect(world.printed.standard.contains("example: mcpauth \(name)"))
    #expect(world.printed.standard.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
    #expect(world.printed.error.isEmpty)
  }

  @Test("the version is defined in one place")
  func version() async {
    let world = ToolWorld()
    #expect(await world.run("--version") == .done)
    #expect(world.printed.standard == "mcpauth 0.1.0\n")
    #expect(ToolVersion.userAgent == "mcpauth/0.1.0")
  }

  @Test(
    "durations are a number and a unit",
    arguments: [("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604_800), ("0s", 0)])
  func durations(_ text: String, _ seconds: Int) {
    #expect(DurationArgument(argument: text)?.seconds == seconds)
  }

  @Test(
    "PlanAndApply#Flags: colours on a terminal, except with NO_COLOR and TERM=dumb",
    arguments: [
      (ColorChoice.auto, true, [:], true), (.auto, false, [:], false), (.auto, true, ["NO_COLOR": "1"], false),
      (.auto, true, ["NO_COLOR": ""], true), (.auto, true, ["TERM": "dumb"], false),
      (.always, false, ["NO_COLOR": "1"], true),
      (.never, true, [:], false),
    ] as [(ColorChoice, Bool, [String: String], Bool)])
  func color(_ choice: ColorChoice, _ terminal: Bool, _ environment: [String: String], _ expected: Bool) {
    #expect(choice.isOn(terminal: terminal, environment) == expected)
  }

  @Test("the printed schemas are those of the repository", arguments: SchemaName.allCases)
  func schemas(_ name: SchemaName) async throws {
    let world = ToolWorld()
    #expect(await world.run("schema", name.rawValue) == .done)
    let json = try JSONParser.parse(Array(world.printed.standard.utf8), refusingDuplicates: true)
    #expect(json["$id"]?.string == "https://mcpauth.dev/schemas/\(name.rawValue).schema.json")
    #expect(Array(world.printed.standard.utf8) == name.text)
  }
}
