/// A client registration request (RFC 7591 section 3.1): the requested metadata, the endpoint, and the secrets that are sent with it.
public struct RegistrationRequest: Sendable, Equatable {
  /// Seconds to wait for the answer. After a timeout the outcome is unknown, and real servers take 20 s under load (RealServers#69).
  public static let timeout = 60

  /// The registration endpoint.
  public let endpoint: CheckedURL
  /// The requested metadata.
  public var requested: RequestedRegistration
  /// `software_statement` (RFC 7591 section 2.3).
  public let softwareStatement: Secret?
  /// Sent in `Authorization: Bearer` of this request only. Never sent if none is configured (RealServers#77).
  public let initialAccessToken: Secret?
  /// The trust of the server that the client is for.
  public let trust: ServerTrust
  private let provenance: HTTPRequest.Provenance

  /// - Parameters:
  ///   - endpoint: the registration endpoint as in the metadata or the inventory.
  ///   - requested: the requested metadata.
  ///   - softwareStatement: a signed statement, if the inventory has one.
  ///   - initialAccessToken: a token, if the inventory has one.
  ///   - trust: the trust of the server that the client is for.
  ///   - isFromInventory: whether the inventory names the endpoint.
  /// - Throws: `invalid-url` or `insecure-url` for the endpoint, `invalid-value` for a token that is not valid in a header field.
  public init(
    endpoint: String, requested: RequestedRegistration, softwareStatement: Secret? = nil,
    initialAccessToken: Secret? = nil, trust: ServerTrust, isFromInventory: Bool = false
  ) throws(Diagnostic) {
    self.endpoint = try trust.endpoint(endpoint, called: "registration endpoint")
    if let initialAccessToken, !initialAccessToken.isHeaderSafe {
      throw Diagnostic(
        .error, .invalidValue,
        "the initial access token is empty or has a character that is not allowed in a header field",
        help: ["look for a line end or a space in the value of initial_access_token"])
    }
    self.requested = requested
    self.softwareStatement = softwareStatement
    self.initialAccessToken = initialAccessToken
    self.trust = trust
    provenance = trust.provenance(of: self.endpoint, isFromInventory: isFromInventory)
  }

  /// The request as it is sent. This is the only place where its secrets are opened.
  public func httpRequest() -> HTTPRequest {
    var members = requested.members
    if let softwareStatement, !softwareStatement.isEmpty {
      members["software_statement"] = .string(softwareStatement.open())
    }
    var fields = [HTTPField("Accept", "application/json"), HTTPField("Content-Type", "application/json")]
    if let initialAccessToken { fields.append(.bearer(initialAccessToken)) }
    return HTTPRequest(
      .post, endpoint, fields: fields, body: JSONWriter.compact(.object(members)), provenance: provenance,
      timeout: Self.timeout)
  }

  /// The secrets that must be removed from a server's error text.
  var secrets: [Secret] { [softwareStatement, initialAccessToken].compactMap { $0 } }
}

extension HTTPField {
  /// RFC 6750 section 2.1.
  static func bearer(_ token: Secret) -> HTTPField { HTTPField("Authorization", "Bearer " + token.open()) }
}

extension Secret {
  /// Only visible ASCII: no line end, which would begin another header field.
  package var isHeaderSafe: Bool {
    let value = open()
    return !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
