import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// What `mcpauth add` does: inspects the URL, decides how the server gets its client, and writes it.
struct AddRun {
  let name: String
  let url: String
  let file: String
  let options: AddedServerOptions
  let context: ToolContext
  var isOffline = false
  var isDryRun = false
  /// Whether the user is asked before anything is written.
  var isAsking = false
  /// Seconds for the discovery.
  var timeout = 30

  /// The value of a key that a person has to replace.
  private static let blank = "FILL_IN"
  /// The same for a URL. The domain never exists (RFC 2606 section 2).
  private static let blankOrigin = "https://fill-in.invalid"

  func run(_ report: any Report) async -> ToolExit {
    let target: InventoryAddition
    do throws(InventoryLoading.Refusal) {
      target = try InventoryAddition.existing(file, in: context)
    } catch {
      report.refused(error.check)
      return .invalid
    }
    if let there = target.inventory.servers.first(where: { $0.name == name }) {
      return context.wrongUsage(
        "there is a server '\(name)' in \(Printable.line(file))",
        help: "its URL is \(Printable.line(CheckedURL.shown(there.url))); change it there, or choose another name")
    }
    var page = AddPage(inventory: file, name: name, url: url)
    page.isDryRun = isDryRun
    do throws(InventoryMistakes) {
      try await add(to: target, &page)
    } catch {
      page.problems = error.diagnostics
    }
    report.presented(page)
    guard let problem = page.problems.first else { return .done }
    return ToolExit(problem)
  }

  private func add(to target: InventoryAddition, _ page: inout AddPage) async throws(InventoryMistakes) {
    var server = options.server(name, url)
    var candidate = try target.adding([server], in: context)
    if !isOffline {
      let look = try await inspect(candidate.inventory)
      let registration = try settle(&server, look, &page)
      page.found = AddPage.Found(look.result, registration)
      candidate = try target.adding([server], in: context)
    }
    page.warnings = candidate.warnings
    page.difference = LineDifference(from: target.bytes, to: candidate.bytes)
    guard !isDryRun else { return }
    if isAsking { try await confirm(&page) }
    try await target.write(candidate, in: context)
    page.isWritten = true
    page.next.append(InitPage.Step("look at the plan", command: planCommand))
  }

  private var planCommand: String {
    file == Inventory.defaultFile ? "mcpauth plan" : "mcpauth plan \(PastedText.shell(file))"
  }

  // MARK: Inspection

  private struct Look {
    var result: InspectionResult
    /// The redirect URIs of the client.
    var redirectURIs: [String]
    /// Whether the server supports Client ID Metadata Documents, and the inventory names none.
    var lacksMetadataURL: Bool
  }

  /// Inspects the URL with the client that would be registered.
  private func inspect(_ inventory: Inventory) async throws(InventoryMistakes) -> Look {
    let server = inventory.servers.first { $0.name == name }
    let settings = server?.mode.oauth2
    let client =
      settings?.client
      ?? ClientMetadata(
        clientName: InspectedClientOptions.name, redirectURIs: [InspectedClientOptions.redirectURI])
    let result: InspectionResult
    do throws(Diagnostic) {
      let trust = try ServerTrust(server?.url ?? url, allowPrivate: inventory.network.allowPrivate)
      var order = InspectionOrder(trust, client: client)
      order.issuer = settings?.issuer
      order.resource = settings?.resource
      order.caFile = inventory.network.caFile.map { FilePath.resolve($0, in: FilePath.folder(of: file)) }
      order.timeout = timeout
      result = try await context.inspect(order, context)
    } catch {
      throw InventoryMistakes(diagnostics: [error])
    }
    if result.isInterrupted {
      throw InventoryMistakes(diagnostics: [Diagnostic(.error, .interrupted, "interrupted: nothing was written")])
    }
    let takesDocuments = result.inspection.supposed?.metadata.clientIDMetadataDocumentSupported == true
    return Look(
      result: result, redirectURIs: settings?.client?.redirectURIs ?? [],
      lacksMetadataURL: takesDocuments && client.metadataURL == nil)
  }

