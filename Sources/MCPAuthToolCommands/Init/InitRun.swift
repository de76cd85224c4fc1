import AgeFormat
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// What `mcpauth init` does: asks, checks everything, and then writes.
struct InitRun {
  var options: InitOptions
  var ci: StarterCI?
  let isAsking: Bool
  /// Whether a new private key is printed as text before the inventory is written. Otherwise it is in the document.
  let showsKey: Bool
  let context: ToolContext

  private static let mergeDriver = "mcpauth state merge %O %A %B %P"

  /// What the first part finds out.
  private struct Work {
    var files: StarterFiles
    /// The new inventory's, or the existing one's.
    var secrets = SecretsSettings()
    /// A new key, for a new inventory.
    var identity: AgeIdentity?
    /// The variables that the existing inventory's `{env: NAME}` name, sorted.
    var variables: [String] = []
    var isNew = false
    var next: [InitPage.Step] = []
  }

  func page() async -> InitPage {
    var page = InitPage(inventory: Inventory.defaultFile)
    do throws(Diagnostic) {
      var run = self
      let work = try await run.prepare()
      page.problems = work.files.problems
      guard page.isDone else { return page }
      try run.write(work, &page)
      page.mergeDriver = await run.setMergeDriver()
      page.next = run.next(work, page)
    } catch {
      page.problems.append(error)
    }
    return page
  }

  // MARK: Looking

  /// Asks, and looks at everything. Nothing is written.
  private mutating func prepare() async throws(Diagnostic) -> Work {
    let place = StarterPlace(context.setup)
    let questions = isAsking ? InitQuestions(context: context, place: place) : nil
    var work = Work(files: StarterFiles(context))
    if try context.setup.exists(Inventory.defaultFile) {
      keepInventory(&work)
    } else {
      try context.checkPlace(Inventory.defaultFile)
      try await questions?.complete(&options)
      try makeInventory(&work, place)
    }
    work.files.add(.ignored)
    work.files.add(.merged)
    if ci == nil, work.files.problems.isEmpty { ci = try await questions?.ci() }
    if let ci, ci != .nothing { addCI(ci, &work, place) }
    return work
  }

  /// An inventory that exists is kept. Flags that say something else are refused.
  private func keepInventory(_ work: inout Work) {
    let file = Inventory.defaultFile
    let loaded: InventoryLoading.Loaded
    do throws(InventoryLoading.Refusal) {
      loaded = try InventoryLoading.load(file, in: context)
    } catch {
      work.files.refuse(
        Diagnostic(
          .error, .fileExists, "'\(file)' exists, and it is not a valid inventory",
          help: ["correct it: mcpauth validate", "or move it away, and run mcpauth init again"]))
      return
    }
    work.secrets = loaded.inventory.secrets
    var variables: Set<String> = []
    for case .env(let name) in loaded.inventory.secretUses.map(\.reference) { variables.insert(name) }
    work.variables = variables.sorted()
    let now = work.files.keep(file, [])
    if let now, String(decoding: now, as: UTF8.self).contains(StarterInventory.schemaReference) {
      work.next += keepSchema(&work.files)
    }
    for difference in options.differences(from: loaded.inventory) {
      work.files.refuse(
        Diagnostic(
          .error, .fileExists, "'\(file)' exists, and its \(difference.key) is not what \(difference.flag) says",
          help: ["change it in \(file)", "or leave \(difference.flag) out: what is missing beside it is written"]))
    }
    if let path = options.identityFile, !isIdentity(path, of: loaded.inventory) {
      work.files.refuse(
        Diagnostic(
          .error, .fileExists, "'\(file)' exists, and no private key is made for it: --identity-file is for a new one",
          help: ["for another key: mcpauth secrets keygen, add it to secrets.recipients, mcpauth secrets rekey"]))
    }
  }

  private func makeInventory(_ work: inout Work, _ place: StarterPlace) throws(Diagnostic) {
    var inventory = options.inventory
    if inventory.secrets.store == .age, inventory.secrets.recipients.isEmpty {
      let identity = try Self.newIdentity()
      inventory.secrets.recipients = ["\(identity.recipient)"]
      work.identity = identity
    }
    if options.store != .kv2, let path = options.path, let problem = place.problem(ofOutside: path) {
      work.files.refuse(Diagnostic(.error, .invalidValue, "--path: \(problem)"))
    }
    if let path = options.identityFile { checkIdentityFile(path, &work, place) }
    for problem in inventory.problems(in: context) { work.files.refuse(problem) }
    work.secrets = inventory.secrets
    work.isNew = true
    work.files.keep(Inventory.defaultFile, Array(inventory.text.utf8))
    work.next += keepSchema(&work.files)
  }

  private func keepSchema(_ files: inout StarterFiles) -> [InitPage.Step] {
    let now = files.keep(StarterInventory.schemaFile, SchemaName.servers.text)
    guard let now, now != SchemaName.servers.text else { return [] }
    return [
      InitPage.Step(
        "\(StarterInventory.schemaFile) is of another version of mcpauth; to renew it",
        command: "mcpauth schema servers > \(StarterInventory.schemaFile)")
    ]
  }

