import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

@Suite struct ExporterTests {
  static let pair = """
    version: 1
    client: {name: Acme, redirect_uris: ["http://localhost:3118/callback"]}
    servers:
      a-b: {url: "https://one.example/mcp"}
      a_b: {url: "https://two.example/mcp"}
    """

  @Test(
    "Consumers#Export: references if the target supports them, otherwise omitted",
    arguments: [
      (ExportTarget.coder, SecretHandling.omit), (.coderTerraform, .reference), (.librechat, .reference),
      (.claudeCode, .reference), (.vscode, .reference), (.cursor, .reference), (.gemini, .reference),
      (.codex, .reference), (.opencode, .reference), (.goose, .reference), (.litellm, .reference), (.toolhive, .omit),
      (.kubernetes, .omit), (.dotenv, .omit), (.json, .reference), (.copilotCLI, .reference), (.mcpJSON, .reference),
    ])
  func standard(target: ExportTarget, handling: SecretHandling) {
    #expect(SecretHandling.standard(for: target) == handling)
  }

  @Test(
    "Consumers#Secrets-in-exports: secrets are read only if their values are written",
    arguments: ExportTarget.allCases)
  func needs(target: ExportTarget) throws {
    let world = try ExportWorld()
    #expect(world.exporter(ExportOptions(target, secrets: .reference)).needs.isEmpty)
    #expect(world.exporter(ExportOptions(target, secrets: .omit)).needs.isEmpty)
    let needs = world.exporter(ExportOptions(target, secrets: .inline)).needs
    let noClientSecret: Set<ExportTarget> = [.claudeCode, .vscode, .goose, .copilotCLI, .mcpJSON]
    #expect(needs.contains { $0.field == .clientSecret } == !noClientSecret.contains(target))
  }

