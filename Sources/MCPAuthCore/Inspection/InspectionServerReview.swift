/// All problems of one authorization server's metadata (RFC 8414; Discovery#Authorization-server-metadata).
struct InspectionServerReview {
  let survey: InspectionSurvey
  let candidate: AuthorizationServerSearch.Candidate
  private var places: InspectionLocations { survey.places }
  private var trust: ServerTrust { places.target.trust }
  private var isLegacy: Bool { places.isLegacy(candidate) }

  /// The document that a client would use, even if it has problems.
  var primary: (page: InspectedDocument, object: JSONObject)? {
    for page in survey.pages(of: candidate) {
      if let object = page.object { return (page, object) }
    }
    return nil
  }

  /// The document's metadata, if both endpoints are right. If the document has another issuer, the named issuer is used.
  var usable: AuthorizationServerMetadata? {
    guard candidate.problem == nil, let (page, object) = primary else { return nil }
    let document = AuthorizationServerDocument(object)
    let isRight = candidate.check.verdict(on: document.issuer) != .mismatch
    do throws(Diagnostic) {
      var metadata = document.assembled(
        issuer: isRight ? document.issuer ?? candidate.name : candidate.name, trust: trust
      ).0
      metadata.authorizationEndpoint = try document.endpoint(
        "authorization_endpoint", at: page.url.redacted, trust: trust)
      metadata.tokenEndpoint = try document.endpoint("token_endpoint", at: page.url.redacted, trust: trust)
      return metadata
    } catch {
      return nil
    }
  }

  var findings: [InspectionFinding] {
    var findings = candidate.problem.map { [InspectionFinding($0, in: .server)] } ?? []
    let pages = survey.pages(of: candidate)
    let review = InspectedDocumentReview(
      section: .server, rule: .serverAnswer, name: "authorization server metadata")
    findings += review.findings(pages)
    if let (page, object) = primary {
      let document = AuthorizationServerDocument(object)
      findings += issuerFindings(document, page)
      findings += requiredFindings(document, page)
      findings += InspectionServerMembers(object: object, url: page.url.redacted, survey: survey).findings
      findings += differences(page, object, pages)
      if page.url.path.contains("openid-configuration") {
        let proper = candidate.urls.first?.redacted ?? ""
        findings.add(
          .note, .server, .openIDOnly, .wellKnownServer,
          "the metadata of '\(CheckedURL.shown(candidate.name))' is an OpenID document only",
          help: ["serve it at \(proper) too: clients of MCP 2025-06-18 and older look only there"])
      }
    } else if !isLegacy, !pages.isEmpty, pages.count == candidate.urls.count, pages.allSatisfy(\.isAbsent) {
      findings.append(InspectionFinding(.absent(candidate, why: nil, isRedirect: false), in: .server))
    }
    return findings + misplaced
  }

  // MARK: Issuer and endpoints

  private func issuerFindings(_ document: AuthorizationServerDocument, _ page: InspectedDocument) -> [InspectionFinding]
  {
    let shown = document.issuer.map { "'\(CheckedURL.shown($0))'" } ?? document.insteadOfIssuer
    switch candidate.check.verdict(on: document.issuer) {
    case .accepted(let server, let hasOtherSlash):
      return hasOtherSlash ? [InspectionFinding(.otherSlash(at: page.url.redacted, shown, server), in: .server)] : []
    case .mismatch:
      return [
        InspectionFinding(.otherIssuer(document.issuer, shown, at: page.url.redacted, candidate.check), in: .server)
      ]
    }
  }

