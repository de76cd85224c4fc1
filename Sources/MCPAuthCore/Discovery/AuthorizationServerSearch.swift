/// Step 2: finds the authorization server's document (Discovery#Authorization-server-metadata). Takes the first listed server with a usable
/// document (Discovery#Choice-of-authorization-server).
struct AuthorizationServerSearch: Sendable, Equatable {
  struct Finding: Sendable, Equatable {
    /// The string that the protected resource metadata has for the authorization server.
    var authorizationServer: String
    var metadata: AuthorizationServerMetadata
  }

  enum Step: Sendable, Equatable {
    case fetch(MetadataFetch)
    case found(Finding)
    /// `isAbsence`: true if no document exists at any address.
    case failed(Diagnostic, retryAfter: Int?, isAbsence: Bool)
  }

  /// One authorization server.
  struct Candidate: Sendable, Equatable {
    /// The name in messages: the issuer as it was named, or the document's address.
    var name: String
    /// The possible addresses of its document, in order.
    var urls: [CheckedURL]
    /// Whether these addresses are final: if the document is not there, no other address is tried.
    var isNamed: Bool
    var check: IssuerCheck
    /// Who chose the URLs.
    var provenance: HTTPRequest.Provenance
    /// Whether the resource was named as its own authorization server (RealServers#21).
    var isTheResource = false
    /// Why no request is possible. Then there are no URLs.
    var problem: Diagnostic?
  }

  private(set) var step: Step
  private let target: DiscoveryTarget
  private var candidates: ArraySlice<Candidate>
  private var current: Candidate?
  private var urls: ArraySlice<CheckedURL> = []
  private var failures: [Failure] = []
  private var oddities: [Diagnostic] = []

  private struct Failure: Sendable, Equatable {
    enum Kind: Sendable { case absent, otherIssuer, invalid }
    var kind: Kind
    var name: String
    var diagnostic: Diagnostic
  }

  /// - Parameter candidates: at least one.
  init(_ candidates: [Candidate], _ target: DiscoveryTarget) {
    self.target = target
    self.candidates = ArraySlice(candidates)
    step = .failed(
      Diagnostic(.error, .noAuthorizationServer, "no authorization server is named"), retryAfter: nil, isAbsence: true)
    advance()
  }

  /// `authorization-server-passed-over` for every failed server, except one whose error is reported; `issuer-trailing-slash`,
  /// `metadata-member-ignored` and `pkce-assumed` for the server that is used.
  var warnings: [Diagnostic] {
    var passedOver = failures
    if case .failed(let diagnostic, _, _) = step,
      let reported = passedOver.firstIndex(where: { $0.diagnostic == diagnostic })
    {
      passedOver.remove(at: reported)
    }
    // If the inventory selects one of several servers, the others do not count as passed over.
    if target.issuer != nil { passedOver.removeAll { $0.kind == .otherIssuer } }
    return passedOver.map { failure in
      .warning(
        .authorizationServerPassedOver,
        "the authorization server '\(CheckedURL.shown(failure.name))' is skipped: \(failure.diagnostic.message)")
    } + oddities
  }

  /// - Returns: the conclusion about the document, for its record. nil if the class of the answer is enough.
  mutating func receive(_ answer: MetadataAnswer) -> String? {
    guard case .fetch(let fetch) = step, let current else { return nil }
    let url = fetch.url.redacted
    switch answer.outcome {
    case .object(let object): return read(AuthorizationServerDocument(object), at: url, current)
    case .absent(let why, let isRedirect):
      guard current.isNamed else { return askNext(current) }
      fail(.absent, .absent(current, why: why, isRedirect: isRedirect))
    case .denied(let status):
      guard current.isNamed else { return askNext(current) }
      fail(.absent, .absent(current, why: "it answers \(status)", isRedirect: false))
    case .invalid(let diagnostic): fail(.invalid, diagnostic)
    case .transient(let diagnostic, let retryAfter):
      step = .failed(diagnostic, retryAfter: retryAfter, isAbsence: false)
    }
    return nil
  }

  private mutating func read(_ document: AuthorizationServerDocument, at url: String, _ current: Candidate) -> String {
    let shown = document.issuer.map { "'\(CheckedURL.shown($0))'" } ?? document.insteadOfIssuer
    guard case .accepted(let server, let hasOtherSlash) = current.check.verdict(on: document.issuer),
      let issuer = document.issuer
    else {
      fail(.otherIssuer, .otherIssuer(document.issuer, shown, at: url, current.check))
      return "invalid: its issuer is \(shown)"
    }
    do throws(Diagnostic) {
      let (metadata, warnings) = try document.metadata(
        issuer: issuer, at: url, trust: target.trust, assumesS256: target.assumesS256)
      if hasOtherSlash {
        oddities.append(.otherSlash(at: url, shown, server))
      }
      oddities += warnings
      step = .found(Finding(authorizationServer: server, metadata: metadata))
      return "found"
    } catch {
      if target.issuer == nil {
        fail(.invalid, error)
      } else {
        // This is the document of the pinned issuer. There is no other document to look for.
        step = .failed(error, retryAfter: nil, isAbsence: false)
      }
      return "invalid: \(error.message)"
    }
  }

