/// Read, update and delete of a registered client (RFC 7592), if the server supports it for this client.
///
/// Each of the three may replace the token. Write an intent before the call, and store the result before anything else
/// (Registration#Management).
public struct ManagementRequest: Sendable, Equatable {
  /// The operation.
  public enum Call: Sendable, Equatable {
    /// RFC 7592 section 2.1.
    case read
    /// RFC 7592 section 2.2: sends the whole metadata.
    case update(RequestedRegistration)
    /// RFC 7592 section 2.3.
    case delete
  }

  /// The operation.
  public let call: Call
  /// The client as it is known before the call.
  public let known: RegisteredClient
  let url: CheckedURL
  let trust: ServerTrust
  private let token: Secret
  private let softwareStatement: Secret?
  private let provenance: HTTPRequest.Provenance

  /// - Parameters:
  ///   - call: for an update, the requested metadata. If the inventory names no method, the client keeps its own. Scopes that were left out
  ///     at the registration stay left out.
  ///   - known: the client. It must be managed.
  ///   - registrationEndpoint: where the client was registered. A management URI of another origin is not used.
  ///   - softwareStatement: for an update, if the inventory has one.
  ///   - trust: the trust of the server that the client belongs to.
  ///   - isFromInventory: whether the inventory names the registration endpoint.
  /// - Throws: `update-rejected` for a client without management, for a token that is not valid in a header field, or for a change from
  ///   `none` to a method with a secret, which is never made in place; `invalid-url`, `insecure-url`.
  public init(
    _ call: Call, of known: RegisteredClient, registrationEndpoint: String?, softwareStatement: Secret? = nil,
    trust: ServerTrust, isFromInventory: Bool = false
  ) throws(Diagnostic) {
    guard let uri = known.registrationClientURI, let token = known.registrationAccessToken, token.isHeaderSafe else {
      throw Diagnostic(
        .error, .updateRejected, "the client was registered without usable RFC 7592 management",
        help: ["replace it by raising generation, or change it at its provider"])
    }
    self.url = try trust.endpoint(uri, called: "registration_client_uri")
    let endpoint = try trust.endpoint(registrationEndpoint ?? "", called: "registration endpoint")
    guard url.origin == endpoint.origin else {
      throw Diagnostic(
        .error, .updateRejected,
        "the client's management at \(url.redacted) is not used: its origin is not that of the registration endpoint, \(endpoint.origin)",
        help: ["replace the client by raising generation, or change it at its provider"])
    }
    self.token = token
    self.known = known
    self.trust = trust
    self.softwareStatement = softwareStatement
    self.provenance = trust.provenance(of: url, isFromInventory: isFromInventory)
    guard case .update(var wanted) = call else {
      self.call = call
      return
    }
    if !wanted.isInventoryMethod { wanted.tokenEndpointAuthMethod = known.tokenEndpointAuthMethod }
    guard Self.canUpdateInPlace(from: known.tokenEndpointAuthMethod, to: wanted.tokenEndpointAuthMethod) else {
      throw Diagnostic(
        .error, .updateRejected,
        "a client cannot be changed from 'none' to '\(wanted.tokenEndpointAuthMethod)' in place: servers then forget to issue a secret",
        help: ["replace the client: raise generation"])
    }
    if known.scopesFrom == .none, wanted.scopesFrom != .inventory { wanted = wanted.withoutScope() }
    self.call = .update(wanted)
  }

  /// The deletion of a client for which only the data for the deletion are known: an abandoned client or an orphan.
  ///
  /// - Throws: the same errors as the first initializer.
  public init(
    deleting client: AbandonedClient, registrationEndpoint: String?, trust: ServerTrust, isFromInventory: Bool = false
  ) throws(Diagnostic) {
    let known = RegisteredClient(
      clientID: client.clientID, tokenEndpointAuthMethod: TokenEndpointAuthMethod.none, grantTypes: [],
      applicationType: .web, redirectURIs: [], scopes: [], scopesFrom: .none,
      registrationClientURI: client.registrationClientURI, registrationAccessToken: client.registrationAccessToken)
    try self.init(
      .delete, of: known, registrationEndpoint: registrationEndpoint, trust: trust, isFromInventory: isFromInventory)
  }

  /// Registration#Management: never from `none` to a method with a secret (RealServers#73).
  public static func canUpdateInPlace(from old: String, to new: String) -> Bool {
    old == new || old != TokenEndpointAuthMethod.none
  }

  /// The request as it is sent. This is the only place where the token is opened.
  public func httpRequest() -> HTTPRequest {
    var fields = [HTTPField("Accept", "application/json"), .bearer(token)]
    var body: [UInt8]?
    if case .update(let wanted) = call {
      fields.append(HTTPField("Content-Type", "application/json"))
      // Never sends the token, the URI or the two times: some servers refuse a request with any of these (RealServers#71, RFC 7592 section 2.2).
      var members = wanted.members
      members["client_id"] = .string(known.clientID)
      if let softwareStatement, !softwareStatement.isEmpty {
        members["software_statement"] = .string(softwareStatement.open())
      }
      body = JSONWriter.compact(.object(members))
    }
    // The same timeout as for a registration. After a timeout, the server may have replaced the token.
    return HTTPRequest(
      method, url, fields: fields, body: body, provenance: provenance, timeout: RegistrationRequest.timeout)
  }

  var method: HTTPRequest.Method {
    switch call {
    case .read: .get
    case .update: .put
    case .delete: .delete
    }
  }

  /// The secrets that must be removed from a server's error text.
  var secrets: [Secret] { [token, softwareStatement, known.clientSecret].compactMap { $0 } }
}
