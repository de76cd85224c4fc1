/// All problems of a server's protected resource metadata, and its places (RFC 9728; Discovery#Candidates to
/// Discovery#Choice-of-authorization-server).
struct InspectionResourceReview {
  let survey: InspectionSurvey
  private var places: InspectionLocations { survey.places }
  private var check: ResourceDocumentCheck { ResourceDocumentCheck(target: places.target) }

  var findings: [InspectionFinding] {
    let all = places.resources(survey.rungs)
    var findings = all.compactMap { $0.problem.map { InspectionFinding($0, in: .resource) } }
    let review = InspectedDocumentReview(
      section: .resource, rule: .resourceAnswer, name: "protected resource metadata")
    findings += review.findings(survey.resourcePages)
    findings += documentFindings + placeFindings(all)
    return findings
  }

  // MARK: Documents

  /// All documents without duplicates. A document at the origin that describes another resource is not included.
  private var documents: [(page: InspectedDocument, document: ProtectedResourceMetadata, object: JSONObject)] {
    var documents: [(page: InspectedDocument, document: ProtectedResourceMetadata, object: JSONObject)] = []
    for page in survey.resourcePages {
      guard let object = page.object, !documents.contains(where: { $0.object == object }) else { continue }
      let document = ProtectedResourceMetadata(object)
      if page.isFurther, page.url == places.rootResource, problem(of: document, page) != nil { continue }
      documents.append((page, document, object))
    }
    return documents
  }

  private var documentFindings: [InspectionFinding] {
    var findings: [InspectionFinding] = []
    for (page, document, object) in documents {
      let url = page.url.redacted
      do throws(Diagnostic) {
        if let broader = try check.resource(of: document, at: url) {
          findings.append(InspectionFinding(broader, in: .resource))
        } else if let resource = document.resource, isOtherwiseWritten(resource) {
          findings.add(
            .note, .resource, .resourceTrailingSlash, .of(.resourceMismatch, in: .resource),
            "\(url) names the resource '\(CheckedURL.shown(resource))': not letter for letter the server's URL",
            help: ["name exactly the URL that clients are given: some compare it as text"])
        }
      } catch {
        findings.append(InspectionFinding(error, in: .resource))
      }
      do throws(Diagnostic) { try check.authorizationServers(of: document, at: url) } catch {
        findings.append(InspectionFinding(error, in: .resource))
      }
      findings.add(document.warnings, at: url, in: .resource)
      findings += memberFindings(document, object, url)
    }
    if let first = documents.first,
      let other = documents.first(where: {
        !$0.document.authorizationServers.elementsEqual(first.document.authorizationServers)
      })
    {
      findings.add(
        .warning, .resource, .resourceDocumentsDiffer, .wellKnownResource,
        "\(first.page.url.redacted) and \(other.page.url.redacted) do not list the same authorization servers",
        help: ["serve one document: which one a client reads depends on the client"])
    }
    return findings
  }

  private func memberFindings(
    _ document: ProtectedResourceMetadata, _ object: JSONObject, _ url: String
  ) -> [InspectionFinding] {
    var findings: [InspectionFinding] = []
    if document.scopesSupported?.contains("offline_access") == true {
      findings.add(
        .warning, .resource, .offlineAccessInResource,
        InspectionRule("4", "MCP 2026-07-28 authorization, refresh tokens"),
        "\(url) lists offline_access in scopes_supported: it is not a scope of a resource, and clients do not request it",
        help: ["list it in the authorization server's scopes_supported only"])
    }
    var members = MetadataMembers(object)
    if let methods = members.strings("bearer_methods_supported"), !methods.contains("header") {
      let listed = methods.prefix(8).map { ForeignText.printable($0, limit: 32) }.joined(separator: ", ")
      findings.add(
        .warning, .resource, .bearerMethods, .resourceMembers,
        "\(url) takes bearer tokens by \(listed) only: MCP clients send them in the Authorization header",
        help: ["add header to bearer_methods_supported (RFC 6750 section 2.1)"])
    }
    return findings
  }

  /// The rules allow a difference in one slash, but not every client does.
  private func isOtherwiseWritten(_ resource: String) -> Bool {
    !resource.isExactly(places.target.trust.written) && !resource.isExactly(places.server.text)
  }

  private func problem(of document: ProtectedResourceMetadata, _ page: InspectedDocument) -> Diagnostic? {
    do throws(Diagnostic) {
      _ = try check.resource(of: document, at: page.url.redacted)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Places

  private func placeFindings(_ all: [InspectionLocations.Resource]) -> [InspectionFinding] {
    let named = all.filter { $0.kind == .named }
    let wellKnown = all.filter { $0.kind != .named }
    var findings: [InspectionFinding] = []
    let found = wellKnown.compactMap(page).first { page in
      page.object.map { problem(of: ProtectedResourceMetadata($0), page) == nil } ?? false
    }
    let isNamedFound = named.contains { page($0)?.object != nil }
    if !named.isEmpty, !isNamedFound, let found {
      findings.add(
        .warning, .resource, .metadataElsewhere, .pointer,
        "the protected resource metadata is at \(found.url.redacted), and the challenge points elsewhere",
        help: [
          "send resource_metadata=\"\(found.url.redacted)\" in the challenge, or serve the document where it points"
        ])
    }
    let looked = wellKnown.compactMap(page)
    let isNamedWellKnown = named.contains { place in place.fetch.map { places.isWellKnown($0.url) } ?? false }
    if isNamedFound, !isNamedWellKnown, looked.count == wellKnown.count, looked.allSatisfy(\.isAbsent),
      let proper = places.properResource
    {
      findings.add(
        .note, .resource, .wellKnownMissing, .wellKnownResource,
        "the protected resource metadata is only where the challenge points, at no well-known address",
        help: ["serve it at \(proper.redacted) too: clients that do not read challenges look there"])
    }
    for url in places.misplacedResource where survey.pages[url.text]?.object != nil {
      findings.add(
        .warning, .resource, .metadataMisplaced, .wellKnownResource,
        "there is protected resource metadata at \(url.redacted), where no client looks",
        help: places.properResource.map { ["serve it at \($0.redacted): the well-known part comes before the path"] }
          ?? [])
    }
    return findings
  }

  private func page(_ place: InspectionLocations.Resource) -> InspectedDocument? {
    place.fetch.flatMap { survey.pages[$0.url.text] }
  }
}
