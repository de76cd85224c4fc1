/// The client of the inventory as a Client ID Metadata Document (draft-ietf-oauth-client-id-metadata-document). The document's URL is the
/// client id. The served document must match the inventory (Registration#Client-ID-Metadata-Documents).
public struct ClientIDMetadataDocument: Sendable, Hashable {
  /// The result of a check of the document.
  public enum Verdict: Sendable, Equatable {
    /// The document is correct.
    case valid
    /// `client-metadata-invalid`: a document was served, but it is wrong. No authorization server would accept it.
    case invalid(Diagnostic)
    /// Warning `client-metadata-unverified`: the document could not be read from this machine. The authorization server may be able to read it.
    case unverified(Diagnostic)
  }

  /// The client id, unchanged.
  public let clientID: String
  private let url: CheckedURL

  /// - Parameters:
  ///   - clientID: the document's URL: https, with a path, without dot segments, fragment or userinfo (draft section 3).
  ///   - trust: the trust of the server that the client is for. A local server may have a local document. nil: only https is allowed.
  /// - Throws: `client-metadata-invalid`, `invalid-url`, `insecure-url`.
  public init(clientID: String, trust: ServerTrust? = nil) throws(Diagnostic) {
    let url = try CheckedURL.endpoint(clientID, called: "client metadata URL", plaintext: trust?.plaintext ?? .refused)
    guard !url.path.isEmpty, url.path != "/" else {
      throw Self.wrong("the client metadata URL '\(clientID)' has no path", at: nil)
    }
    let segments = url.path.split(separator: "/").map { $0.lowercased().replacing("%2e", with: ".") }
    guard !segments.contains("."), !segments.contains("..") else {
      throw Self.wrong("the client metadata URL '\(clientID)' has a dot segment", at: nil)
    }
    self.clientID = clientID
    self.url = url
  }

  /// Whether the document is served on this machine.
  package var isOnLoopback: Bool { url.isLoopback }

  /// The GET that reads the document. The sender must not follow redirects.
  public func request() -> HTTPRequest {
    HTTPRequest(.get, url, fields: [HTTPField("Accept", "application/json")], provenance: .inventory)
  }

  /// - Parameter redirectURIs: the redirect URIs that the document must contain, byte for byte.
  public func interpret(_ received: Result<HTTPResponse, HTTPFailure>, redirectURIs: [String]) -> Verdict {
    switch received {
    case .failure(let failure):
      return unverified(failure.message, record: RequestRecord(method: "GET", url: url.redacted, note: failure.message))
    case .success(let response):
      var record = RequestRecord(
        method: "GET", url: url.redacted, status: response.status, contentType: response.contentType)
      guard response.status == 200 else {
        return unverified("it answers \(response.status)", record: record)
      }
      guard let problem = problem(response, redirectURIs: redirectURIs) else { return .valid }
      record.note = problem
      return .invalid(Self.wrong("the client metadata document '\(clientID)' is wrong: \(problem)", at: record))
    }
  }

  /// The most bytes that authorization servers must read (draft section 6.6).
  static let sizeLimit = 5 << 10

  /// All mistakes in the document, and all reasons why some authorization servers do not accept it.
  package func review(
    _ received: Result<HTTPResponse, HTTPFailure>, redirectURIs: [String]
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    switch interpret(received, redirectURIs: redirectURIs) {
    case .valid: break
    case .invalid(let diagnostic): found.append(diagnostic)
    case .unverified(var diagnostic):
      diagnostic.severity = .error
      return [diagnostic]
    }
    guard case .success(let response) = received else { return found }
    func add(_ severity: Diagnostic.Severity, _ message: String, help: [String]) {
      found.append(Diagnostic(severity, .clientMetadataInvalid, "the document '\(clientID)' \(message)", help: help))
    }
    let type = response.contentType
    if type != "application/json", type.map({ $0.hasPrefix("application/") && $0.hasSuffix("+json") }) != true {
      add(
        .error, "is sent with \(type.map { "Content-Type '\($0)'" } ?? "no Content-Type")",
        help: ["send Content-Type: application/json"])
    }
    if response.body.count > Self.sizeLimit {
      add(
        .error, "has \(response.body.count) bytes, and authorization servers need not read more than \(Self.sizeLimit)",
        help: ["leave out what is not needed"])
    }
    let listed = AnswerMembers(response.body)?.strings("redirect_uris") ?? []
    for uri in listed {
      guard let twin = Self.otherPort(of: uri), !listed.contains(where: { Self.isSameButPort($0, twin) }) else {
        continue
      }
      add(
        .warning,
        "lists \(ForeignText.printable(uri, limit: 256)) only \(twin.hasPort ? "without a port" : "with its port")",
        help: [
          "list it with and without the port: some authorization servers compare the port of a loopback address, others do not"
        ])
    }
    return found
  }