  private func requiredFindings(_ document: AuthorizationServerDocument, _ page: InspectedDocument)
    -> [InspectionFinding]
  {
    let url = page.url.redacted
    var findings: [InspectionFinding] = []
    for name in ["authorization_endpoint", "token_endpoint"] {
      do throws(Diagnostic) { _ = try document.endpoint(name, at: url, trust: trust) } catch {
        findings.append(InspectionFinding(error, in: .server))
      }
    }
    let (metadata, warnings) = document.assembled(issuer: document.issuer ?? candidate.name, trust: trust)
    do throws(Diagnostic) {
      let warning = try document.pkce(
        metadata.codeChallengeMethodsSupported, at: url, assumesS256: places.target.assumesS256)
      if let warning { findings.append(InspectionFinding(warning, in: .server)) }
    } catch {
      findings.append(InspectionFinding(error, in: .server))
    }
    if let endpoint = metadata.registrationEndpoint {
      do throws(Diagnostic) {
        _ = try trust.endpoint(endpoint, called: "registration endpoint")
      } catch {
        findings.append(InspectionFinding(error, in: .server))
      }
      do throws(Diagnostic) {
        _ = try TokenEndpointAuthMethod.forRegistration(
          inventory: nil, supported: metadata.tokenEndpointAuthMethodsSupported)
      } catch {
        findings.append(InspectionFinding(error, in: .server))
      }
    }
    findings.add(warnings, at: url, in: .server)
    return findings
  }

  // MARK: Other addresses

  /// Different clients read different documents.
  private func differences(
    _ page: InspectedDocument, _ object: JSONObject, _ pages: [InspectedDocument]
  ) -> [InspectionFinding] {
    let names = ["issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint"]
    return pages.filter { $0.url != page.url }.compactMap { other in
      guard let theirs = other.object else { return nil }
      let differing = names.filter { object[$0] != theirs[$0] }
      guard !differing.isEmpty else { return nil }
      return InspectionFinding(
        .warning, .server, .serverDocumentsDiffer, .wellKnownServer,
        "\(page.url.redacted) and \(other.url.redacted) differ in \(differing.joined(separator: ", "))",
        help: ["serve the same metadata at both: which one a client reads depends on the client"])
    }
  }

  private var misplaced: [InspectionFinding] {
    guard primary == nil else { return [] }
    return places.misplaced(candidate).compactMap { url in
      guard survey.pages[url.text]?.object != nil else { return nil }
      let proper = candidate.urls.first?.redacted ?? ""
      return InspectionFinding(
        .warning, .server, .metadataMisplaced, .wellKnownServer,
        "there is authorization server metadata at \(url.redacted), where no client looks for '\(CheckedURL.shown(candidate.name))'",
        help: [
          isLegacy
            ? "publish protected resource metadata that lists its issuer, or serve it at \(proper)"
            : "serve it at \(proper): the well-known part comes before the issuer's path"
        ])
    }
  }
}

/// The meaning of the optional members in an authorization server's document.
struct InspectionServerMembers {
  let object: JSONObject
  let url: String
  let survey: InspectionSurvey

