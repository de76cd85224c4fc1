import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// What `mcpauth import --from` does: reads a consumer's file, stores its secrets, and adds its servers to an inventory.
struct ImportRun {
  let format: ImportFormat
  /// The consumer's file.
  let source: String
  /// The inventory.
  let file: String
  let settings: RunSettings
  let context: ToolContext
  var isDryRun = false
  /// Whether the user is asked before anything is written.
  var isAsking = false

  func run(_ report: any Report) async -> ToolExit {
    var page = ImportPage(inventory: file, format: format.rawValue, source: source)
    page.isDryRun = isDryRun
    do throws(InventoryMistakes) {
      let found = try read()
      let target: InventoryAddition
      do throws(InventoryLoading.Refusal) {
        target = try self.target()
      } catch {
        report.refused(error.check)
        return .invalid
      }
      page.isNew = target.isNew
      try await add(found, to: target, &page, report)
    } catch {
      page.problems = error.diagnostics
    }
    report.presented(page)
    guard let problem = page.problems.first else { return .done }
    return ToolExit(problem)
  }

  // MARK: Reading

  private func read() throws(InventoryMistakes) -> ImportedFile {
    let found = try InventoryMistakes.collecting { () throws(Diagnostic) -> ImportedFile in
      let bytes: [UInt8]
      do throws(BoundedFile.Problem) {
        bytes = try context.readFile(source, ImportedFile.limit)
      } catch {
        throw Diagnostic(
          .error, .importUnreadable, "'\(Printable.line(source))' cannot be read: \(error.reason)",
          help: ["name the file of \(format.rawValue)"])
      }
      return try ImportedFile(bytes, as: format, file: source)
    }
    for secret in found.servers.flatMap(\.secrets) { context.output.redactor.learn(secret.value) }
    return found
  }

  /// The inventory, or the text of a new one.
  private func target() throws(InventoryLoading.Refusal) -> InventoryAddition {
    let isThere: Bool
    do throws(BoundedFile.Problem) {
      _ = try context.readFile(file, InventoryLoading.limit)
      isThere = true
    } catch {
      isThere = error != .missing
    }
    if isThere { return try InventoryAddition.existing(file, in: context) }
    var starter = StarterInventory()
    starter.secrets.store = .directory
    starter.secrets.isNamed = true
    // Without the line that names a schema: there may be none beside the file.
    let text = starter.text.drop { $0 != "\n" }.dropFirst()
    do throws(InventoryMistakes) {
      return try InventoryAddition.new(file, String(text), in: context)
    } catch {
      throw InventoryLoading.Refusal(
        check: InventoryCheck(source: .none(file), diagnostics: error.diagnostics, serverCount: nil))
    }
  }

  // MARK: Adding

  private func add(
    _ found: ImportedFile, to target: InventoryAddition, _ page: inout ImportPage, _ report: any Report
  ) async throws(InventoryMistakes) {
    var leftOut = found.leftOut
    var servers: [ImportedServer] = []
    for server in found.servers {
      if let reason = obstacle(server, servers, target) {
        leftOut.append(LeftOutServer(source: server.source, reason: reason, line: server.line))
      } else {
        servers.append(server)
      }
    }
    page.leftOut = leftOut.map { ImportPage.LeftOut(source: $0.source, reason: $0.reason, line: $0.line) }
    page.servers = servers.map(Self.row)
    guard !servers.isEmpty else { return }
    var candidate = try target.adding(servers.map(\.server), in: context)
    page.warnings = candidate.warnings
    page.difference = LineDifference(from: target.bytes, to: candidate.bytes)
    guard !isDryRun else { return }
    if isAsking { try await confirm(&page) }
    if servers.contains(where: { !$0.secrets.isEmpty }) {
      // The secrets are stored first: an inventory must not refer to what is not there.
      try await store(&servers, candidate.inventory, Set(target.inventory.storedUses.keys), report)
      candidate = try target.adding(servers.map(\.server), in: context)
      page.servers = servers.map(Self.row)
      page.difference = LineDifference(from: target.bytes, to: candidate.bytes)
    }
    try await target.write(candidate, in: context)
    page.isWritten = true
    page.next = next(servers, isNew: target.isNew)
  }

  /// Why a server is not added; nil: it is.
  private func obstacle(
    _ imported: ImportedServer, _ before: [ImportedServer], _ target: InventoryAddition
  ) -> String? {
    let server = imported.server
    if target.inventory.servers.contains(where: { $0.name == server.name }) {
      return "the inventory has a server '\(server.name)'"
    }
    let url = Self.normal(server.url)
    if let twin = target.inventory.servers.first(where: { Self.normal($0.url) == url }) {
      return "the inventory has its URL, as '\(twin.name)'"
    }
    if let twin = before.first(where: { Self.normal($0.server.url) == url }) {
      return "'\(twin.source)' before it has the same URL"
    }
    return mistake(server)
  }

