extension Explanation {
  static let discovery: [Explanation] = [
    Explanation(
      "no-auth-required", "the server asks for no authorization",
      """
      None of the requests that a client begins with was answered by 401, or by a challenge, and there is no protected resource metadata
      either. Without one of them there is nothing to register for.
      """,
      help: [
        "write auth: none at the server",
        "if it asks for authorization at single tools only, name the authorization server: issuer and resource_metadata_url: none",
      ],
      example: """
        docs: {url: https://docs.example.com/mcp, auth: none}
        """,
      sources: ["RFC 9728 section 3", "MCP 2025-11-25 authorization, Authorization Server Location"]),
    Explanation(
      "resource-metadata-unavailable", "the metadata that the server points to is not there",
      """
      The challenge (WWW-Authenticate), or the inventory, names where the protected resource metadata is, and that URL does not give a JSON
      object. A pointer is exclusive: guessing another place instead would let whoever controls that place name the authorization
      server.
      """,
      help: [
        "tell the server's operator: its resource_metadata points to nothing",
        "give the right address: resource_metadata_url; or say there is none: resource_metadata_url: none, with issuer",
      ],
      sources: ["RFC 9728 section 5.1", "RFC 9728 section 3.2"]),
    Explanation(
      "resource-mismatch", "the metadata is of another resource",
      """
      Protected resource metadata says which resource it is about. It has to be this server's URL (a trailing slash aside), or one of
      the same origin whose path the server's path begins with, by whole segments. Another resource, or none, means that the document
      was not written for this server: tokens would be bound to something else, and the server might be passing them on.

      Nothing is registered on the word of such a document.
      """,
      help: [
        "have the server's operator publish its own URL as resource",
        "if you know that it is right, write the value that is to be used: resource in the server's oauth2 block",
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
      The protected resource metadata is there, and its authorization_servers is missing or empty. MCP requires at least one.
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
      The root document is never asked for an issuer with a path: it is another issuer's.

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
      "issuer-mismatch", "the document is another issuer's",
      """
      The issuer in authorization server metadata has to be the one that its address was built from, character by character; one trailing
      slash is let pass with a warning. Otherwise anybody could publish a document that mixes his endpoints with somebody else's name, and
      have codes and secrets sent to the wrong place. No request goes to any endpoint of such a document.
      """,
      help: [
        "have the authorization server and the MCP server agree on one issuer",
        "if you know that the document's issuer is right, pin it: issuer, exactly as the document has it",
      ],
      example: """
        oauth2: {issuer: "https://auth.atlassian.com"}
        """,
      sources: ["RFC 8414 section 3.3", "RFC 9207 section 2.4", "RFC 9700 section 2.1"]),
    Explanation(
      "metadata-invalid", "a metadata document with wrong members",
      """
      The document is JSON, and something that is required is missing or of the wrong type: authorization_endpoint or token_endpoint,
      say. Or it is nested over 64 levels. A document that is wrong stops the discovery: it is there, so that nothing else is tried in
      its place.
      """,
      help: [
        "have its publisher complete it", "give client_id, authorization_endpoint and token_endpoint by hand",
      ],
      sources: ["RFC 8414 section 2", "RFC 9728 section 2"]),
    Explanation(
      "pkce-unsupported", "the authorization server does not support PKCE with S256",
      """
      MCP clients must use PKCE with S256, and must refuse to go on where code_challenge_methods_supported does not say that the server
      supports it: without PKCE a stolen code is enough to get a token.
      """,
      help: [
        "ask the provider to publish code_challenge_methods_supported: [S256]",
        "if it supports S256 and only does not say so, as some do: pkce: assume_s256 at this server",
      ],
      sources: [
        "RFC 7636 section 4.2", "RFC 8414 section 2",
        "MCP 2025-11-25 authorization, Authorization Code Protection",
      ]),
    Explanation(
      "resource-is-broader", "the metadata covers more than this server",
      """
      The resource that is named is a prefix of the server's URL, most often its origin. Many SDKs publish it so, and it is accepted. A
      token for it may be good for other servers of the origin as well.
      """,
      help: ["have the operator publish the server's own URL, where several servers share the origin"],
      sources: ["RFC 9728 section 3.3", "RFC 8707 section 2"]),
    Explanation(
      "issuer-trailing-slash", "the issuers differ by a slash",
      """
      The document's issuer and the one it was found by differ in a trailing slash only. That breaks the letter of the specification, is
      common, and is accepted; what is locked is the document's own string, which tokens and the iss parameter will have.
      """,
      help: ["have the provider use one form: clients compare issuers as text"],
      sources: ["RFC 8414 section 3.3", "RFC 9207 section 2.4"]),
    Explanation(
      "authorization-server-passed-over", "one of several authorization servers was not usable",
      """
      The protected resource metadata lists several. They are tried in its order; this one has no usable document, so that the next was
      taken. Which one it was is locked, and stays while it is listed. A server that does not answer is never passed over.
      """,
      help: ["to choose another: issuer in the server's oauth2 block"],
      sources: ["RFC 9728 section 2", "RFC 9728 section 7.6"]),
    Explanation(
      "legacy-discovery", "the server is of the first MCP revision",
      """
      There is no protected resource metadata. As MCP 2025-03-26 has it, the server's own origin is taken for the authorization server:
      its root document, or, where there is none, /authorize, /token and /register. In the last case nothing says whether PKCE is
      supported.
      """,
      help: ["ask the operator for RFC 9728 metadata", "pin what was found: issuer, or the endpoints"],
      sources: ["MCP 2025-03-26 authorization, 2.3.2 and 2.3.3"]),
    Explanation(
      "metadata-member-ignored", "an optional member of the wrong type",
      """
      A document or an answer has an optional member that is not of the type it should be, or a scope that is none. It counts as left
      out; everything else is used.
      """,
      help: ["tell its publisher; nothing has to be done here"], sources: ["RFC 8414 section 2", "RFC 9728 section 2"]),
    Explanation(
      "pkce-assumed", "support for PKCE is assumed, as the inventory says",
      """
      The metadata does not mention PKCE, and pkce: assume_s256 stands at this server. Some servers, Entra ID among them, support S256 and
      do not publish it. A server that lists methods without S256 is refused all the same.
      """,
      help: ["try a sign-in, and remove the setting once the provider publishes it"],
      sources: ["RFC 8414 section 2", "RFC 7636 section 4.2"]),
  ]
}