  private struct Twin {
    var host: String
    var path: String
    /// Whether the URI that is looked for has a port.
    var hasPort: Bool
  }

  /// The second form of a loopback redirect URI that should also be listed: with a port, or without one. nil for all other URIs.
  private static func otherPort(of uri: String) -> Twin? {
    guard let url = try? CheckedURL(uri, plaintext: .loopback), !url.isSecure, url.isLoopback else { return nil }
    return Twin(host: url.host, path: url.path, hasPort: !hasPort(uri))
  }

  private static func isSameButPort(_ uri: String, _ twin: Twin) -> Bool {
    guard let other = otherPort(of: uri) else { return false }
    return other.host == twin.host && other.path == twin.path && other.hasPort != twin.hasPort
  }

  private static func hasPort(_ uri: String) -> Bool {
    let authority = uri.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" }
    // The colons of an IPv6 address are before a "]".
    return authority.last != "]" && authority.contains(":")
  }

  /// The document for a client, as it must be served at `client.metadataURL`. That URL becomes its `client_id`.
  public static func document(for client: ClientMetadata) -> [UInt8] {
    var object: JSONObject = [
      "client_name": .string(client.clientName), "redirect_uris": .array(client.redirectURIs.map(JSON.string)),
      "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
      "token_endpoint_auth_method": .string(TokenEndpointAuthMethod.none),
    ]
    let type = client.applicationType ?? ApplicationType.inferred(from: client.redirectURIs)
    let optional: [(String, String?)] = [
      ("client_id", client.metadataURL), ("application_type", type?.rawValue), ("client_uri", client.clientURI),
      ("logo_uri", client.logoURI), ("tos_uri", client.tosURI), ("policy_uri", client.policyURI),
      ("software_id", client.softwareID), ("software_version", client.softwareVersion),
    ]
    for (name, value) in optional {
      if let value, !value.isEmpty { object[name] = .string(value) }
    }
    if !client.contacts.isEmpty { object["contacts"] = .array(client.contacts.map(JSON.string)) }
    if let scopes = client.scopes, !scopes.isEmpty { object["scope"] = .string(scopes.joined(separator: " ")) }
    return JSONWriter.canonical(.object(object))
  }

  /// Checks draft section 4.1. nil if there is no problem.
  private func problem(_ response: HTTPResponse, redirectURIs: [String]) -> String? {
    guard let answer = AnswerMembers(response.body) else { return "it is not a JSON object" }
    guard let named = answer.string("client_id"), named.isExactly(clientID) else {
      let shown = answer.string("client_id").map { "'\(ForeignText.printable($0, limit: 256))'" } ?? "missing"
      return "client_id must be the document's own URL, and is \(shown)"
    }
    guard answer.string("client_name") != nil else { return "client_name is missing" }
    let listed = answer.strings("redirect_uris") ?? []
    if let missing = redirectURIs.first(where: { !listed.containsExactly($0) }) {
      return "redirect_uris lacks \(missing)"
    }
    for name in ["client_secret", "client_secret_expires_at"] where (answer.object[name] ?? .null) != .null {
      return "it must not have \(name): everybody can read it"
    }
    if let method = answer.authMethod, method.hasPrefix("client_secret") {
      return
        "token_endpoint_auth_method '\(ForeignText.printable(method, limit: 64))' needs a secret, and this client has none"
    }
    return nil
  }

  private func unverified(_ why: String, record: RequestRecord) -> Verdict {
    .unverified(
      .warning(
        .clientMetadataUnverified, "the client metadata document '\(clientID)' could not be read: \(why)",
        help: ["make sure that authorization servers can read it"], requests: [record]))
  }

  private static func wrong(_ message: String, at record: RequestRecord?) -> Diagnostic {
    Diagnostic(
      .error, .clientMetadataInvalid, message,
      help: ["serve what mcpauth client-metadata prints, at exactly client.metadata_url"],
      requests: record.map { [$0] } ?? [])
  }
}
