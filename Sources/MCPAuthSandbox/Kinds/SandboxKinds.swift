extension SandboxKind {
  /// All kinds. Those with their own origin have ports in this order.
  ///
  /// | name | a client ends with | peculiar |
  /// |---|---|---|
  /// | `challenge` | `client` | 401 that points to the metadata |
  /// | `well-known` | `client` | bare 401, metadata at the path form |
  /// | `no-challenge-field` | `client` | 401 without WWW-Authenticate |
  /// | `root` | `client` | bare 401, metadata at the origin's root only |
  /// | `open` | `no-auth-required` | asks for nothing |
  /// | `quiet` | `client` | asks only for calls of tools; metadata at the path form |
  /// | `list-only` | `client` | asks only for tools/list |
  /// | `get-only` | `client` | asks only on GET |
  /// | `post-only` | `client` | asks on POST, 405 on GET |
  /// | `event-stream` | `client` | a GET is a stream that never ends; metadata at the path form |
  /// | `forbidden` | `client` | 403 with a challenge |
  /// | `two-pointers` | `client` | two pointers in one challenge, the first to nothing |
  /// | `odd-challenge` | `client` | several schemes and fields, spaces round '=', names in capitals |
  /// | `elsewhere` | `client` | metadata only where the challenge points |
  /// | `dangling` | `resource-metadata-unavailable` | the challenge points to nothing; the path form is there |
  /// | `scoped` | `client` | scopes in the challenge and in the metadata |
  /// | `scoped-metadata` | `client` | scopes in the metadata only |
  /// | `broken` | `unreachable` | the MCP endpoint answers 500 |
  /// | `denied-metadata` | `client` | 403 at the path form, the root form is there |
  /// | `redirected` | `client` | metadata behind a redirect at the same origin |
  /// | `html` | `registration-unsupported` | a single-page application: 200 HTML everywhere |
  /// | `broader` | `client` | metadata for the whole origin |
  /// | `wrong-resource` | `resource-mismatch` | metadata of another resource |
  /// | `no-resource` | `resource-mismatch` | metadata without resource |
  /// | `no-issuer-listed` | `no-authorization-server` | metadata without authorization servers |
  /// | `multi-as` | `client` | two authorization servers listed, the first is not there |
  /// | `lists-itself` | `authorization-server-metadata-unavailable` | lists its own URL as authorization server |
  /// | `insecure` | `insecure-url` | names an authorization server without TLS |
  /// | `private-address` | `address-blocked` | names an authorization server at a private address |
  /// | `huge-metadata` | `response-too-large` | metadata of two mebibytes |
  /// | `deep-metadata` | `metadata-invalid` | metadata nested a thousand levels deep |
  /// | `legacy-document` | `client` | 2025-03-26: no resource metadata, a root document |
  /// | `legacy-endpoints` | `client` | 2025-03-26: nothing but /authorize, /token and /register |
  /// | `slow` | `client` | every document takes 1.5 seconds, a registration 3 |
  /// | `flaky` | `client` | every document is 503 twice, then there |
  /// | `down` | `unreachable` | every document is 503 |
  /// | `path-issuer` | `client` | an issuer with a path, as realms have |
  /// | `openid` | `client` | only openid-configuration, where RFC 8414 puts it |
  /// | `openid-appended` | `client` | only openid-configuration, after the issuer's path |
  /// | `login-page` | `client` | RFC 8414's address is a login page, OpenID's is right |
  /// | `trailing-slash` | `client` | the document's issuer ends in a slash |
  /// | `wrong-issuer` | `issuer-mismatch` | the document's issuer is another |
  /// | `no-issuer` | `issuer-mismatch` | a document without issuer |
  /// | `no-pkce` | `pkce-unsupported` | says nothing of PKCE |
  /// | `plain-pkce` | `pkce-unsupported` | PKCE without S256 |
  /// | `no-token-endpoint` | `metadata-invalid` | a document without token_endpoint |
  /// | `odd-types` | `client` | optional members null, empty or of a wrong type |
  /// | `cimd` | `client` | takes Client ID Metadata Documents; no registration endpoint |
  /// | `cimd-and-registration` | `client` | takes Client ID Metadata Documents, and registers as well |
  /// | `no-registration` | `registration-unsupported` | no registration endpoint |
  /// | `confidential-basic` | `client` | confidential clients only, client_secret_basic |
  /// | `confidential-post` | `client` | every client gets client_secret_post, for any request |
  /// | `method-post-only` | `client` | lists client_secret_post only, and refuses all else |
  /// | `no-methods` | `client` | lists no token endpoint auth methods |
  /// | `public-only` | `client` | makes every client public, though it lists client_secret_basic |
  /// | `silent-method` | `client` | gives a secret, and does not say for what method |
  /// | `no-refresh` | `client` | authorization_code is the only grant |
  /// | `strict` | `client` | refuses members it does not know, nulls and empty values |
  /// | `rejects-scope` | `client` | 400 when a scope is sent |
  /// | `narrows` | `client` | grants less scope than was asked for |
  /// | `sloppy` | `client` | 200, nulls, empty values, times as strings, the method as a list |
  /// | `protected` | `client` | wants an initial access token |
  /// | `loopback-only` | `client` | takes loopback redirect URIs only |
  /// | `managed` | `client` | RFC 7592: read, update, delete |
  /// | `managed-rotating` | `client` | RFC 7592: every answer has a new token, every update a new secret |
  /// | `managed-public` | `client` | RFC 7592 for public clients; a secret is forgotten when the method changes |
  /// | `managed-elsewhere` | `client` | RFC 7592, but the client's address is of another origin |
  /// | `expiring` | `client` | secrets that expire after 90 days |
  /// | `short-lived` | `client` | secrets that expire after a day |
  /// | `expired` | `registration-expired` | secrets that have expired when they are issued |
  /// | `same-secret` | `client` | gives the same client and expiring secret each time |
  /// | `unsaid-expiry` | `client` | does not say when a secret expires |
  /// | `public-secret` | `client` | a public client, and a secret all the same |
  /// | `forgetful` | `client` | answers 201 and forgets the client |
  /// | `trusted-hosts` | `registration-protected` | Keycloak's policy of trusted hosts |
  /// | `allow-list` | `registration-protected` | 403 in plain text |
  /// | `https-only` | `redirect-uri-rejected` | refuses loopback redirect URIs |
  /// | `rejects-metadata` | `client-metadata-rejected` | 400 invalid_client_metadata to everything |
  /// | `no-statements` | `client` | refuses software statements |
  /// | `private-key-only` | `auth-method-unsupported` | private_key_jwt is the only method |
  /// | `registration-gone` | `registration-unsupported` | the registration endpoint is advertised, and not there |
  /// | `rate-limited` | `rate-limited` | 429, come back in an hour |
  /// | `rate-limited-briefly` | `client` | 429 once, come back in a second |
  /// | `busy` | `client` | 503 with Retry-After once |
  /// | `teapot` | `registration-rejected` | 418 with escape sequences and workflow commands |
  /// | `registration-redirects` | `redirect-refused` | redirects the POST |
  /// | `lost-answer` | `registration-outcome-unknown` | makes the client, then closes the connection |
  /// | `silent` | `registration-outcome-unknown` | makes the client, and never answers |
  /// | `server-error` | `registration-outcome-unknown` | makes the client, and answers 500 |
  /// | `half-answer` | `registration-outcome-unknown` | makes the client, and closes in the middle of the answer |
  /// | `endless-answer` | `registration-outcome-unknown` | makes the client, and its answer never ends |
  /// | `html-answer` | `registration-outcome-unknown` | makes the client, and answers with a page |
  /// | `no-client-id` | `registration-outcome-unknown` | an answer without client_id |
  /// | `alters-redirects` | `registration-altered` | registers other redirect URIs |
  /// | `alters-managed` | `registration-altered` | registers other redirect URIs; the client can be deleted |
  /// | `no-secret` | `registration-insufficient` | says client_secret_basic, and gives no secret |
  /// | `no-code-grant` | `registration-insufficient` | registers without authorization_code |
  public static let all: [SandboxKind] = asking + resources + issuers + registering + secrets + refusing + losing

  /// The kind with this name.
  public static func named(_ name: String) -> SandboxKind? { all.first { $0.name == name } }

  /// The token that `protected` requires. `SANDBOX_INITIAL_ACCESS_TOKEN` must have this value for the inventory that the sandbox prints.
  public static let initialAccessToken = "sandbox-initial-access-token"

  /// The kind of all numbered servers (`/n/0001/mcp`). They share an authorization server.
  static let numbered = SandboxKind("n", "numbered servers that share one authorization server")
}
