/// An authorization server's document (RFC 8414 section 2, OpenID Connect Discovery section 3) and its checks, except the check of the
/// issuer (Discovery#Authorization-server-metadata).
struct AuthorizationServerDocument {
  /// Exactly as in the document. nil if it is missing.
  let issuer: String?
  /// What the document has instead of a valid issuer: "missing", "a list".
  let insteadOfIssuer: String
  private var members: MetadataMembers

  init(_ object: JSONObject) {
    members = MetadataMembers(object)
    issuer = members.required("issuer")
    insteadOfIssuer = members.insteadOf("issuer")
  }

  /// All used members, after the issuer was checked.
  ///
  /// - Parameters:
  ///   - url: the document's URL, for messages.
  ///   - assumesS256: assumes PKCE if the document does not mention it.
  /// - Throws: `metadata-invalid`, `invalid-url`, `insecure-url`, `pkce-unsupported`.
  func metadata(
    issuer: String, at url: String, trust: ServerTrust, assumesS256: Bool
  ) throws(Diagnostic) -> (AuthorizationServerMetadata, warnings: [Diagnostic]) {
    let authorization = try endpoint("authorization_endpoint", at: url, trust: trust)
    let token = try endpoint("token_endpoint", at: url, trust: trust)
    var (metadata, warnings) = assembled(issuer: issuer, trust: trust)
    metadata.authorizationEndpoint = authorization
    metadata.tokenEndpoint = token
    if let warning = try pkce(metadata.codeChallengeMethodsSupported, at: url, assumesS256: assumesS256) {
      warnings.append(warning)
    }
    return (metadata, warnings)
  }

  /// All members as they are, even if the required ones are wrong. Missing members are empty.
  func assembled(
    issuer: String, trust: ServerTrust
  ) -> (AuthorizationServerMetadata, warnings: [Diagnostic]) {
    var members = members
    let challengeMethods = members.strings("code_challenge_methods_supported")
    var revocation = members.string("revocation_endpoint")
    if let named = revocation {
      do throws(CheckedURL.Problem) {
        _ = try CheckedURL(named, plaintext: trust.plaintext)
      } catch {
        members.warn("revocation_endpoint '\(CheckedURL.shown(named))' cannot be used, and is ignored: \(error.reason)")
        revocation = nil
      }
    }
    let metadata = AuthorizationServerMetadata(
      issuer: issuer, authorizationEndpoint: members.required("authorization_endpoint") ?? "",
      tokenEndpoint: members.required("token_endpoint") ?? "",
      // It is checked where it is used, because a client that needs no registration does not need a correct endpoint.
      registrationEndpoint: members.string("registration_endpoint"), revocationEndpoint: revocation,
      tokenEndpointAuthMethodsSupported: members.strings("token_endpoint_auth_methods_supported"),
      grantTypesSupported: members.strings("grant_types_supported"),
      scopesSupported: members.strings("scopes_supported"), codeChallengeMethodsSupported: challengeMethods,
      authorizationResponseIssParameterSupported: members.bool("authorization_response_iss_parameter_supported"),
      clientIDMetadataDocumentSupported: members.bool("client_id_metadata_document_supported"))
    return (metadata, members.warnings)
  }

  /// The endpoint must be present and absolute. It is kept byte for byte with its query (RFC 6749 section 3.1).
  func endpoint(
    _ name: String, at url: String, trust: ServerTrust
  ) throws(Diagnostic) -> String {
    guard let text = members.required(name) else {
      throw Diagnostic(
        .error, .metadataInvalid, "\(url) lacks what is required: \(name) is \(members.insteadOf(name))",
        help: ["have the authorization server publish \(name) (RFC 8414 section 2)"] + Self.manual)
    }
    do throws(CheckedURL.Problem) {
      _ = try CheckedURL(text, plaintext: trust.plaintext)
    } catch {
      throw Diagnostic(
        .error, error.code, "\(name) '\(CheckedURL.shown(text))' of \(url) cannot be used: \(error.reason)",
        help: CheckedURL.help(for: error) + Self.manual)
    }
    return text
  }

  /// `code_challenge_methods_supported` must contain S256 (RFC 7636; MCP authorization, Authorization Code Protection).
  func pkce(
    _ methods: [String]?, at url: String, assumesS256: Bool
  ) throws(Diagnostic) -> Diagnostic? {
    guard let methods else {
      guard assumesS256 else {
        throw Diagnostic(
          .error, .pkceUnsupported, "\(url) does not say that S256 is supported: no code_challenge_methods_supported",
          help: ["write pkce: assume_s256 if you know that the authorization server supports it"])
      }
      return .warning(.pkceAssumed, "\(url) does not mention PKCE; support for S256 is assumed, as pkce says")
    }
    guard !methods.contains("S256") else { return nil }
    let listed = methods.map { ForeignText.printable($0, limit: 32) }.prefix(8).joined(separator: ", ")
    throw Diagnostic(
      .error, .pkceUnsupported, "\(url) does not support PKCE with S256: it lists \(listed)",
      help: ["this authorization server cannot be used: MCP clients must use S256, and pkce does not change that"])
  }

  private static let manual = ["or give client_id, authorization_endpoint and token_endpoint in the inventory"]
}