  private func addCI(_ ci: StarterCI, _ work: inout Work, _ place: StarterPlace) {
    if let tree = place.workTree, tree != place.folder {
      work.files.refuse(
        Diagnostic(
          .error, .invalidValue,
          "--ci \(ci.rawValue): the workflow must be at the root of the work tree, '\(Printable.line(tree))', "
            + "and names servers.yaml there",
          help: ["run mcpauth init there", "or leave --ci out, and change a copy of the workflow in examples"]))
      return
    }
    work.next += ci.add(to: &work.files, work.secrets, variables: work.variables)
  }

  // MARK: The key

  private static func newIdentity() throws(Diagnostic) -> AgeIdentity {
    do throws(AgeProblem) {
      return try AgeIdentity.generate()
    } catch {
      throw Diagnostic(.error, .storeFailed, "no key could be made: \(error.message)")
    }
  }

  private func checkIdentityFile(_ path: String, _ work: inout Work, _ place: StarterPlace) {
    if let problem = place.problem(ofOutside: path) {
      work.files.refuse(Diagnostic(.error, .invalidValue, "--identity-file: \(problem)"))
      return
    }
    do throws(Diagnostic) {
      if try context.setup.exists(path) {
        let keys = recipients(ofIdentities: path).map { "--recipient \($0)" }.joined(separator: " ")
        throw Diagnostic(
          .error, .fileExists, "'\(Printable.line(path))' exists, and a private key is never replaced",
          help: [keys.isEmpty ? "name another file" : "to use its key, give \(keys) in place of --identity-file"])
      }
      try context.setup.proveWritable(path)
    } catch {
      work.files.refuse(error)
    }
  }

  /// Whether the file has a private key of the inventory: an earlier run wrote both.
  private func isIdentity(_ path: String, of inventory: Inventory) -> Bool {
    !Set(recipients(ofIdentities: path)).isDisjoint(with: inventory.secrets.recipients)
  }

  /// The public keys of the private keys in a file, as far as it can be read.
  private func recipients(ofIdentities path: String) -> [String] {
    guard let bytes = try? context.readFile(path, 1 << 20), let identities = try? AgeIdentityFile.parse(bytes) else {
      return []
    }
    return identities.map { "\($0.recipient)" }
  }

  // MARK: Writing

  /// The private key is delivered before the inventory names its public key: secrets that nobody can read must not be written.
  private func write(_ work: Work, _ page: inout InitPage) throws(Diagnostic) {
    if work.isNew { page.recipients = work.secrets.recipients }
    if let identity = work.identity { try deliver(identity, &page) }
    var files: [InitPage.File] = []
    defer { page.files = files }
    try work.files.write { files.append($0) }
  }

  private func deliver(_ identity: AgeIdentity, _ page: inout InitPage) throws(Diagnostic) {
    if let path = options.identityFile {
      try context.setup.create(path, AgeIdentityFile.text(of: identity), 0o600)
      page.identityFile = path
      return
    }
    let secret = Secret(identity.open())
    page.identity = secret
    context.maskInLog([secret])
    guard showsKey else { return }
    context.output.verbatim(Array(InitPage.shown(secret).utf8))
    guard !context.output.hasLostResults else {
      throw Diagnostic(
        .error, .outputFailed, "the new private key could not be shown: nothing was written",
        help: ["write it to a file: --identity-file PATH"])
    }
  }

  private func setMergeDriver() async -> InitPage.MergeDriver {
    guard StarterPlace(context.setup).workTree != nil else { return .byHand }
    if await context.setup.mergeDriver() != nil { return .unchanged }
    return await context.setup.setMergeDriver(Self.mergeDriver) ? .set : .byHand
  }

  private func next(_ work: Work, _ page: InitPage) -> [InitPage.Step] {
    var next: [InitPage.Step] = []
    if work.isNew {
      let isAssumed = options.name == nil || options.redirectURIs.isEmpty
      if isAssumed { next.append(InitPage.Step("check client.name and client.redirect_uris in servers.yaml")) }
      next.append(InitPage.Step("add your servers, or write them into servers.yaml", command: "mcpauth add NAME URL"))
      next.append(InitPage.Step("look at the plan", command: "mcpauth plan"))
    }
    if let path = page.identityFile {
      let folder = path.hasPrefix("/") ? "" : "\"$PWD\"/"
      next.append(
        InitPage.Step(
          "name the private key for commands that read secrets",
          command: "export MCPAUTH_AGE_KEY_FILE=\(folder)\(PastedText.shell(path))"))
    }
    if page.mergeDriver == .byHand {
      next.append(
        InitPage.Step(
          "set the merge driver of the lock file, once in each clone",
          command: "git config merge.mcpauth.driver '\(Self.mergeDriver)'"))
    }
    next += work.next
    let changed = work.files.changed
    if !changed.isEmpty {
      next.append(InitPage.Step("commit what was written", command: "git add " + changed.joined(separator: " ")))
    }
    return next
  }
}