  private mutating func fail(_ kind: Failure.Kind, _ diagnostic: Diagnostic) {
    failures.append(Failure(kind: kind, name: current?.name ?? "", diagnostic: diagnostic))
    advance()
  }

  /// Continues with the first address of the next server.
  private mutating func advance() {
    while let candidate = candidates.popFirst() {
      current = candidate
      urls = ArraySlice(candidate.urls)
      if let url = urls.popFirst() {
        step = .fetch(MetadataFetch(url, provenance: candidate.provenance, trust: target.trust))
        return
      }
      if let problem = candidate.problem {
        failures.append(Failure(kind: .invalid, name: candidate.name, diagnostic: problem))
      }
    }
    // With a pinned issuer, a document with another issuer or with a mistake is a more useful error than a missing document.
    var telling: Failure?
    if target.issuer != nil {
      telling = failures.first { $0.kind == .otherIssuer } ?? failures.first { $0.kind == .invalid }
    }
    guard let failure = telling ?? failures.first else { return }
    step = .failed(failure.diagnostic, retryAfter: nil, isAbsence: failures.allSatisfy { $0.kind == .absent })
  }

  /// Continues with the next address of the same server.
  private mutating func askNext(_ current: Candidate) -> String? {
    if let url = urls.popFirst() {
      step = .fetch(MetadataFetch(url, provenance: current.provenance, trust: target.trust))
    } else {
      fail(.absent, .absent(current, why: nil, isRedirect: false))
    }
    return nil
  }
}

extension Diagnostic {
  /// - Parameter why: the reason for the one address that was named. nil if several addresses were tried.
  static func absent(
    _ candidate: AuthorizationServerSearch.Candidate, why: String?, isRedirect: Bool
  ) -> Diagnostic {
    let name = CheckedURL.shown(candidate.name)
    var help = [
      "write metadata_url if the document is somewhere else",
      "or give client_id, authorization_endpoint and token_endpoint in the inventory",
    ]
    if candidate.isNamed { help[0] = "correct metadata_url, or leave it out to look at the well-known addresses" }
    if candidate.isTheResource {
      help.insert(
        "have the server's provider list the issuer in authorization_servers, not the server's own URL", at: 0)
    }
    let message =
      if let why {
        "'\(name)' is not the metadata of an authorization server: \(why)"
      } else if candidate.isTheResource {
        "the protected resource metadata lists the resource itself ('\(name)') as its authorization server, "
          + "and no authorization server metadata is published for it"
      } else {
        "no authorization server metadata is published for '\(name)'"
      }
    return Diagnostic(
      .error, isRedirect ? .redirectRefused : .authorizationServerMetadataUnavailable, message, help: help)
  }

  /// `issuer-trailing-slash`. `server` is the issuer as it was named.
  static func otherSlash(at url: String, _ shown: String, _ server: String) -> Diagnostic {
    .warning(
      .issuerTrailingSlash,
      "\(url) says that its issuer is \(shown), which differs from '\(CheckedURL.shown(server))' by a trailing slash",
      help: ["have the authorization server's provider use one form: clients compare issuers as text"])
  }

  static func otherIssuer(
    _ issuer: String?, _ shown: String, at url: String, _ check: IssuerCheck
  ) -> Diagnostic {
    var help: [String] = []
    if let issuer {
      if issuer.lowercased().hasPrefix("http://"), url.hasPrefix("https://") {
        help.append("a server behind a TLS proxy must honour X-Forwarded-Proto to advertise https URLs")
      }
      help.append(
        check.pinned == nil
          ? "write issuer: with exactly that text if you know that this is the server's issuer"
          : "correct issuer: it must be exactly the text of the document")
    } else {
      help.append("have the authorization server publish issuer (RFC 8414 section 2)")
    }
    let due = check.shown.isEmpty ? "" : ", where \(check.shown) is expected"
    return Diagnostic(
      .error, .issuerMismatch, "\(url) is another issuer's document: its issuer is \(shown)\(due)",
      notes: ["nothing was sent to any of its endpoints"], help: help)
  }
}