  var findings: [InspectionFinding] {
    var members = MetadataMembers(object)
    var findings: [InspectionFinding] = []
    func add(
      _ grade: InspectionFinding.Grade, _ remark: InspectionRemark, _ rule: InspectionRule, _ message: String,
      _ help: String
    ) {
      findings.add(grade, .server, remark, rule, message, help: [help])
    }
    let takesDocuments = members.bool("client_id_metadata_document_supported")
    if members.string("registration_endpoint") == nil {
      add(
        takesDocuments ? .note : .warning, .registrationEndpointMissing, .of(.registrationUnsupported, in: .server),
        "\(url) names no registration_endpoint" + (takesDocuments ? "" : ": clients need credentials made by hand"),
        takesDocuments
          ? "clients without a metadata document of their own cannot register"
          : "offer dynamic client registration, or support Client ID Metadata Documents")
    }
    let documents = InspectionRule("4", "draft-ietf-oauth-client-id-metadata-document section 5")
    if takesDocuments {
      add(
        .note, .documentsOffered, documents, "\(url) supports Client ID Metadata Documents",
        "a client that publishes one needs no registration: see --metadata-url")
    } else {
      add(
        .note, .documentsUnsupported, documents, "\(url) does not say client_id_metadata_document_supported",
        "MCP 2025-11-25 and later prefer Client ID Metadata Documents to dynamic registration")
    }
    switch members.strings("response_types_supported") {
    case nil:
      add(
        .warning, .responseTypes, .serverMembers, "\(url) lacks response_types_supported, which is required",
        "publish response_types_supported: [\"code\"]: strict clients refuse the document")
    case .some(let types) where !types.contains("code"):
      add(
        .warning, .responseTypes, .serverMembers, "\(url) does not list code in response_types_supported",
        "MCP clients use the authorization code grant alone")
    case .some: break
    }
    switch members.strings("grant_types_supported") {
    case .some(let grants) where !grants.contains("authorization_code"):
      add(
        .warning, .grantTypes, .serverMembers, "\(url) does not list authorization_code in grant_types_supported",
        "MCP clients use the authorization code grant alone")
    case .some(let grants) where !grants.contains("refresh_token"):
      add(
        .note, .grantTypes, .serverMembers, "\(url) does not list refresh_token in grant_types_supported",
        "users authorize again whenever an access token expires")
    case .some, nil: break
    }
    if members.strings("token_endpoint_auth_methods_supported") == nil {
      add(
        .note, .authMethodsUnstated, .serverMembers,
        "\(url) does not say token_endpoint_auth_methods_supported: that means client_secret_basic alone",
        "list none if public clients are allowed, so that there is no secret to keep")
    }
    if !members.bool("authorization_response_iss_parameter_supported") {
      add(
        .note, .issParameterUnstated, InspectionRule("3", "RFC 9207 section 3"),
        "\(url) does not say authorization_response_iss_parameter_supported",
        "send iss in authorization responses and say so: it protects clients of several servers from mix-up")
    }
    if let listed = members.strings("protected_resources"), !listed.containsExactly(survey.places.target.trust.written)
    {
      add(
        .warning, .protectedResources, InspectionRule("3", "RFC 9728 section 4"),
        "\(url) lists protected_resources, and the server is not one of them", "list the server's URL there")
    }
    return findings + moreWays(&members)
  }

  /// Further ways to get a token that the document offers. They are neither needed nor wrong.
  private func moreWays(_ members: inout MetadataMembers) -> [InspectionFinding] {
    var findings: [InspectionFinding] = []
    func note(
      _ remark: InspectionRemark, _ reference: String, _ message: String, _ values: [String], _ help: String
    ) {
      let shown = ForeignText.printable(values.joined(separator: ", "), limit: 256)
      findings.add(
        .note, .server, remark, InspectionRule("3", reference), "\(url) \(message): \(shown)", help: [help])
    }
    let profiles = members.strings("authorization_grant_profiles_supported") ?? []
    let extensions = "urn:ietf:params:oauth:grant-type:"
    let grants = (members.strings("grant_types_supported") ?? []).filter { $0.hasPrefix(extensions) }
    if profiles.contains(where: { $0.hasSuffix(":id-jag") }) || grants.contains(extensions + "jwt-bearer") {
      note(
        .enterpriseManaged, "MCP enterprise-managed authorization", "supports enterprise-managed authorization",
        profiles + grants, "a company's identity provider can sign its users in without the consent of each user")
    }
    if let algorithms = members.strings("dpop_signing_alg_values_supported") {
      note(
        .dpop, "RFC 9449 section 5.1", "issues tokens that are bound to a key (DPoP)", algorithms,
        "mcpauth registers clients without it")
    }
    if members.strings("token_endpoint_auth_methods_supported")?.contains("private_key_jwt") == true {
      note(
        .privateKeyJWT, "RFC 7523 section 2.2", "supports private_key_jwt at its token endpoint",
        members.strings("token_endpoint_auth_signing_alg_values_supported") ?? ["no algorithms named"],
        "mcpauth registers clients with none, client_secret_basic or client_secret_post")
    }
    return findings
  }
}
