/// How mcpauth gets a client at an authorization server (Registration#Strategies).
public struct RegistrationChoice: Sendable, Equatable {
  /// The three ways.
  public enum Way: Sendable, Equatable {
    /// The inventory contains the client. The server is not asked.
    case preregistered
    /// A Client ID Metadata Document: its URL is the client id.
    case cimd(metadataURL: String)
    /// Dynamic client registration at this endpoint (RFC 7591 section 3), byte for byte as in the metadata (RealServers#82).
    case dcr(endpoint: String)
  }

  /// The chosen way.
  public var way: Way
  /// `dcr-deprecated`.
  public var warnings: [Diagnostic]

  /// The order of the specification for `auto`: CIMD if it is configured, offered and usable, otherwise DCR. A strategy that the inventory
  /// names is never replaced by another one (RealServers#49), and a registration endpoint is never invented.
  ///
  /// - Parameters:
  ///   - strategy: the inventory's `registration`.
  ///   - client: the metadata of the client to register.
  ///   - metadata: the server's metadata. Its `registrationEndpoint` is replaced by the inventory's, if the inventory names one.
  /// - Throws: `registration-unsupported`, with everything that a user needs to register a client by hand.
  public static func choose(
    strategy: RegistrationStrategy, client: ClientMetadata, metadata: AuthorizationServerMetadata
  ) throws(Diagnostic) -> RegistrationChoice {
    switch strategy {
    case .preregistered:
      return RegistrationChoice(way: .preregistered, warnings: [])
    case .cimd:
      guard let url = client.metadataURL else {
        throw unsupported(
          "registration is cimd, but there is no Client ID Metadata Document to name", client, metadata,
          first: "set client.metadata_url to the document's https URL")
      }
      guard metadata.clientIDMetadataDocumentSupported else {
        throw unsupported(
          "\(shown(metadata.issuer)) does not support Client ID Metadata Documents, and registration is cimd", client,
          metadata,
          first: metadata.registrationEndpoint == nil
            ? nil : "write registration: dcr, or leave it out: the server has a registration endpoint")
      }
      guard takesPublicClients(metadata) else {
        throw Diagnostic(
          .error, .authMethodUnsupported,
          "\(shown(metadata.issuer)) accepts no public client, and a Client ID Metadata Document describes one: it lists "
            + shown((metadata.tokenEndpointAuthMethodsSupported ?? []).joined(separator: ", ")),
          help: ["write registration: dcr, if the server has a registration endpoint"])
      }
      return RegistrationChoice(way: .cimd(metadataURL: url), warnings: [])
    case .auto:
      if let url = client.metadataURL, metadata.clientIDMetadataDocumentSupported, takesPublicClients(metadata) {
        return RegistrationChoice(way: .cimd(metadataURL: url), warnings: [])
      }
      return try dynamic(client, metadata)
    case .dcr:
      return try dynamic(client, metadata)
    }
  }

  /// A client with a public document is a public client. A server without a list has said nothing about its methods.
  private static func takesPublicClients(_ metadata: AuthorizationServerMetadata) -> Bool {
    metadata.tokenEndpointAuthMethodsSupported?.contains(TokenEndpointAuthMethod.none) ?? true
  }

  private static func dynamic(
    _ client: ClientMetadata, _ metadata: AuthorizationServerMetadata
  ) throws(Diagnostic) -> RegistrationChoice {
    guard let endpoint = metadata.registrationEndpoint else {
      throw unsupported(
        "\(shown(metadata.issuer)) has no registration endpoint: needs manual credentials", client, metadata,
        first: metadata.clientIDMetadataDocumentSupported && client.metadataURL == nil
          ? "set client.metadata_url: the server supports Client ID Metadata Documents" : nil)
    }
    guard metadata.clientIDMetadataDocumentSupported, takesPublicClients(metadata) else {
      return RegistrationChoice(way: .dcr(endpoint: endpoint), warnings: [])
    }
    // MCP 2026-07-28: dynamic registration is deprecated if a metadata document can be used instead.
    let help =
      client.metadataURL == nil
      ? "set client.metadata_url to the URL of your Client ID Metadata Document"
      : "write registration: cimd, or leave registration out"
    return RegistrationChoice(
      way: .dcr(endpoint: endpoint),
      warnings: [
        .warning(
          .dcrDeprecated,
          "a client is registered dynamically at \(shown(metadata.issuer)), which supports Client ID Metadata Documents",
          help: [help])
      ])
  }

  /// `registration-unsupported`: the issuer, both endpoints, the exact redirect URIs, and an example to paste.
  static func unsupported(
    _ message: String, _ client: ClientMetadata, _ metadata: AuthorizationServerMetadata, first: String? = nil
  ) -> Diagnostic {
    unsupported(message, redirectURIs: client.redirectURIs, metadata, first: first)
  }

  static func unsupported(
    _ message: String, redirectURIs: [String], _ metadata: AuthorizationServerMetadata, first: String? = nil
  ) -> Diagnostic {
    let stub = """
      then give the client to this server in the inventory:
        oauth2:
          registration: preregistered
          client_id: CLIENT_ID
          client_secret: {env: CLIENT_SECRET}   # not for a public client
      """
    return Diagnostic(
      .error, .registrationUnsupported, message,
      notes: [
        // Lines of YAML that the user can paste.
        "issuer: \(PastedText.yaml(metadata.issuer))",
        "authorization_endpoint: \(PastedText.yaml(metadata.authorizationEndpoint))",
        "token_endpoint: \(PastedText.yaml(metadata.tokenEndpoint))",
      ]
        + (metadata.tokenEndpointAuthMethodsSupported.map { methods in
          ["token_endpoint_auth_method: one of " + shown(methods.joined(separator: ", "))]
        } ?? []),
      help: (first.map { [$0] } ?? []) + [
        "make a client by hand at the provider of \(shown(metadata.issuer)) "
          + "(authorization endpoint \(shown(metadata.authorizationEndpoint)), token endpoint \(shown(metadata.tokenEndpoint))) "
          + "with exactly the redirect URI " + redirectURIs.joined(separator: " and "),
        stub,
      ])
  }

  private static func shown(_ text: String) -> String { ForeignText.printable(text, limit: 256) }
}
