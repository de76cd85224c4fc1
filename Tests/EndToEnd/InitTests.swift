import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth init` (GettingStarted#Start-an-inventory).
@Suite struct InitTests {
  static let driver = "mcpauth state merge %O %A %B %P"
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The private key and the public key of a run.
  private func keys(_ run: Run, _ place: Workplace) throws -> (identity: String, recipient: String) {
    let identity = try #require(run.out.firstMatch(of: /AGE-SECRET-KEY-1[A-Z0-9]+/), "\(run.all)")
    let recipient = try #require(try place.read("servers.yaml").firstMatch(of: /age1[a-z0-9]+/))
    return (String(identity.output), String(recipient.output))
  }

  // MARK: A new inventory

  @Test("GettingStarted#Start-an-inventory: in an empty folder, validate and plan succeed after it")
  func fresh() async throws {
    let place = try Workplace()
    let run = try await place.run("init")
    #expect(run.exit == 0 && run.err.isEmpty, "\(run.all)")
    #expect(place.names(in: ".") == [".gitattributes", ".gitignore", "servers.schema.json", "servers.yaml"])
    #expect(run.out.contains("init: 4 created, 0 completed, 0 unchanged\n"), "\(run.out)")
    // Outside of git, the command is printed.
    #expect(run.out.contains("git config merge.mcpauth.driver '\(Self.driver)'"), "\(run.out)")
    #expect(try place.read(".gitignore") == ".mcpauth/\n")
    #expect(try place.read(".gitattributes") == "servers.lock.json merge=mcpauth\n")
    let schema = try await place.run("schema", "servers")
    #expect(try place.read("servers.schema.json") == schema.out)
    #expect(try place.read("servers.yaml").hasPrefix("# yaml-language-server: $schema=servers.schema.json\n"))
    #expect(try place.mode("servers.yaml") == 0o644)
    let validate = try await place.run("validate")
    #expect(validate.exit == 0 && validate.all == "servers.yaml: valid, 0 servers\n", "\(validate.all)")
    let plan = try await place.run("plan", "--detailed-exitcode")
    #expect(plan.exit == 0, "\(plan.all)")
  }

  @Test("GettingStarted#Start-an-inventory: the private key is shown once, is in no file, and opens what apply writes")
  func key() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      let run = try await place.run("init", "--name", "Acme", "--redirect-uri", Workplace.redirectURI)
      #expect(run.exit == 0, "\(run.all)")
      let (identity, _) = try keys(run, place)
      #expect(run.all.components(separatedBy: identity).count == 2)
      #expect(run.out.contains("MCPAUTH_AGE_KEY") && run.out.contains("MCPAUTH_AGE_KEY_FILE"))
      for (name, bytes) in try place.snapshot() {
        #expect(!String(decoding: bytes, as: UTF8.self).contains("AGE-SECRET-KEY"), "\(name)")
      }
      let inventory = try place.read("servers.yaml")
      try place.write(
        inventory.replacing("servers: {}", with: "servers: {s: {url: \"\(sandbox.url("confidential-basic"))\"}}"))
      let apply = try await place.run("apply", environment: ["CI": "1"])
      #expect(apply.exit == 0, "\(apply.all)")
      let export = try await place.run(
        "export", "--to", "dotenv", "--secrets", "inline", environment: ["MCPAUTH_AGE_KEY": identity])
      let secret = try #require(sandbox.clients().first?.secret)
      #expect(export.exit == 0 && export.out.contains(secret), "\(export.all)")
    }
  }

  @Test("GettingStarted#Start-an-inventory: --identity-file has the private key, mode 0600, and nothing shows it")
  func identityFile() async throws {
    let (place, safe) = (try Workplace(), try Workplace())
    let file = safe.path("key.txt").path
    let arguments = ["init", "--name", "Acme", "--identity-file", file]
    let run = try await place.run(arguments)
    #expect(run.exit == 0 && !run.all.contains("AGE-SECRET-KEY"), "\(run.all)")
    #expect(run.out.contains("export MCPAUTH_AGE_KEY_FILE=\(file)\n"), "\(run.out)")
    #expect(try safe.mode("key.txt") == 0o600)
    let recipient = try #require(try place.read("servers.yaml").firstMatch(of: /age1[a-z0-9]+/)).output
    #expect(try safe.read("key.txt").hasPrefix("# recipient: \(recipient)\nAGE-SECRET-KEY-1"))
    // The same command again has nothing to do.
    let before = try place.snapshot()
    let again = try await place.run(arguments)
    #expect(again.exit == 0 && again.out.contains("0 created"), "\(again.all)")
    #expect(try place.snapshot() == before)
    // For another inventory, the key is not replaced, and the message says how to use it.
    let other = try Workplace()
    let refused = try await other.run(arguments)
    #expect(refused.exit == 1 && refused.err.contains("error[file-exists]"), "\(refused.all)")
    #expect(refused.err.contains("--recipient \(recipient)"), "\(refused.err)")
    #expect(other.names(in: ".").isEmpty)
    let shared = try await other.run("init", "--recipient", String(recipient))
    #expect(shared.exit == 0 && !shared.all.contains("AGE-SECRET-KEY"), "\(shared.all)")
    #expect(try other.read("servers.yaml").contains("recipients: [\(recipient)]"))
  }

  @Test("GettingStarted#Start-an-inventory: the other stores need no key")
  func stores() async throws {
    let (place, outside) = (try Workplace(), try Workplace())
    let path = outside.path("secrets").path
    let run = try await place.run("init", "--store", "directory", "--path", path)
    #expect(run.exit == 0 && !run.all.contains("AGE-SECRET-KEY"), "\(run.all)")
    #expect(try place.read("servers.yaml").contains("\nsecrets: {store: directory, path: "))
    #expect(try await place.run("validate").exit == 0)
    let helper = try Workplace()
    #expect(try await helper.run("init", "--store", "helper", "--helper", "pass").exit == 0)
    #expect(try helper.read("servers.yaml").contains("\nsecrets: {store: helper, helper: pass}\n"))
    #expect(try await helper.run("validate").exit == 0)
    let exec = try Workplace()
    let words = ["--command", "mcpauth-store-aws", "--command", "--prefix", "--command", "mcp"]
    #expect(try await exec.run(["init", "--store", "exec"] + words).exit == 0)
    #expect(
      try exec.read("servers.yaml").contains(
        "\nsecrets: {store: exec, command: [mcpauth-store-aws, \"--prefix\", \"mcp\"]}\n"))
    #expect(try await exec.run("validate").exit == 0)
    let kv2 = try Workplace()
    let started = try await kv2.run(
      "init", "--store", "kv2", "--address", "https://bao.example:8200/", "--path", "mcpauth/prod")
    #expect(started.exit == 0, "\(started.all)")
    #expect(
      try kv2.read("servers.yaml").contains("address: https://bao.example:8200, path: mcpauth/prod, auth: {token"))
    #expect(try await kv2.run("validate").exit == 0)
    let missing = try await Workplace().run("init", "--store", "directory")
    #expect(missing.exit == 64 && missing.err.contains("--path"), "\(missing.all)")
  }

  @Test("PlanAndApply#JSON: one document, which has the private key too")
  func json() async throws {
    let place = try Workplace()
    let run = try await place.run("init", "--ci", "github", "--format", "json")
    #expect(run.exit == 0 && run.err.isEmpty, "\(run.all)")
    #expect(try SchemaCheck("init").problems(run.out) == [])
    let document = try run.json()
    #expect(document["done"].bool == true && document["merge_driver"].string == "by-hand")
    #expect(document["files"].array.allSatisfy { $0["state"].string == "created" })
    #expect(document["identity"].string?.hasPrefix("AGE-SECRET-KEY-1") == true)
    let recipient = try #require(document["recipients"].strings?.first)
    #expect(try place.read("servers.yaml").contains("recipients: [\(recipient)]"))
    let refused = try await place.run("init", "--name", "Other", "--format", "json")
    #expect(refused.exit == 1, "\(refused.all)")
    #expect(try SchemaCheck("init").problems(refused.out) == [])
    #expect(try refused.json()["diagnostics"][0]["code"].string == "file-exists")
  }

  // MARK: git

  /// git with the tested binary on its path, as its merge driver needs it.
  private func git(_ place: Workplace, _ arguments: String...) async throws -> Run {
    let bin = URL(fileURLWithPath: Binary.path).deletingLastPathComponent().path
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try await RunningBinary(
      "/usr/bin/env", ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"] + arguments, in: place.folder,
      environment: [
        "PATH": "\(bin):\(path)", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_EDITOR": "true",
      ]
    ).finish()
  }

  @Test("GettingStarted#Start-an-inventory: in a git clone, the lock files of two branches merge after it")
  func mergeDriver() async throws {
    let place = try Workplace()
    try await place.git("init", "-q", "-b", "main")
    let run = try await place.run("init")
    #expect(run.exit == 0 && run.out.contains("merge driver set"), "\(run.all)")
    #expect(try await place.git("config", "--local", "merge.mcpauth.driver").out == Self.driver + "\n")
    let attribute = try await place.git("check-attr", "merge", "servers.lock.json")
    #expect(attribute.out == "servers.lock.json: merge: mcpauth\n")
    #expect(try await place.git("check-ignore", ".mcpauth/x").out == ".mcpauth/x\n")
    func apply(_ names: [String]) async throws {
      let servers = names.map { "\($0): {url: \"https://\($0).example/mcp\", auth: none}" }
      try place.write(servers: servers.joined(separator: "\n"))
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      try await place.commit("change")
    }
    try await apply(["base"])
    try await place.git("checkout", "-q", "-b", "other")
    try await apply(["base", "c"])
    try await place.git("checkout", "-q", "main")
    try await apply(["a", "base"])
    let merge = try await git(place, "merge", "-q", "--no-edit", "other")
    #expect(merge.exit == 0, "\(merge.all)")
    #expect(try place.lockedNames() == ["a", "base", "c"])
    // A driver that is set stays.
    try await place.git("config", "merge.mcpauth.driver", "other %A")
    let again = try await place.run("init", "--format", "json")
    #expect(try again.json()["merge_driver"].string == "unchanged", "\(again.all)")
    #expect(try await place.git("config", "--local", "merge.mcpauth.driver").out == "other %A\n")
  }

  @Test(
    "GettingStarted#Start-an-inventory: --ci writes the files of examples, and commit-lock can be run",
    arguments: [
      (
        "github", [".github/workflows/mcpauth.yml": "github-actions/mcpauth.yml", "ci/commit-lock": "ci/commit-lock"]
      ),
      (
        "gitlab", ["ci/mcpauth.gitlab-ci.yml": "gitlab-ci/mcpauth.gitlab-ci.yml", "ci/commit-lock": "ci/commit-lock"]
      ),
    ])
  func ci(kind: String, files: [String: String]) async throws {
    let place = try Workplace()
    let run = try await place.run("init", "--ci", kind)
    #expect(run.exit == 0 && run.out.contains("MCPAUTH_AGE_KEY"), "\(run.all)")
    for (file, example) in files {
      let text = try String(contentsOf: Self.root.appendingPathComponent("examples/" + example), encoding: .utf8)
      #expect(try place.read(file) == text)
    }
    #expect(try place.mode("ci/commit-lock") == 0o755)
    if kind == "gitlab" {
      #expect(try place.read(".gitlab-ci.yml") == "include:\n  - local: ci/mcpauth.gitlab-ci.yml\n")
    }
    let again = try await place.run("init", "--ci", kind)
    #expect(again.exit == 0 && again.out.contains("init: 0 created, 0 completed"), "\(again.all)")
  }

  @Test("GettingStarted#Start-an-inventory: with --ci github the variables of the step apply are named")
  func variables() async throws {
    let new = try await Workplace().run("init", "--name", "Acme", "--ci", "github")
    #expect(new.out.contains("give the step apply each {env: NAME} of servers.yaml as env"), "\(new.all)")
    let servers = """
      search: {url: "https://a.example/mcp", auth: api_key, api_key: {header: X-Key, value: {env: SEARCH_KEY}}}
      docs: {url: "https://b.example/mcp", auth: api_key, api_key: {header: X-Key, value: {env: DOCS_KEY}}}
      """
    let run = try await Workplace(servers: servers).run("init", "--ci", "github")
    #expect(run.out.contains("give the step apply DOCS_KEY, SEARCH_KEY as env"), "\(run.all)")
  }

  @Test("GettingStarted#Start-an-inventory: a .gitlab-ci.yml of another content stays, and the line for it is printed")
  func otherPipeline() async throws {
    let place = try Workplace()
    try place.write("stages: [a]\n", to: ".gitlab-ci.yml")
    let run = try await place.run("init", "--ci", "gitlab")
    #expect(run.exit == 0 && run.out.contains("include: [{local: ci/mcpauth.gitlab-ci.yml}]"), "\(run.all)")
    #expect(try place.read(".gitlab-ci.yml") == "stages: [a]\n")
  }

  // MARK: What exists

  @Test("GettingStarted#Start-an-inventory: existing lines stay byte for byte, and the file keeps its mode")
  func lines() async throws {
    let place = try Workplace()
    try place.write("node_modules\n*.log", to: ".gitignore")
    try place.write("*.png binary\r\n", to: ".gitattributes")
    try place.setMode(0o664, ".gitignore")
    let run = try await place.run("init")
    #expect(run.exit == 0 && run.out.contains("init: 2 created, 2 completed"), "\(run.all)")
    #expect(try place.read(".gitignore") == "node_modules\n*.log\n.mcpauth/\n")
    #expect(try place.read(".gitattributes") == "*.png binary\r\nservers.lock.json merge=mcpauth\r\n")
    #expect(try place.mode(".gitignore") == 0o664)
  }

  @Test("GettingStarted#Start-an-inventory: run again it writes what is missing, and nothing else")
  func again() async throws {
    let place = try Workplace()
    let arguments = ["init", "--name", "Acme", "--ci", "github"]
    #expect(try await place.run(arguments).exit == 0)
    let before = try place.snapshot()
    for file in [".gitignore", ".gitattributes", "servers.schema.json", "ci/commit-lock"] {
      try place.remove(file)
      let run = try await place.run(arguments)
      #expect(run.exit == 0 && run.out.contains("init: 1 created"), "\(file): \(run.all)")
      #expect(!run.all.contains("AGE-SECRET-KEY"))
      #expect(try place.snapshot() == before)
    }
    // A person's own inventory is completed too.
    let other = try Workplace(servers: FlagsTests.none)
    let inventory = try other.read("servers.yaml")
    let run = try await other.run("init")
    #expect(run.exit == 0 && run.out.contains("init: 2 created"), "\(run.all)")
    #expect(other.names(in: ".") == [".gitattributes", ".gitignore", "servers.yaml"])
    #expect(try other.read("servers.yaml") == inventory)
  }

  /// What is there, the flags, and what the message says.
  struct Refusal: Sendable, CustomTestStringConvertible {
    var file: String?
    var text = "something else\n"
    var arguments: [String] = []
    var code = "file-exists"
    var words: String

    var testDescription: String { "\(file ?? "") \(arguments.joined(separator: " "))" }
  }

  private static let inventory =
    "version: 1\nclient: {name: Acme, redirect_uris: [\"https://a.example/cb\"]}\nservers: {}\n"
  private static let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

  @Test(
    "GettingStarted#Start-an-inventory: what is refused, is refused before anything is written",
    arguments: [
      Refusal(file: "servers.yaml", words: "is not a valid inventory"),
      Refusal(file: "servers.yaml", text: inventory, arguments: ["--name", "Other"], words: "client.name"),
      Refusal(
        file: "servers.yaml", text: inventory, arguments: ["--redirect-uri", "https://b.example/cb"],
        words: "client.redirect_uris"),
      Refusal(file: "servers.yaml", text: inventory, arguments: ["--store", "age"], words: "secrets.store"),
      Refusal(
        file: "servers.yaml", text: inventory, arguments: ["--recipient", recipient], words: "secrets.recipients"),
      Refusal(
        file: "servers.yaml", text: inventory, arguments: ["--identity-file", "/tmp/none/key"], words: "--identity-file"
      ),
      Refusal(file: "servers.yml", text: inventory, code: "invalid-value", words: "servers.lock.json"),
      Refusal(
        file: ".github/workflows/mcpauth.yml", arguments: ["--ci", "github"], words: ".github/workflows/mcpauth.yml"),
      Refusal(file: "ci/commit-lock", arguments: ["--ci", "gitlab"], words: "ci/commit-lock"),
      Refusal(file: "ci", arguments: ["--ci", "github"], code: "output-failed", words: "'ci'"),
      Refusal(file: ".gitignore/x", code: "output-failed", words: ".gitignore"),
      Refusal(arguments: ["--identity-file", "key.txt"], code: "invalid-value", words: "is inside"),
      Refusal(arguments: ["--identity-file", "../none/key.txt"], code: "output-failed", words: "no such file"),
      Refusal(arguments: ["--identity-file", "~/key.txt"], code: "invalid-value", words: "'~'"),
      Refusal(arguments: ["--store", "directory", "--path", "secrets"], code: "invalid-value", words: "is inside"),
      Refusal(
        arguments: ["--redirect-uri", "https://a.example/{host}"], code: "unresolved-placeholder", words: "{host}"),
    ])
  func refusals(refusal: Refusal) async throws {
    let place = try Workplace()
    if let file = refusal.file {
      try FileManager.default.createDirectory(
        at: place.path(file).deletingLastPathComponent(), withIntermediateDirectories: true)
      try place.write(refusal.text, to: file)
    }
    let before = try place.snapshot()
    let run = try await place.run(["init"] + refusal.arguments)
    #expect(run.exit == 1, "\(run.all)")
    #expect(run.err.contains("error[\(refusal.code)]") && run.err.contains(refusal.words), "\(run.err)")
    #expect(run.out == "init: not done: nothing was written\n", "\(run.out)")
    #expect(try place.snapshot() == before)
  }

  @Test("GettingStarted#Start-an-inventory: a link is not followed, and what it leads to stays")
  func links() async throws {
    let (place, elsewhere) = (try Workplace(), try Workplace())
    try elsewhere.write("theirs\n", to: "ignored")
    try FileManager.default.createSymbolicLink(
      at: place.path(".gitignore"), withDestinationURL: elsewhere.path("ignored"))
    let run = try await place.run("init")
    #expect(run.exit == 1 && run.err.contains("error[output-failed]"), "\(run.all)")
    #expect(place.names(in: ".") == [".gitignore"])
    #expect(try elsewhere.read("ignored") == "theirs\n")
  }

  @Test(
    "GettingStarted#Start-an-inventory: a workflow belongs to the root of the work tree; the rest is for any folder")
  func subfolder() async throws {
    let place = try Workplace()
    try await place.git("init", "-q")
    try place.makeFolder("team")
    let through = ["sh", "-c", "cd team && exec \"$@\"", "sh"]
    let refused = try await place.start(["init", "--ci", "github"], through: through).finish()
    #expect(refused.exit == 1 && refused.err.contains("root of the work tree"), "\(refused.all)")
    #expect(place.names(in: "team").isEmpty)
    // Outside of the folder, and still in the work tree.
    let inside = try await place.start(["init", "--identity-file", "../key.txt"], through: through).finish()
    #expect(inside.exit == 1 && inside.err.contains("is inside"), "\(inside.all)")
    let run = try await place.start(["init"], through: through).finish()
    #expect(run.exit == 0, "\(run.all)")
    let attribute = try await place.git("check-attr", "merge", "team/servers.lock.json")
    #expect(attribute.out == "team/servers.lock.json: merge: mcpauth\n")
  }

  @Test("Reliability#Bad-circumstances: a folder that cannot be written: found out before a key is shown")
  func readOnly() async throws {
    let place = try Workplace()
    guard let through = try await place.asOther() else {
      try Test.cancel("cannot run the binary as another user here")
    }
    try place.setMode(0o555, ".")
    let run = try await place.start(["init"], through: through).finish()
    try place.setMode(0o755, ".")
    #expect(run.exit == 1 && run.err.contains("error[output-failed]"), "\(run.all)")
    #expect(run.err.contains("permission denied") && !run.all.contains("AGE-SECRET-KEY"), "\(run.all)")
    #expect(place.names(in: ".").isEmpty)
  }

  @Test("PlanAndApply#Exit-codes: a private key that cannot be shown ends it before the inventory names its public key")
  func lostKey() async throws {
    let place = try Workplace()
    let script = "{ \"$@\"; echo $? > ../\(place.folder.lastPathComponent).code; } > /dev/full"
    let run = try await place.start(["init"], through: ["sh", "-c", script, "sh"]).finish()
    let code = place.folder.deletingLastPathComponent()
      .appendingPathComponent("\(place.folder.lastPathComponent).code")
    defer { try? FileManager.default.removeItem(at: code) }
    #expect(try String(contentsOf: code, encoding: .utf8) == "1\n", "\(run.all)")
    #expect(place.names(in: ".").isEmpty)
  }

  @Test("PlanAndApply#Exit-codes: a private key in a document that cannot be written: the message says what to do")
  func lostDocument() async throws {
    let place = try Workplace()
    let script = "{ \"$@\"; echo $? > code; } > /dev/full"
    let run = try await place.start(["init", "--format", "json"], through: ["sh", "-c", script, "sh"]).finish()
    #expect(try place.read("code") == "1\n", "\(run.all)")
    #expect(run.err.contains("the private key could not be shown: remove servers.yaml"), "\(run.err)")
  }

  // MARK: A terminal

  @Test("GettingStarted#Start-an-inventory: on a terminal it asks; an answer that cannot be used is asked for again")
  func questions() async throws {
    let (place, safe) = (try Workplace(), try Workplace())
    let key = safe.path("key.txt").path
    let session = try await Terminal.run(
      place, ["init"],
      [
        .init(wait: "client name", send: "Acme Coder\n"), .init(wait: "redirect URIs", send: "https://a.example/{x}\n"),
        .init(wait: "redirect URIs", send: "https://a.example/{server} https://b.example/cb\n"),
        .init(wait: "secret store", send: "vault\n"), .init(wait: "secret store", send: "\n"),
        .init(wait: "file for the new private key", send: "key.txt\n"),
        .init(wait: "file for the new private key", send: "\(key)\n"), .init(wait: "workflow for CI", send: "github\n"),
      ])
    #expect(session.exit == 0 && session.unsent == 0, "\(session.shown)")
    #expect(!session.shown.contains("AGE-SECRET-KEY"))
    let inventory = try place.read("servers.yaml")
    #expect(inventory.contains("name: \"Acme Coder\"\n"), "\(inventory)")
    #expect(
      inventory.contains("    - \"https://a.example/{server}\"\n    - https://b.example/cb\n"), "\(inventory)")
    #expect(try await place.run("validate").exit == 0)
    #expect(place.exists(".github/workflows/mcpauth.yml") && safe.exists("key.txt"))
    // With an inventory, only the workflow is asked for.
    let again = try await Terminal.run(place, ["init"], [.init(wait: "workflow for CI", send: "\n")])
    #expect(again.exit == 0 && !again.shown.contains("client name"), "\(again.shown)")
  }

  @Test("GettingStarted#Start-an-inventory: empty answers take the defaults; flags and --yes are not asked about")
  func defaults() async throws {
    let place = try Workplace()
    let session = try await Terminal.run(
      place, ["init", "--name", "Acme", "--ci", "none"],
      [
        .init(wait: "redirect URIs", send: "\n"), .init(wait: "secret store", send: "\n"),
        .init(wait: "show it once", send: "\n"),
      ])
    #expect(session.exit == 0 && session.unsent == 0, "\(session.shown)")
    #expect(!session.shown.contains("client name") && session.shown.contains("AGE-SECRET-KEY-1"))
    let other = try Workplace()
    let unasked = try await Terminal.run(other, ["init", "--yes"])
    #expect(unasked.exit == 0 && !unasked.shown.contains("redirect URIs"), "\(unasked.shown)")
    #expect(other.exists("servers.yaml"))
  }

  @Test(
    "PlanAndApply#Exit-codes: a question without an answer ends it, and nothing was written",
    arguments: ["\u{4}", "\u{3}"])
  func cancelled(answer: String) async throws {
    let place = try Workplace()
    let session = try await Terminal.run(
      place, ["init"], [.init(wait: "client name", send: "Acme\n"), .init(wait: "redirect URIs", send: answer)])
    #expect(session.exit == 1 && session.isRestored, "\(session)")
    #expect(session.shown.contains("nothing was written"), "\(session.shown)")
    #expect(place.names(in: ".").isEmpty)
  }
}