  private static func normal(_ url: String) -> String { (try? ServerTrust(url))?.url.text ?? url }

  /// The first mistake of a server that is alone in an inventory.
  private func mistake(_ server: NewServer) -> String? {
    let text =
      "version: 1\nclient: {name: a, redirect_uris: [\"http://127.0.0.1/{server}\"]}\n"
      + InventoryEditor.lines(of: [server])
    switch context.readInventory(Array(text.utf8), file, context.variables) {
    case .success(let inventory):
      return inventory.servers.map(\.name) == [server.name] ? nil : "an inventory cannot have it"
    case .failure(let mistakes):
      return mistakes.diagnostics.first { $0.severity == .error }.map { Printable.line($0.message) }
    }
  }

  private static func row(_ imported: ImportedServer) -> ImportPage.Server {
    let server = imported.server
    let credentials =
      switch server.credentials {
      case .none: "none"
      case .apiKey: "api_key"
      case .headers: "custom_headers"
      case .client(let client): client.id == nil ? "discovered" : "client"
      }
    return ImportPage.Server(
      source: imported.source, name: server.name, url: server.url, credentials: credentials,
      stored: imported.secrets.map(\.key), variables: imported.variables, notes: imported.notes)
  }

  private func next(_ servers: [ImportedServer], isNew: Bool) -> [InitPage.Step] {
    var steps: [InitPage.Step] = []
    if isNew {
      let consumer = Consumer(rawValue: format.rawValue)?.rawValue
      let addition = consumer.map { ", or name \($0) under client.consumers, which adds its redirect URIs" } ?? ""
      steps.append(InitPage.Step("check client.name and client.redirect_uris in \(file)\(addition)"))
      steps.append(
        InitPage.Step(
          "secrets are on this machine only; for CI: mcpauth secrets keygen, then "
            + "mcpauth secrets move --to age --recipient age1…"))
    }
    let variables = Set(servers.flatMap(\.variables)).sorted()
    if !variables.isEmpty {
      steps.append(InitPage.Step("set these variables where mcpauth runs: \(variables.joined(separator: ", "))"))
    }
    let stored = servers.flatMap(\.secrets).map(\.key)
    if !stored.isEmpty {
      steps.append(
        InitPage.Step(
          "remove from \(source) the secrets that the secret store has now: \(stored.joined(separator: ", ")). "
            + "No other secret of it was stored"))
    }
    let command = file == Inventory.defaultFile ? "mcpauth plan" : "mcpauth plan \(PastedText.shell(file))"
    return steps + [InitPage.Step("look at the plan", command: command)]
  }

  // MARK: Secrets

  /// Puts the secrets into the store of the inventory. A key that has another value there is not replaced: the server gets another key.
  ///
  /// - Parameter used: the keys that the inventory already refers to, which may have no value yet. Another server would send the new value.
  private func store(
    _ servers: inout [ImportedServer], _ inventory: Inventory, _ used: Set<String>, _ report: any Report
  ) async throws(InventoryMistakes) {
    do throws(Diagnostic) {
      let order = RunOrder(inventory: inventory, settings: settings) { report.happened($0) }
      let run = try await context.open(order, context)
      do throws(Diagnostic) {
        try await store(&servers, used, run.secrets())
        await run.close()
      } catch {
        await run.close()
        throw error
      }
    } catch {
      throw InventoryMistakes(diagnostics: [error])
    }
  }

  private func store(
    _ servers: inout [ImportedServer], _ used: Set<String>, _ operations: SecretOperations
  ) async throws(Diagnostic) {
    var taken = used.union(try await operations.list().stored.map(\.key))
    for index in servers.indices {
      for (place, secret) in servers[index].secrets.enumerated() {
        var key = secret.key
        var count = 2
        var isStored = false
        while taken.contains(key), !isStored {
          // An earlier run may have stored the same value. Where the store cannot be read here, the key counts as taken.
          isStored = (try? await operations.getStored(key)) == secret.value
          if !isStored {
            key = "\(secret.key.prefix(58))-\(count)"
            count += 1
          }
        }
        if key != secret.key {
          servers[index].server.rename(stored: secret.key, to: key)
          servers[index].secrets[place].key = key
        }
        if !isStored { _ = try await operations.set(key, secret.value) }
        taken.insert(key)
      }
    }
  }

  // MARK: Question

  private func confirm(_ page: inout ImportPage) async throws(InventoryMistakes) {
    context.output.text(page.overview(.plain), to: .error)
    page.isShown = true
    guard await context.confirms("add these servers to \(Printable.line(file))?") else {
      throw InventoryMistakes(diagnostics: [Diagnostic(.error, .interrupted, "cancelled: nothing was written")])
    }
  }
}
