/// Step 1 after the probe: finds the document that describes the resource, and checks that it is this resource (Discovery#Candidates,
/// Discovery#Resource-check).
struct ResourceMetadataSearch: Sendable, Equatable {
  struct Finding: Sendable, Equatable {
    /// The resource of the document, unchanged, or that of the inventory.
    var resource: String
    var authorizationServers: [String]
    var scopes: [String]?
    var route: DiscoveredServer.Route
    var warnings: [Diagnostic]
  }

  enum Step: Sendable, Equatable {
    case fetch(MetadataFetch)
    case found(Finding)
    /// Every candidate was absent or denied. Only possible if no document was named.
    case nothing(denied: Bool)
    case failed(Diagnostic, retryAfter: Int?)
  }

  /// The most URLs of challenges that are tried.
  static let namedLimit = 8

  private enum Candidate: Sendable, Equatable {
    /// Named by a challenge or by the inventory. If it fails, no other place is tried.
    case named(String)
    case guessed(WellKnownURL.Candidate)
  }

  private(set) var step: Step
  private let target: DiscoveryTarget
  private var candidates: ArraySlice<Candidate>
  private var route: DiscoveredServer.Route
  private let isNamed: Bool
  private var failures: [Diagnostic] = []
  private var wasDenied = false

  init(_ target: DiscoveryTarget, named: [String]) {
    self.target = target
    if case .url(let url) = target.resourceMetadata {
      candidates = [.named(url)]
      route = .inventory
    } else {
      candidates = ArraySlice(named.prefix(Self.namedLimit).map(Candidate.named))
      route = .challenge
    }
    isNamed = !candidates.isEmpty
    if !isNamed { candidates = ArraySlice(WellKnownURL.protectedResource(of: target.trust.url).map(Candidate.guessed)) }
    step = .nothing(denied: false)
    advance()
  }

  /// - Returns: the conclusion about the document, for its record. nil if the class of the answer is enough.
  mutating func receive(_ answer: MetadataAnswer) -> String? {
    guard case .fetch(let fetch) = step else { return nil }
    let url = fetch.url.redacted
    switch answer.outcome {
    case .object(let object):
      do throws(Diagnostic) {
        step = .found(try check(ProtectedResourceMetadata(object), at: url))
        return "found"
      } catch {
        isNamed ? fail(error) : stop(error)
        return "invalid: \(error.message)"
      }
    case .absent(let why, let isRedirect):
      isNamed ? fail(unavailable(url, why, isRedirect ? .redirectRefused : .resourceMetadataUnavailable)) : advance()
    case .denied(let status):
      wasDenied = true
      isNamed ? fail(unavailable(url, "it answers \(status)", .resourceMetadataUnavailable)) : advance()
    case .invalid(let diagnostic): isNamed ? fail(diagnostic) : stop(diagnostic)
    case .transient(let diagnostic, let retryAfter): step = .failed(diagnostic, retryAfter: retryAfter)
    }
    return nil
  }

  private mutating func stop(_ diagnostic: Diagnostic) { step = .failed(diagnostic, retryAfter: nil) }

  private mutating func fail(_ diagnostic: Diagnostic) {
    failures.append(diagnostic)
    advance()
  }

  private mutating func advance() {
    while let candidate = candidates.popFirst() {
      switch candidate {
      case .guessed(let guess):
        route = guess.route
        step = .fetch(MetadataFetch(guess.url, provenance: .inventory, trust: target.trust))
        return
      case .named(let text):
        do throws(Diagnostic) {
          step = .fetch(try Self.fetch(named: text, isFromInventory: route == .inventory, target.trust))
          return
        } catch {
          failures.append(error)
        }
      }
    }
    // A wrong document is a more useful error than a missing one.
    let nothingThere: Set<DiagnosticCode> = [.resourceMetadataUnavailable, .redirectRefused]
    if let failure = failures.first(where: { !nothingThere.contains($0.code) }) ?? failures.first {
      stop(failure)
    } else {
      step = .nothing(denied: wasDenied)
    }
  }

  /// The document that a challenge or the inventory (`isFromInventory`) names.
  ///
  /// - Throws: `invalid-url` or `insecure-url`.
  static func fetch(
    named text: String, isFromInventory: Bool, _ trust: ServerTrust
  ) throws(Diagnostic) -> MetadataFetch {
    let url = try trust.endpoint(text, called: "protected resource metadata URL")
    return MetadataFetch(url, provenance: trust.provenance(of: url, isFromInventory: isFromInventory), trust: trust)
  }

  private func check(_ document: ProtectedResourceMetadata, at url: String) throws(Diagnostic) -> Finding {
    var finding = Finding(
      resource: target.resource ?? document.resource ?? "", authorizationServers: document.authorizationServers,
      scopes: document.scopesSupported, route: route, warnings: document.warnings)
    let check = ResourceDocumentCheck(target: target)
    if let warning = try check.resource(of: document, at: url) { finding.warnings.append(warning) }
    try check.authorizationServers(of: document, at: url)
    return finding
  }

  private func unavailable(_ url: String, _ why: String, _ code: DiagnosticCode) -> Diagnostic {
    let who = route == .inventory ? "resource_metadata_url" : "the server's challenge"
    return Diagnostic(
      .error, code, "\(who) names \(url) as the protected resource metadata, and \(why)",
      help: [
        route == .inventory
          ? "correct resource_metadata_url, or leave it out to look where the server says"
          : "have the server's provider publish it: no other address is tried if a challenge names a document",
        "or write resource_metadata_url: with the right address, or none, and issuer",
      ])
  }
}