  /// Changes the server to what the inspection found.
  ///
  /// - Throws: the inspection's error, where a new server could not work.
  private func settle(
    _ server: inout NewServer, _ look: Look, _ page: inout AddPage
  ) throws(InventoryMistakes) -> AddPage.Found.Registration {
    let result = look.result
    guard case .client(let client) = server.credentials else { return .nothing }
    let isOwn = client.id != nil
    switch result.error?.code {
    case nil:
      if isOwn { return .byHand }
      return result.outlook?.way == LockedClient.Registration.cimd ? .cimd : .dcr
    case .registrationUnsupported:
      if !isOwn { makeStub(&server, client, look, &page, givesEndpoints: false) }
      return .byHand
    case .resourceMetadataUnavailable, .noAuthorizationServer, .authorizationServerMetadataUnavailable:
      makeStub(&server, client, look, &page, givesEndpoints: true)
      return .byHand
    // Without OAuth 2 the scopes that the user gives would have no place.
    case .noAuthRequired
    where options.auth == nil && !isOwn && options.scopes.isEmpty && Self.hasAnswered(result):
      server.credentials = .none
      return .nothing
    case .some: throw InventoryMistakes(diagnostics: [refusal(result)])
    }
  }

  /// Whether the server answered a request of the probe with success, and with a type that an MCP server sends. The page of a network that asks for
  /// a login first has another type.
  private static func hasAnswered(_ result: InspectionResult) -> Bool {
    result.inspection.requests.contains { request in
      request.section == .probe && (200...299).contains(request.status ?? 0)
        && ["application/json", "text/event-stream"].contains(request.contentType ?? "")
    }
  }

  private func refusal(_ result: InspectionResult) -> Diagnostic {
    var error = result.error ?? Diagnostic(.error, .unreachable, "nothing was found")
    error.requests = []
    error.help += [
      "see everything that is wrong there: mcpauth inspect \(PastedText.shell(url))",
      "or add it without a request: --offline",
    ]
    return error
  }

  /// A server whose client a person makes. It is disabled until its values are filled in.
  private func makeStub(
    _ server: inout NewServer, _ given: NewServer.Client, _ look: Look, _ page: inout AddPage,
    givesEndpoints: Bool
  ) {
    var client = given
    var keys: [String] = []
    if client.id == nil {
      client.id = Self.blank
      client.secret = .env(SecretVariable.name("client_secret", of: name))
      keys.append("client_id")
    }
    if givesEndpoints {
      client.registration = nil
      client.authorizationEndpoint = Self.blankOrigin + "/authorize"
      client.tokenEndpoint = Self.blankOrigin + "/token"
      keys += ["authorization_endpoint", "token_endpoint"]
    } else {
      client.registration = .preregistered
    }
    server.credentials = .client(client)
    server.isEnabled = false
    page.toFillIn = keys.map { "oauth2.\($0)" }
    page.next = steps(keys, client, look)
  }

  private func steps(
    _ keys: [String], _ client: NewServer.Client, _ look: Look
  ) -> [InitPage.Step] {
    var steps: [InitPage.Step] = []
    let isNew = keys.contains("client_id")
    if isNew {
      let issuer = look.result.inspection.supposed.map { ForeignText.printable($0.metadata.issuer, limit: 256) }
      let uris = look.redirectURIs.isEmpty ? "of your program" : look.redirectURIs.joined(separator: " and ")
      if look.lacksMetadataURL {
        steps.append(
          InitPage.Step(
            "set client.metadata_url in \(file), and remove registration, client_id, client_secret and enabled: false "
              + "from '\(name)': the server supports Client ID Metadata Documents"))
      }
      let make = look.lacksMetadataURL ? "or make" : "make"
      steps.append(
        InitPage.Step("\(make) a client by hand at \(issuer ?? "the provider"), with exactly the redirect URI \(uris)"))
    }
    steps.append(InitPage.Step("fill in \(keys.joined(separator: ", ")) in \(file)"))
    if isNew, case .env(let variable)? = client.secret {
      steps.append(
        InitPage.Step("set \(variable) to the client's secret, or remove client_secret if the client has none"))
    }
    steps.append(InitPage.Step("remove enabled: false"))
    return steps
  }

  // MARK: Question

  private func confirm(_ page: inout AddPage) async throws(InventoryMistakes) {
    context.output.text(page.overview(.plain), to: .error)
    page.isShown = true
    guard await context.confirms("add it to \(Printable.line(file))?") else {
      throw InventoryMistakes(diagnostics: [Diagnostic(.error, .interrupted, "cancelled: nothing was written")])
    }
  }
}