  @Test(
    "Consumers#Secrets-in-exports: the secret of a registered client is in its record, another one behind its reference"
  )
  func sources() throws {
    let needs = try ExportWorld().exporter(ExportOptions(.json, secrets: .inline)).needs
    #expect(
      needs == [
        ServerSecret(server: "acme-crm", field: .clientSecret, source: .record(version: "0a1b2c3d")),
        ServerSecret(server: "github", field: .clientSecret, source: .reference(.env("MCP_GITHUB_CLIENT_SECRET"))),
        ServerSecret(server: "search", field: .header("X-API-Key"), source: .reference(.env("SEARCH_API_KEY"))),
        ServerSecret(server: "legacy", field: .header("Authorization"), source: .reference(.file("legacy-token"))),
      ])
  }

  @Test(
    "Consumers#Secrets-in-exports: an export contains no secret value unless the user requests it",
    arguments: ExportTarget.allCases
  )
  func noValues(target: ExportTarget) throws {
    let world = try ExportWorld()
    let values = world.secrets.values.flatMap { [$0.clientSecret].compactMap { $0 } + $0.headers.values }.map {
      $0.open()
    }
    for handling in [SecretHandling.reference, .omit] {
      let result = try world.exporter(ExportOptions(target, secrets: handling)).export(world.secrets)
      let text = String(decoding: result.text, as: UTF8.self)
      // "yes" also occurs in other words.
      #expect(!values.contains { $0.count > 3 && text.contains($0) })
    }
    let told = try world.export(ExportOptions(target, secrets: .inline)).warnings.map { "\($0)" }.joined()
    #expect(!values.contains { $0.count > 3 && told.contains($0) })
  }

  @Test(
    "Consumers#Export: two servers with one name are an error",
    arguments: [
      (ExportTarget.librechat, "MCPAUTH_A_B_CLIENT_SECRET"), (.dotenv, "MCPAUTH_A_B_CLIENT_SECRET"),
      (.goose, "MCPAUTH_A_B_CLIENT_SECRET"), (.coderTerraform, "a-b"), (.coder, "a-b"), (.litellm, "a_b"),
      (.gemini, "a-b"),
      (.kubernetes, "mcpauth-a-b"), (.json, "MCPAUTH_A_B_CLIENT_SECRET"),
    ])
  func collision(target: ExportTarget, name: String) throws {
    let refusal = try ExportWorld(Self.pair).refusal(ExportOptions(target))
    #expect(refusal?.code == .exportNameCollision)
    #expect(refusal?.message == "'a-b' and 'a_b' would both be '\(name)'")
    #expect(refusal?.location?.line == 5)
  }

  @Test("Consumers#Export: no names, no collision", arguments: [ExportTarget.toolhive])
  func noCollision(target: ExportTarget) throws {
    #expect(try ExportWorld(Self.pair).export(ExportOptions(target)).servers == ["a-b", "a_b"])
    #expect(try ExportWorld(Self.pair).export(ExportOptions(.kubernetes, only: ["a_b"])).servers == ["a_b"])
  }

  @Test(
    "Consumers#Names: a name that is invalid for a Kubernetes Secret is changed to a valid one",
    arguments: [
      ("a..b", "mcpauth-a--b"), ("a-", "mcpauth-a"), ("a.-b", "mcpauth-a--b"), ("a_", "mcpauth-a"),
      ("a.b", "mcpauth-a.b"), (String(repeating: "a", count: 63), "mcpauth-" + String(repeating: "a", count: 63)),
    ])
  func kubernetesName(name: String, secret: String) throws {
    let text = "version: 1\nservers:\n  \(name): {url: \"https://one.example/mcp\", auth: none}\n"
    #expect(try ExportWorld(text).text(.kubernetes).contains("\n  name: \(secret)\n"))
  }

  @Test(
    "Consumers#Names: a name that a target does not accept is changed, with a note",
    arguments: [
      (ExportTarget.codex, "a.b", "a_b"), (.claudeCode, "a.b", "a_b"), (.opencode, "a.b", "a_b"),
      (.gemini, "a_b", "a-b"),
      (.litellm, "a-b", "a_b"), (.mcpJSON, "a.b", "a_b"),
    ])
  func mapped(target: ExportTarget, name: String, called: String) throws {
    let text = "version: 1\nservers:\n  \(name): {url: \"https://one.example/mcp\", auth: none}\n"
    let world = try ExportWorld(text)
    #expect(try !world.text(target).contains(name) && world.text(target).contains(called))
    let notes = try world.export(ExportOptions(target)).notes
    #expect(notes.contains("\(target.rawValue) does not take every name: '\(name)' is '\(called)'"))
  }

  @Test("Consumers#Sign-in: a consumer gets its own callback, also if it could use the one of another")
  func ownCallback() throws {
    let text = """
      version: 1
      client: {name: Acme, consumers: {claude-code: {callback_port: 3001}, codex: {callback_port: 3002}}}
      servers:
        linear: {url: "https://mcp.linear.app/mcp"}
      """
    let world = try ExportWorld(text)
    #expect(try world.text(.claudeCode).contains("\"callbackPort\": 3001"))
    let codex = try world.text(.codex)
    #expect(codex.contains("callback_port = 3002") && codex.contains("\"http://127.0.0.1:3002/callback\""), "\(codex)")
  }

  @Test("Consumers#Names: two servers with the same changed name are refused")
  func mappedCollision() throws {
    let text = """
      version: 1
      servers:
        a.b: {url: "https://one.example/mcp", auth: none}
        a_b: {url: "https://two.example/mcp", auth: none}
      """
    let refusal = try ExportWorld(text).refusal(ExportOptions(.codex))
    #expect(refusal?.code == .exportNameCollision && refusal?.message == "'a.b' and 'a_b' would both be 'a_b'")
  }

  @Test("Consumers#Names: a variable of the inventory keeps its name, and two servers can share it")
  func ownVariable() throws {
    let text = """
      version: 1
      servers:
        one: {url: "https://one.example/mcp", auth: api_key, api_key: {header: X-Key, value: {env: SHARED_KEY}}}
        two: {url: "https://two.example/mcp", auth: api_key, api_key: {header: X-Key, value: {env: SHARED_KEY}}}
      """
    var world = try ExportWorld(text)
    #expect(try world.text(.librechat).contains("X-Key: \"${SHARED_KEY}\""))
    #expect(try world.text(.coderTerraform).ranges(of: "variable \"SHARED_KEY\"").count == 1)
    world.secrets = ["one", "two"].reduce(into: [:]) {
      $0[$1] = ServerSecretValues(headers: ["X-Key": Secret("value")])
    }
    #expect(try world.text(.dotenv, .inline) == "SHARED_KEY=value\n")
  }

  @Test("Consumers#Sign-in: what prevents a sign-in is the first and only message about that server")
  func obstaclesFirst() throws {
    let result = try ExportWorld().export(ExportOptions(.gemini, secrets: .inline))
    #expect(result.warnings.prefix(3).map(\.code) == Array(repeating: .consumerCannotSignIn, count: 3))
    let rest = result.warnings.drop { $0.code == .consumerCannotSignIn }
    #expect(!rest.contains { $0.message.contains("'acme-crm'") || $0.message.contains("'github'") })
  }

  @Test("Consumers#Export: what a consumer discovers itself is one note")
  func discovered() throws {
    let notes = try ExportWorld().export(ExportOptions(.claudeCode)).notes
    #expect(notes.count { $0.hasPrefix("claude-code discovers these values itself: ") } == 1)
  }

  @Test("Consumers#Export: a disabled server is omitted, with a note")
  func disabled() throws {
    let result = try ExportWorld().export(ExportOptions(.json))
    #expect(!result.servers.contains("paused"))
    #expect(result.notes == ["'paused' is disabled, and left out"])
    #expect(!result.warnings.contains { $0.message.contains("paused") })
  }

  @Test("Consumers#Export: an expired secret is a warning")
  func expired() throws {
    var world = try ExportWorld()
    world.lock.servers["acme-crm"]?.client?.secretExpiresAt = ExportWorld.now
    let codes = try world.export(ExportOptions(.json)).warnings.map(\.code)
    #expect(codes == [.secretExpired])
    world.lock.servers["acme-crm"]?.client?.secretExpiresAt = Timestamp(seconds: ExportWorld.now.seconds + 1)
    #expect(try world.export(ExportOptions(.json)).warnings.isEmpty)
  }

  @Test("Consumers#Export: what is not applied is omitted, with a warning and a solution")
  func unapplied() throws {
    var world = try ExportWorld()
    world.lock.servers["linear"] = nil
    world.lock.servers["github"]?.client?.id = "another"
    world.lock.servers["search"]?.mode = .none
    world.lock.servers["acme-crm"]?.client?.isLost = true
    let result = try world.export(ExportOptions(.json))
    #expect(result.servers == ["docs", "legacy"])
    #expect(
      result.warnings.map(\.message) == [
        "'linear' is left out: it is not in the lock file",
        "'acme-crm' is left out: its authorization server no longer knows its client",
        "'github' is left out: the lock file has another client id for it",
        "'search' is left out: the lock file has it as none",
      ])
    #expect(
      result.warnings.allSatisfy { $0.code == .notApplied && $0.help == ["apply first: mcpauth apply servers.yaml"] })
  }

  @Test("Consumers#Export: the exported URL is the locked one, which the client was registered for")
  func lockedURL() throws {
    var world = try ExportWorld()
    world.lock.servers["linear"]?.url = "https://old.linear.app/mcp"
    let result = try world.export(ExportOptions(.claudeCode, only: ["linear"]))
    #expect(String(decoding: result.text, as: UTF8.self).contains("https://old.linear.app/mcp"))
    #expect(result.warnings.first?.code == .notApplied)
  }

  @Test(
    "Consumers#Secrets-in-exports: the secrets of a server that is omitted because of its transport are not read",
    arguments: [ExportTarget.codex, .goose, .opencode])
  func omittedNeeds(target: ExportTarget) throws {
    let needs = try ExportWorld().exporter(ExportOptions(target, secrets: .inline)).needs
    #expect(needs.contains { $0.server == "search" } && !needs.contains { $0.server == "legacy" })
  }

  @Test("Consumers#Export: goose gets no server with a transport that it does not support")
  func gooseSSE() throws {
    let result = try ExportWorld().export(ExportOptions(.goose, only: ["legacy", "docs"]))
    #expect(result.servers == ["docs"])
    #expect(result.warnings.map(\.message) == ["'legacy' is left out: goose does not support the transport sse"])
  }

  @Test("Consumers#Export: a single workload for toolhive is not in a list")
  func toolhive() throws {
    let world = try ExportWorld()
    #expect(try world.text(.toolhive, only: ["docs"]).hasPrefix("{"))
    #expect(try world.text(.toolhive, only: ["docs", "linear"]).hasPrefix("["))
  }

  @Test(
    "Consumers#Text-that-a-consumer-replaces: a server with a secret that the target would change is omitted",
    arguments: [ExportTarget.librechat, .cursor, .gemini, .dotenv])
  func replacedSecret(target: ExportTarget) throws {
    var world = try ExportWorld()
    world.secrets["acme-crm"]?.clientSecret = Secret("a-${X}-b")
    let result = try world.export(ExportOptions(target, secrets: .inline, only: ["acme-crm"]))
    #expect(result.servers.isEmpty && !result.holdsSecrets)
    let error = try #require(result.warnings.first { $0.code == .exportUnsafe })
    #expect(error.severity == .error && error.message.contains("its client_secret contains that"))
    #expect(!error.message.contains("a-$"))
  }

  @Test(
    "Consumers#Text-that-a-consumer-replaces: targets without a field for a client secret omit a header",
    arguments: [ExportTarget.copilotCLI, .mcpJSON, .claudeCode, .vscode])
  func replacedHeader(target: ExportTarget) throws {
    var world = try ExportWorld()
    world.secrets["search"]?.headers["X-API-Key"] = Secret("a-${X}-b")
    let result = try world.export(ExportOptions(target, secrets: .inline, only: ["search"]))
    #expect(result.servers.isEmpty)
    #expect(result.warnings.map(\.code) == [.exportUnsafe])
    #expect(try world.export(ExportOptions(target, only: ["search"])).servers == ["search"])
  }

  @Test(
    "Consumers#Text-that-a-consumer-replaces: text in a field that the target does not have is no reason to omit a server"
  )
  func unheld() throws {
    var world = try ExportWorld()
    world.lock.servers["acme-crm"]?.endpoints?.tokenEndpoint = "https://crm.acme.example/token?${X}"
    #expect(try world.export(ExportOptions(.claudeCode, only: ["acme-crm"])).servers == ["acme-crm"])
    #expect(try world.export(ExportOptions(.librechat, only: ["acme-crm"])).servers == [])
  }

  @Test("Consumers#Export: dotenv cannot contain a line end")
  func dotenvLineEnd() throws {
    var world = try ExportWorld()
    world.secrets["github"] = ServerSecretValues(clientSecret: Secret("a\nb"))
    #expect(world.refusal(ExportOptions(.dotenv, secrets: .inline))?.code == .invalidValue)
  }

  @Test("Consumers#Export: a Secret has at most 1 MiB")
  func kubernetesSize() throws {
    var world = try ExportWorld()
    world.secrets["github"] = ServerSecretValues(clientSecret: Secret(String(repeating: "x", count: 1 << 20)))
    #expect(world.refusal(ExportOptions(.kubernetes, secrets: .inline))?.code == .invalidValue)
  }

  @Test("Consumers#Export: another secret record gives another version of the secret in Terraform")
  func terraformVersion() throws {
    var world = try ExportWorld()
    let before = try world.text(.coderTerraform, only: ["acme-crm"])
    #expect(try world.text(.coderTerraform, only: ["acme-crm"]) == before)
    world.lock.servers["acme-crm"]?.client?.secretVersion = "another"
    #expect(try world.text(.coderTerraform, only: ["acme-crm"]) != before)
  }
}
