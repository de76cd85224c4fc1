/// Answers requests: finds the requested server, applies its faults, and otherwise gives the normal answer. It does not use sockets.
struct Engine: Sendable {
  let configuration: SandboxConfiguration
  let world: World

  /// The requested server and endpoint, known before the body is read.
  struct Asked: Sendable {
    var request: SandboxRequest
    var site: Site?
    var endpoint: SandboxEndpoint
    /// The part of the path after a client's address.
    var rest: String
    var own: String?
  }

  /// Finds the server and endpoint of a request. The request counts as under way until `finish`.
  func begin(_ request: SandboxRequest, own: String?) -> Asked {
    world.with { state in
      let place = state.place(request.path, origin: request.origin, own: own, numbered: configuration.numberedServers)
      let site = place?.site ?? own.flatMap { state.kinds[$0] }.map { Site(kind: $0, origin: request.origin) }
      var asked = Asked(
        request: request, site: site, endpoint: place?.endpoint ?? .other, rest: place?.rest ?? "", own: own)
      state.requestCount += 1
      asked.request.number = state.requestCount
      asked.request.time = World.now
      asked.request.kind = site?.kind.name
      asked.request.endpoint = site == nil ? nil : asked.endpoint
      if asked.endpoint == .register, let issuer = site?.issuer {
        let now = state.underWay[issuer, default: 0] + 1
        state.underWay[issuer] = now
        state.mostAtOnce[issuer] = max(now, state.mostAtOnce[issuer, default: 0])
      }
      return asked
    }
  }

  /// The request does not count as under way any more.
  func finish(_ asked: Asked) {
    guard asked.endpoint == .register, let issuer = asked.site?.issuer else { return }
    world.with { $0.underWay[issuer, default: 1] -= 1 }
  }

  /// Whether the connection must be closed before the body is read. Only answers for a method and path can say so.
  func closesEarly(_ asked: Asked) -> Bool {
    world.with { state in
      Self.keys(asked.request).contains { state.answers[$0]?.answer.manner == .dropEarly }
        || asked.site?.kind.faults[asked.endpoint]?.answer?.manner == .dropEarly
    }
  }

  /// The answer. It is also recorded. `asked.request` contains its body now.
  func answer(_ asked: Asked) -> SandboxAnswer {
    let answer = scripted(asked).map { filled($0, asked.site) } ?? ours(asked)
    var request = asked.request
    request.status = answer.manner == .answer ? answer.status : 0
    request.note = answer.note
    let isAdministration = asked.own == nil && (request.path == "/admin" || request.path.hasPrefix("/admin/"))
    if !isAdministration {
      world.with { [request] in $0.record(request, keeping: world.keptRequests) }
      configuration.onRequest?(request)
    }
    return answer
  }

  private func filled(_ answer: SandboxAnswer, _ site: Site?) -> SandboxAnswer {
    site.map { answer.filled(with: $0.template) } ?? answer
  }

  private static func keys(_ request: SandboxRequest) -> [String] {
    let plain = "\(request.method) \(request.path)"
    return request.query.map { ["\(plain)?\($0)", plain] } ?? [plain]
  }

  private func scripted(_ asked: Asked) -> SandboxAnswer? {
    if let answer = configuration.script?(asked.request) { return answer }
    return world.with { state in
      for key in Self.keys(asked.request) {
        guard let (answer, times) = state.answers[key] else { continue }
        if let times {
          state.answers[key] = times > 1 ? (answer, times - 1) : nil
        }
        return answer
      }
      return nil
    }
  }

  private func ours(_ asked: Asked) -> SandboxAnswer {
    guard let site = asked.site else { return page(asked.request) ?? .text(404, "not found") }
    var fault = world.with {
      $0.fault(of: site.kind, at: asked.endpoint, site: site.origin + asked.request.path, method: asked.request.method)
    }
    if let answer = fault?.answer { fault?.answer = filled(answer, site) }
    if let answer = fault?.answer, fault?.takesEffect != true {
      return answer.delayed(by: fault?.delay ?? .zero)
    }
    let right = rightAnswer(asked, at: site)
    guard let fault else { return right }
    // If the request had no effect, the fault does not replace its answer.
    guard var answer = fault.answer, right.status < 300 else { return right.delayed(by: fault.delay) }
    answer.note = right.note + ", then " + (answer.note.isEmpty ? String(answer.status) : answer.note)
    return answer.delayed(by: fault.delay)
  }

  private func rightAnswer(_ asked: Asked, at site: Site) -> SandboxAnswer {
    let request = asked.request
    let server = AuthorizationServer(
      site: site, world: world, clientDocumentRedirectURIs: configuration.clientRedirectURIs)
    switch asked.endpoint {
    case .mcp: return MCPEndpoint(site: site, world: world).answer(request)
    case .resourceMetadata:
      return document(request, if: site.kind.metadataPlaces.contains(.path), site.resourceMetadata, site)
    case .rootResourceMetadata:
      return document(request, if: site.kind.metadataPlaces.contains(.root), site.resourceMetadata, site)
    case .otherResourceMetadata:
      return document(request, if: site.kind.metadataPlaces.contains(.elsewhere), site.resourceMetadata, site)
    case .oauthMetadata:
      return document(request, if: site.kind.issuerMetadataPlaces.contains(.oauth), site.issuerMetadata, site)
    case .openIDMetadata:
      return document(request, if: site.kind.issuerMetadataPlaces.contains(.openID), site.issuerMetadata, site)
    case .openIDAppendedMetadata:
      return document(request, if: site.kind.issuerMetadataPlaces.contains(.openIDAppended), site.issuerMetadata, site)
    case .authorize: return server.authorize(request)
    case .token: return server.token(request)
    case .register:
      var answer = server.register(request)
      if answer.status < 300 { answer.delay += configuration.registrationDelay }
      return answer
    case .management: return server.manage(request, clientID: asked.rest)
    case .revoke: return server.revoke(request)
    case .other: return notFound(site)
    }
  }

  private func document(_ request: SandboxRequest, if isThere: Bool, _ document: SandboxJSON, _ site: Site)
    -> SandboxAnswer
  {
    guard isThere else { return notFound(site) }
    guard request.method == "GET" else { return SandboxAnswer(405, fields: [.init("Allow", "GET")]) }
    return .json(200, document)
  }

  private func notFound(_ site: Site) -> SandboxAnswer {
    site.kind.otherwise.map { filled($0, site) } ?? .text(404, "not found")
  }

  /// The pages that belong to no kind: the client metadata documents and the administration.
  private func page(_ request: SandboxRequest) -> SandboxAnswer? {
    ClientDocuments(redirectURIs: configuration.clientRedirectURIs).answer(request)
      ?? Administration(configuration: configuration, world: world).answer(request)
  }
}
