/// All places where documents of a server are expected, or are often put by mistake. The rules are those of discovery, but all places are
/// tried.
struct InspectionLocations: Sendable {
  /// A possible place of protected resource metadata.
  struct Resource: Sendable {
    enum Kind: Equatable {
      /// Named by a challenge or by the user of the inspection.
      case named
      case wellKnown(DiscoveredServer.Route)
    }

    var kind: Kind
    /// nil if the place cannot be requested. Then `problem` says why.
    var fetch: MetadataFetch?
    var problem: Diagnostic?
  }

  let target: DiscoveryTarget
  let plan: AuthorizationServerPlan
  var server: CheckedURL { plan.server }
  /// Whether discovery begins with the probe.
  var probes: Bool { target.resourceMetadata != .none }

  init(_ target: DiscoveryTarget) {
    self.target = target
    plan = AuthorizationServerPlan(target)
  }

  func fetch(_ url: CheckedURL, _ provenance: HTTPRequest.Provenance) -> MetadataFetch {
    MetadataFetch(url, provenance: provenance, trust: target.trust)
  }

  // MARK: Protected resource metadata

  /// The named places first, then the well-known ones, without duplicates.
  func resources(_ rungs: [(rung: DiscoveryProbe.Rung, exchange: RecordedExchange)]) -> [Resource] {
    guard probes else { return [] }
    var places: [Resource] = []
    var seen: Set<String> = []
    for (text, isFromInventory) in named(rungs) {
      do throws(Diagnostic) {
        let fetch = try ResourceMetadataSearch.fetch(named: text, isFromInventory: isFromInventory, target.trust)
        if seen.insert(fetch.url.text).inserted { places.append(Resource(kind: .named, fetch: fetch)) }
      } catch {
        places.append(Resource(kind: .named, problem: error))
      }
    }
    for candidate in WellKnownURL.protectedResource(of: server) where seen.insert(candidate.url.text).inserted {
      places.append(Resource(kind: .wellKnown(candidate.route), fetch: fetch(candidate.url, .inventory)))
    }
    return places
  }

  /// The URLs in these exchanges that a challenge names.
  func namedURLs(_ rungs: [(rung: DiscoveryProbe.Rung, exchange: RecordedExchange)]) -> Set<String> {
    Set(resources(rungs).filter { $0.kind == .named }.compactMap { $0.fetch?.url.text })
  }

  private func named(
    _ rungs: [(rung: DiscoveryProbe.Rung, exchange: RecordedExchange)]
  ) -> [(text: String, isFromInventory: Bool)] {
    if case .url(let url) = target.resourceMetadata { return [(url, true)] }
    var texts: [String] = []
    for (_, exchange) in rungs where exchange.asksForAuthorization {
      for text in ChallengeFindings(exchange.challenges).resourceMetadata where !texts.containsExactly(text) {
        texts.append(text)
      }
    }
    return texts.prefix(ResourceMetadataSearch.namedLimit).map { ($0, false) }
  }

  /// A common mistake: the well-known segment is appended to the path, although it must be inserted before it (RFC 9728 section 3.1).
  var misplacedResource: [CheckedURL] {
    let path = WellKnownURL.strippedOfSlash(server.path)
    return path.isEmpty ? [] : [server.sibling(path: path + "/.well-known/oauth-protected-resource")]
  }

  /// The first well-known address of the server. The document should be there.
  var properResource: CheckedURL? { WellKnownURL.protectedResource(of: server).first?.url }

  /// Whether clients look at this address without a challenge that names it.
  func isWellKnown(_ url: CheckedURL) -> Bool { WellKnownURL.protectedResource(of: server).contains { $0.url == url } }

  /// The address at the origin's root, which may belong to another resource. nil for a server without a path.
  var rootResource: CheckedURL? {
    let forms = WellKnownURL.protectedResource(of: server)
    return forms.count > 1 ? forms.last?.url : nil
  }

  // MARK: Authorization server metadata

  /// All listed servers without duplicates. If there is no document, the default of MCP 2025-03-26.
  func candidates(
    _ documents: [ProtectedResourceMetadata], isLegacy: Bool
  ) -> [AuthorizationServerSearch.Candidate] {
    var candidates: [AuthorizationServerSearch.Candidate] = []
    func add(_ name: String, _ resource: String?) {
      guard candidates.count < AuthorizationServerPlan.limit, !candidates.contains(where: { $0.name.isExactly(name) })
      else { return }
      candidates.append(plan.issued(name, resource: resource))
    }
    for document in documents {
      for name in document.authorizationServers { add(name, document.resource) }
    }
    if let issuer = target.issuer { add(issuer, nil) }
    if isLegacy, target.issuer == nil {
      candidates.append(plan.legacyWithOpenID)
    }
    return candidates
  }

  func isLegacy(_ candidate: AuthorizationServerSearch.Candidate) -> Bool { candidate == plan.legacyWithOpenID }

  /// Where the document of an issuer with a path is often put by mistake: appended to the path, or at the root.
  func misplaced(_ candidate: AuthorizationServerSearch.Candidate) -> [CheckedURL] {
    if isLegacy(candidate) {
      // The document of an issuer that is the server's own URL. Clients request it only if a document lists that issuer.
      return server.path.isEmpty || server.path == "/" ? [] : WellKnownURL.authorizationServer(of: server)
    }
    guard let first = candidate.urls.first, candidate.urls.count == 3,
      let last = candidate.urls.last?.path.firstRange(of: "/.well-known/")
    else { return [] }
    let path = String((candidate.urls[2].path)[..<last.lowerBound])
    return [
      first.sibling(path: path + "/.well-known/oauth-authorization-server"), WellKnownURL.oauthDocument(at: first),
    ]
  }
}

extension AuthorizationServerPlan {
  /// The legacy candidate, also with the OpenID document. Clients of MCP 2025-03-26 do not request that document.
  var legacyWithOpenID: AuthorizationServerSearch.Candidate {
    var candidate = legacy()
    candidate.urls += WellKnownURL.authorizationServer(of: server.sibling(path: "")).filter {
      !candidate.urls.contains($0)
    }
    return candidate
  }
}
