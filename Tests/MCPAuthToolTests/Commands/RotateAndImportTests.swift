import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput

/// `rotate` and `import`, from the arguments to the call of the reconciler.
@Suite struct RotateAndImportTests {
  private static func inventory(_ file: String, _ names: String...) -> Inventory {
    let servers = names.map { name in
      InventoryServer(
        name: name, url: "https://x", mode: .none, location: SourceLocation(file: file, line: 3, column: 3))
    }
    return Inventory(file: file, servers: servers)
  }

  private func world(_ fake: FakeReconciler) -> ToolWorld {
    ToolWorld(
      files: ["servers.yaml": "", "other.yml": ""],
      inventories: [
        "servers.yaml": .success(Self.inventory("servers.yaml", "linear", "notion", "x.yaml")),
        "other.yml": .success(Self.inventory("other.yml", "figma")),
      ], reconciler: fake)
  }

  @Test(
    "PlanAndApply#Commands: names and the inventory are distinguished by their extension; the last such argument is the file",
    arguments: [
      (["linear"], ["linear"], "servers.yaml"), (["linear", "notion"], ["linear", "notion"], "servers.yaml"),
      (["figma", "other.yml"], ["figma"], "other.yml"), (["other.yml", "figma"], ["figma"], "other.yml"),
      (["x.yaml", "servers.yaml"], ["x.yaml"], "servers.yaml"),
    ])
  func names(_ arguments: [String], _ names: [String], _ file: String) async throws {
    let fake = FakeReconciler(Samples.quietPlan)
    let command = try #require(try MCPAuthCommand.parseAsRoot(["rotate"] + arguments) as? RotateCommand)
    #expect(command.names == names && command.file == file)
    #expect(await MCPAuthCommand.run(["rotate"] + arguments, in: world(fake).context) == .done)
    var options = PlanOptions()
    options.only = Set(names)
    options.rotate = Set(names)
    #expect(fake.asked == [FakeReconciler.Asked(options: options, allowMassChange: false)])
  }

  @Test("PlanAndApply#Commands: a name that is not in the inventory is wrong usage, with the nearest one")
  func unknown() async {
    let fake = FakeReconciler(Samples.quietPlan)
    for arguments in [
      ["rotate", "linaer"], ["import", "linaer", "--client-id", "c"], ["plan", "--rotate", "linaer"],
    ] {
      let world = world(fake)
      #expect(await MCPAuthCommand.run(arguments, in: world.context) == .usage)
      #expect(
        world.printed.error
          == "error: there is no server 'linaer' in servers.yaml\n  help: did you mean 'linear'?\n")
    }
    #expect(fake.asked.isEmpty)
  }

  @Test("PlanAndApply#Commands: every option of import reaches the reconciler; secrets are references")
  func order() async throws {
    let fake = FakeReconciler(Samples.quietPlan)
    let exit = await MCPAuthCommand.run(
      [
        "import", "linear", "--client-id", "c", "--client-secret-from", "env:A", "--client-secret-expires-at",
        "2027-01-31T00:00:00Z", "--token-endpoint-auth-method", "client_secret_post", "--registration-client-uri",
        "https://as.example/c", "--registration-access-token-from", "file:/run/t", "--no-verify",
      ], in: world(fake).context)
    #expect(exit == .done)
    var order = ImportOrder(server: "linear", clientID: "c")
    order.clientSecret = .env("A")
    order.clientSecretExpiresAt = Timestamp(rfc3339: "2027-01-31T00:00:00Z")
    order.tokenEndpointAuthMethod = "client_secret_post"
    order.registrationClientURI = "https://as.example/c"
    order.registrationAccessToken = .file("/run/t")
    order.verifies = false
    #expect(fake.asked.map(\.order) == [order])
  }

  @Test("SecretStores#Records: a value on the command line is refused, and never printed")
  func values() async {
    for option in ["--client-secret-from", "--registration-access-token-from"] {
      for value in ["hunter2-hunter2", "env:", "file:", "stored:", "stored:HUNTER2-hunter2", "literal:hunter2"] {
        let world = world(FakeReconciler(Samples.quietPlan))
        let exit = await MCPAuthCommand.run(["import", "linear", "--client-id", "c", option, value], in: world.context)
        #expect(exit == .usage)
        #expect(!world.printed.error.contains("hunter2"))
        #expect(world.printed.error.contains("never the value itself") || value == "env:" || value == "file:")
      }
    }
  }
}
