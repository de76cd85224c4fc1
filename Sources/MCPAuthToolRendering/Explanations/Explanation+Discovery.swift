extension Explanation {
  static let discovery: [Explanation] = [
    Explanation(
      "no-auth-required", "the server requires no authorization",
      """
      The server answered none of a client's first requests with 401 or with a challenge, and it has no protected resource metadata. So no
      client is registered.
      """,
      help: [
        "write auth: none at the server",
        "if only some tools require authorization, name the authorization server: issuer and resource_metadata_url: none",
      ],
      example: """
        docs: {url: https://docs.example.com/mcp, auth: none}
        """,
      sources: ["RFC 9728 section 3", "MCP 2025-11-25 authorization, Authorization Server Location"]),
    Explanation(
      "resource-metadata-unavailable", "the metadata that the server names does not exist",
      """
      The challenge (WWW-Authenticate), or the inventory, names the URL of the protected resource metadata, and that URL does not give a JSON
      object. Then no other place is tried: somebody who controls another place could name the authorization server.
      """,
      help: [
        "tell the server's operator that its resource_metadata URL does not work",
        "give the right address: resource_metadata_url; or say there is none: resource_metadata_url: none, with issuer",
      ],
      sources: ["RFC 9728 section 5.1", "RFC 9728 section 3.2"]),
    Explanation(
      "resource-mismatch", "the metadata belongs to another resource",
      """
      Protected resource metadata says which resource it is about. It must be this server's URL (apart from a trailing slash), or
      a URL of the same origin whose path is a prefix of the server's path, by whole segments. With another resource, or none, the
      document was not written for this server: tokens would be bound to something else, and the server could pass them on.

      Nothing is registered because of such a document.
      """,
      help: [
        "have the server's operator publish its own URL as resource",
        "if you know that it is right, write its value as resource in the server's oauth2 block",
      ],
      example: """
        error[resource-mismatch]: https://a.example/.well-known/oauth-protected-resource/mcp is not about
        https://a.example/mcp: its resource is https://b.example/mcp, and …
        """,
      sources: [
        "RFC 9728 section 3.3", "RFC 8707 section 2",
        "MCP 2025-11-25 authorization, Token Audience Binding and Validation",
      ]),
    Explanation(
      "no-authorization-server", "the metadata lists no authorization server",
      """
      The protected resource metadata exists, but its authorization_servers is missing or empty. MCP requires at least one.
      """,
      help: [
        "tell the server's operator",
        "name it yourself: issuer, with resource_metadata_url: none; or give client_id and both endpoints",
      ],
      sources: [
        "RFC 9728 section 2", "MCP 2025-11-25 authorization, Protected Resource Metadata Discovery Requirements",
      ]),
    Explanation(
      "authorization-server-metadata-unavailable", "the authorization server publishes no metadata",
      """
      None of its well-known addresses gave a JSON object. They are built from the issuer: for https://host/p they are
      /.well-known/oauth-authorization-server/p, /.well-known/openid-configuration/p and /p/.well-known/openid-configuration.
      The root document is not used for an issuer with a path: it belongs to another issuer.

      Often the protected resource metadata lists the resource itself as its authorization server; the message says so.
      """,
      help: [
        "give the document's address: metadata_url", "give client_id, authorization_endpoint and token_endpoint",
        "to register at endpoints that you know: registration: dcr with registration_endpoint and the two others",
      ],
      sources: [
        "RFC 8414 section 3.1", "OpenID Connect Discovery 1.0 section 4",
        "MCP 2025-11-25 authorization, Authorization Server Metadata Discovery",
      ]),
    Explanation(
      "issuer-mismatch", "the document belongs to another issuer",
      """
      The issuer in authorization server metadata must be equal to the issuer that its URL was built from; only one trailing slash may
      differ, with a warning. Otherwise a document could combine the name of one issuer with the endpoints of another, and codes and
      secrets would be sent to the wrong place. No request is sent to an endpoint of such a document.
      """,
      help: [
        "have the authorization server and the MCP server agree on one issuer",
        "if you know that the document's issuer is right, set issuer to exactly this text",
      ],
      example: """
        oauth2: {issuer: "https://auth.atlassian.com"}
        """,
      sources: ["RFC 8414 section 3.3", "RFC 9207 section 2.4", "RFC 9700 section 2.1"]),
    Explanation(
      "metadata-invalid", "a metadata document is not valid",
      """
      The document is JSON, but a required member is missing or has the wrong type, for example authorization_endpoint or
      token_endpoint. Or it is nested over 64 levels deep. Then the discovery stops: because the document exists, no other place is tried.
      """,
      help: [
        "have its publisher correct it", "give client_id, authorization_endpoint and token_endpoint by hand",
      ],
      sources: ["RFC 8414 section 2", "RFC 9728 section 2"]),
    Explanation(
      "pkce-unsupported", "the authorization server does not support PKCE with S256",
      """
      MCP clients must use PKCE with S256, and must stop if code_challenge_methods_supported does not say that the server
      supports it: without PKCE a stolen code is enough to get a token.
      """,
      help: [
        "ask the provider to publish code_challenge_methods_supported: [S256]",
        "if it supports S256 but does not publish it: pkce: assume_s256 at this server",
      ],
      sources: [
        "RFC 7636 section 4.2", "RFC 8414 section 2",
        "MCP 2025-11-25 authorization, Authorization Code Protection",
      ]),
    Explanation(
      "resource-is-broader", "the metadata covers more than this server",
      """
      The resource is a prefix of the server's URL, most often its origin. Many SDKs publish this, and it is accepted. A token for it may
      also work for other servers of the origin.
      """,
      help: ["if several servers share the origin, have the operator publish the server's own URL"],
      sources: ["RFC 9728 section 3.3", "RFC 8707 section 2"]),
    Explanation(
      "issuer-trailing-slash", "the issuers differ by a slash",
      """
      The document's issuer and the issuer that it was found by differ only in a trailing slash. The specification does not allow it, but
      it is common, and accepted. The lock file has the document's own text, which tokens and the iss parameter will have.
      """,
      help: ["have the provider use one form: clients compare issuers as text"],
      sources: ["RFC 8414 section 3.3", "RFC 9207 section 2.4"]),
    Explanation(
      "authorization-server-passed-over", "one of several authorization servers cannot be used",
      """
      The protected resource metadata lists several. They are tried in its order. This one has no usable document, so the next one
      was chosen. The choice is in the lock file, and stays while the server is listed. A server that does not answer is not skipped.
      """,
      help: ["to choose another: issuer in the server's oauth2 block"],
      sources: ["RFC 9728 section 2", "RFC 9728 section 7.6"]),
    Explanation(
      "legacy-discovery", "the server follows the first MCP revision",
      """
      There is no protected resource metadata. As in MCP 2025-03-26, the server's origin is used as the authorization server: its root
      document or, without one, /authorize, /token and /register. In the last case no document says whether PKCE is supported.
      """,
      help: ["ask the operator for RFC 9728 metadata", "write what was found: issuer, or the endpoints"],
      sources: ["MCP 2025-03-26 authorization, 2.3.2 and 2.3.3"]),
    Explanation(
      "metadata-member-ignored", "an optional member has the wrong type",
      """
      A document or an answer has an optional member with the wrong type, or a text that is not a scope. It is ignored; everything else
      is used.
      """,
      help: ["tell its publisher; there is nothing to do here"], sources: ["RFC 8414 section 2", "RFC 9728 section 2"]),
    Explanation(
      "pkce-assumed", "support for PKCE is assumed, as the inventory says",
      """
      The metadata does not mention PKCE, and this server has pkce: assume_s256. Some servers, such as Entra ID, support S256 but do not
      publish it. A server that lists methods without S256 is still refused.
      """,
      help: ["test a sign-in, and remove the setting when the provider publishes it"],
      sources: ["RFC 8414 section 2", "RFC 7636 section 4.2"]),
  ]
}
