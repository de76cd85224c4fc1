extension SandboxKind {
  /// All kinds, in the order of the ports of those that have an origin of their own.
  public static let all: [SandboxKind] = asking + resources + issuers + registering + secrets + refusing + losing

  /// The kind of that name.
  public static func named(_ name: String) -> SandboxKind? { all.first { $0.name == name } }

  /// The token that `protected` wants, and what `SANDBOX_INITIAL_ACCESS_TOKEN` has to be for the inventory that the sandbox prints.
  public static let initialAccessToken = "sandbox-initial-access-token"

  /// The one that stands behind all numbered servers (`/n/0001/mcp`): they share an authorization server.
  static let numbered = SandboxKind("n", "numbered servers that share one authorization server")

  // MARK: Whether and how a server asks for authorization (protocol 2.1, 2.2)

  static let asking: [SandboxKind] = [
    SandboxKind("challenge", "401 that points to the metadata"),
    SandboxKind("well-known", "bare 401, metadata at the path form").with { $0.challenge = ["Bearer"] },
    SandboxKind("no-challenge-field", "401 without WWW-Authenticate").with { $0.challenge = [] },
    SandboxKind("root", "bare 401, metadata at the origin's root only").with {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.root]
    },
    SandboxKind("open", "asks for nothing", endsWith: "no-auth-required").with {
      $0.asking = .never
      $0.metadataPlaces = []
      $0.issuerMetadataPlaces = []
      $0.inventoryLines = ["auth: none"]
    },
    SandboxKind("quiet", "asks only for calls of tools; metadata at the path form").with {
      $0.asking = .methods(["tools/call"])
    },
    SandboxKind("list-only", "asks only for tools/list").with { $0.asking = .methods(["tools/list"]) },
    SandboxKind("get-only", "asks only on GET").with { $0.asking = .getOnly },
    SandboxKind("post-only", "asks on POST, 405 on GET").with { $0.asking = .postOnly },
    SandboxKind("event-stream", "a GET is a stream that never ends; metadata at the path form").with {
      $0.asking = .methods(["tools/call"])
      $0.faults[.mcp] = SandboxFault(SandboxAnswer(405, fields: [.init("Allow", "GET")]), method: "POST")
      $0.getAnswer = SandboxAnswer(
        200, fields: [.init("Content-Type", "text/event-stream")],
        body: .endless(": ping\n\n", pause: .milliseconds(200)))
    },
    SandboxKind("forbidden", "403 with a challenge").with { $0.challengeStatus = 403 },
    SandboxKind("two-pointers", "two pointers in one challenge, the first to nothing").with {
      $0.challenge = [#"Bearer resource_metadata="{origin}/nowhere", resource_metadata="{metadata}""#]
    },
    SandboxKind("odd-challenge", "several schemes and fields, spaces round '=', names in capitals").with {
      $0.challenge = [
        "Negotiate TlRMTVNTUAAB==, Basic realm=\"a, b\"",
        "BEARER Resource_Metadata = \"{metadata}\" , error=invalid_token",
      ]
    },
    SandboxKind("elsewhere", "metadata only where the challenge points").with { $0.metadataPlaces = [.elsewhere] },
    SandboxKind(
      "dangling", "the challenge points to nothing; the path form is there", endsWith: "resource-metadata-unavailable"
    ).with {
      $0.challenge = [#"Bearer resource_metadata="{origin}/nowhere""#]
    },
    SandboxKind("scoped", "scopes in the challenge and in the metadata").with {
      $0.challenge = [#"Bearer resource_metadata="{metadata}", scope="read""#]
      $0.metadataChanges = ["scopes_supported": ["read", "write", "offline_access"]]
    },
    SandboxKind("scoped-metadata", "scopes in the metadata only").with {
      $0.metadataChanges = ["scopes_supported": ["read", "write", "offline_access"]]
    },
    SandboxKind("broken", "the MCP endpoint answers 500", endsWith: "unreachable").with {
      $0.faults[.mcp] = SandboxFault(.text(500, "internal error"))
    },
  ]

  // MARK: Protected resource metadata (protocol 2.3 to 2.6)

  static let resources: [SandboxKind] = [
    SandboxKind("denied-metadata", "403 at the path form, the root form is there").with {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.root]
      $0.faults[.resourceMetadata] = SandboxFault(.text(403, "Forbidden"))
    },
    SandboxKind("redirected", "metadata behind a redirect at the same origin").with {
      $0.metadataPlaces = [.path, .elsewhere]
      $0.faults[.resourceMetadata] = SandboxFault(.redirect(to: "{origin}/{kind}/elsewhere.json"))
    },
    SandboxKind("html", "a single-page application: 200 HTML everywhere", endsWith: "registration-unsupported").with {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = []
      $0.issuerMetadataPlaces = []
      $0.faults[.register] = SandboxFault(.html())
      $0.otherwise = .html()
    },
    SandboxKind("broader", "metadata for the whole origin").with { $0.metadataChanges = ["resource": "{origin}/"] },
    SandboxKind("wrong-resource", "metadata of another resource", endsWith: "resource-mismatch").with {
      $0.metadataChanges = ["resource": "{resource}-other"]
    },
    SandboxKind("no-resource", "metadata without resource", endsWith: "resource-mismatch").with {
      $0.metadataChanges = ["resource": .null]
    },
    SandboxKind("no-issuer-listed", "metadata without authorization servers", endsWith: "no-authorization-server").with
    {
      $0.metadataChanges = ["authorization_servers": []]
    },
    SandboxKind("multi-as", "two authorization servers listed, the first is not there").with {
      $0.metadataChanges = ["authorization_servers": ["{origin}/as/absent", "{issuer}"]]
    },
    SandboxKind(
      "lists-itself", "lists its own URL as authorization server", endsWith: "authorization-server-metadata-unavailable"
    ).with {
      $0.metadataChanges = ["authorization_servers": ["{resource}"]]
    },
    SandboxKind("insecure", "names an authorization server without TLS", endsWith: "insecure-url").with {
      $0.metadataChanges = ["authorization_servers": ["http://auth.sandbox.example/"]]
    },
    SandboxKind("private-address", "names an authorization server at a private address", endsWith: "address-blocked")
      .with {
        $0.metadataChanges = ["authorization_servers": ["https://10.11.12.13/as"]]
      },
    SandboxKind("huge-metadata", "metadata of two mebibytes", endsWith: "response-too-large").with {
      $0.faults[.resourceMetadata] = SandboxFault(
        SandboxAnswer(
          200, fields: [.init("Content-Type", "application/json")],
          body: .padded(2 << 20, #"{"resource":"{resource}","authorization_servers":["{issuer}"]}"#)))
    },
    SandboxKind("deep-metadata", "metadata nested a thousand levels deep", endsWith: "metadata-invalid").with {
      $0.faults[.resourceMetadata] = SandboxFault(
        .text(
          200,
          #"{"resource":"{resource}","x":"# + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
            + "}",
          type: "application/json"))
    },
    SandboxKind("legacy-document", "2025-03-26: no resource metadata, a root document").with {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = []
    },
    SandboxKind("legacy-endpoints", "2025-03-26: nothing but /authorize, /token and /register").with {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = []
      $0.issuerMetadataPlaces = []
    },
    SandboxKind("slow", "every document takes 1.5 seconds, a registration 3").with {
      for endpoint in [SandboxEndpoint.resourceMetadata, .oauthMetadata] {
        $0.faults[endpoint] = SandboxFault(delay: .milliseconds(1500))
      }
      $0.faults[.register] = SandboxFault(delay: .seconds(3))
    },
    SandboxKind("flaky", "every document is 503 twice, then there").with {
      for endpoint in [SandboxEndpoint.resourceMetadata, .oauthMetadata] {
        $0.faults[endpoint] = SandboxFault(.text(503, "try again", fields: [.init("Retry-After", "0")]), times: 2)
      }
    },
    SandboxKind("down", "every document is 503", endsWith: "unreachable").with {
      $0.faults[.resourceMetadata] = SandboxFault(.text(503, "down"))
    },
  ]

  // MARK: Authorization server metadata (protocol 3)

  static let issuers: [SandboxKind] = [
    SandboxKind("path-issuer", "an issuer with a path, as realms have").with {
      $0.issuerPath = "/as/path-issuer/realms/acme"
    },
    SandboxKind("openid", "only openid-configuration, where RFC 8414 puts it").with {
      $0.issuerMetadataPlaces = [.openID]
    },
    SandboxKind("openid-appended", "only openid-configuration, after the issuer's path").with {
      $0.issuerMetadataPlaces = [.openIDAppended]
    },
    SandboxKind("login-page", "RFC 8414's address is a login page, OpenID's is right").with {
      $0.issuerMetadataPlaces = [.openIDAppended]
      $0.faults[.oauthMetadata] = SandboxFault(.html(200, "<!doctype html><title>Log in</title>"))
    },
    SandboxKind("trailing-slash", "the document's issuer ends in a slash").with {
      $0.issuerMetadataChanges = ["issuer": "{issuer}/"]
    },
    SandboxKind("wrong-issuer", "the document's issuer is another", endsWith: "issuer-mismatch").with {
      $0.issuerMetadataChanges = ["issuer": "{origin}/as/somebody-else"]
    },
    SandboxKind("no-issuer", "a document without issuer", endsWith: "issuer-mismatch").with {
      $0.issuerMetadataChanges = ["issuer": .null]
    },
    SandboxKind("no-pkce", "says nothing of PKCE", endsWith: "pkce-unsupported").with {
      $0.issuerMetadataChanges = ["code_challenge_methods_supported": .null]
    },
    SandboxKind("plain-pkce", "PKCE without S256", endsWith: "pkce-unsupported").with {
      $0.issuerMetadataChanges = ["code_challenge_methods_supported": ["plain"]]
    },
    SandboxKind("no-token-endpoint", "a document without token_endpoint", endsWith: "metadata-invalid").with {
      $0.issuerMetadataChanges = ["token_endpoint": .null]
    },
    SandboxKind("odd-types", "optional members null, empty or of a wrong type").with {
      $0.issuerMetadataChanges = [
        "scopes_supported": "read write", "revocation_endpoint": "", "ui_locales_supported": [],
        "authorization_response_iss_parameter_supported": "true", "x_number": 7,
      ]
    },
    SandboxKind("cimd", "takes Client ID Metadata Documents; no registration endpoint").with {
      $0.takesClientMetadataDocuments = true
      $0.registration.isOffered = false
    },
    SandboxKind("cimd-and-registration", "takes Client ID Metadata Documents, and registers as well").with {
      $0.takesClientMetadataDocuments = true
    },
    SandboxKind("no-registration", "no registration endpoint", endsWith: "registration-unsupported").with {
      $0.registration.isOffered = false
    },
  ]

  // MARK: Registration that works (protocol 4)

  static let registering: [SandboxKind] = [
    SandboxKind("confidential-basic", "confidential clients only, client_secret_basic").with {
      $0.registration.methods = ["client_secret_basic"]
    },
    SandboxKind("confidential-post", "every client gets client_secret_post, whatever it asks for").with {
      $0.registration.methods = ["client_secret_basic", "client_secret_post"]
      $0.registration.assignsMethod = "client_secret_post"
    },
    SandboxKind("method-post-only", "lists client_secret_post only, and refuses all else").with {
      $0.registration.methods = ["client_secret_post"]
    },
    SandboxKind("no-methods", "lists no token endpoint auth methods").with { $0.registration.methods = nil },
    SandboxKind("public-only", "makes every client public, though it lists client_secret_basic").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.assignsMethod = "none"
    },
    SandboxKind("silent-method", "gives a secret, and does not say for what method").with {
      $0.registration.methods = ["client_secret_post"]
      $0.registration.answerChanges = ["token_endpoint_auth_method": .null]
    },
    SandboxKind("no-refresh", "authorization_code is the only grant").with {
      $0.registration.grantTypes = ["authorization_code"]
    },
    SandboxKind("strict", "refuses members it does not know, nulls and empty values").with {
      $0.registration.refusesUnknownMembers = true
    },
    SandboxKind("rejects-scope", "400 when a scope is sent").with {
      $0.metadataChanges = ["scopes_supported": ["read"]]
      $0.registration.refusesScope = true
    },
    SandboxKind("narrows", "grants less scope than was asked for").with {
      $0.metadataChanges = ["scopes_supported": ["read", "write"]]
      $0.registration.answerChanges = ["scope": "read"]
    },
    SandboxKind("sloppy", "200, nulls, empty values, times as strings, the method as a list").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.status = 200
      $0.registration.answerChanges = [
        "client_secret_expires_at": "0", "client_id_issued_at": "1780000000", "client_uri": "", "contacts": [],
        "token_endpoint_auth_method": ["client_secret_basic"],
      ]
      $0.registration.answerNulls = ["logo_uri", "tos_uri", "jwks", "software_id"]
    },
    SandboxKind("protected", "wants an initial access token").with {
      $0.registration.initialAccessToken = initialAccessToken
      $0.inventoryLines = [
        "oauth2:", "  issuer: \"{issuer}\"", "  initial_access_token: {env: SANDBOX_INITIAL_ACCESS_TOKEN}",
      ]
    },
    SandboxKind("loopback-only", "takes loopback redirect URIs only").with {
      $0.registration.redirects = .loopbackOnly
    },
    SandboxKind("managed", "RFC 7592: read, update, delete").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.management = ManagementRules()
    },
    SandboxKind("managed-rotating", "RFC 7592: every answer has a new token, every update a new secret").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = 90 * 86400
      var rules = ManagementRules()
      rules.rotatesToken = true
      rules.rotatesSecret = true
      $0.management = rules
    },
    SandboxKind("managed-public", "RFC 7592 for public clients; a secret is forgotten when the method changes").with {
      var rules = ManagementRules()
      rules.forgetsToIssueSecret = true
      rules.wrongTokenStatus = 400
      rules.wrongTokenError = "access_denied"
      rules.deleteStatus = 200
      $0.management = rules
    },
    SandboxKind("managed-elsewhere", "RFC 7592, but the client's address is of another origin").with {
      var rules = ManagementRules()
      rules.elsewhere = "http://127.0.0.1:9"
      $0.management = rules
    },
  ]

  // MARK: Secrets and their life (protocol 4, 5)

  static let secrets: [SandboxKind] = [
    SandboxKind("expiring", "secrets that expire after 90 days").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = 90 * 86400
    },
    SandboxKind("short-lived", "secrets that expire after a day").with {
      $0.registration.methods = ["client_secret_post"]
      $0.registration.secretSeconds = 86400
    },
    SandboxKind("expired", "secrets that have expired when they are issued", endsWith: "registration-expired").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = -86400
    },
    SandboxKind("same-secret", "gives the same client and expiring secret each time").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = 90 * 86400
      $0.registration.deduplicates = true
    },
    SandboxKind("unsaid-expiry", "does not say when a secret expires").with {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.answerChanges = ["client_secret_expires_at": .null]
    },
    SandboxKind("public-secret", "a public client, and a secret all the same").with {
      $0.registration.givesSecretToPublicClients = true
    },
    SandboxKind("forgetful", "answers 201 and forgets the client").with { $0.registration.forgets = true },
  ]

  // MARK: Registration that is refused (protocol 4)

  static let refusing: [SandboxKind] = [
    SandboxKind("trusted-hosts", "Keycloak's policy of trusted hosts", endsWith: "registration-protected").with {
      $0.faults[.register] = SandboxFault(
        .oauthError(
          403, "insufficient_scope",
          "Policy 'Trusted Hosts' rejected request to client-registration service. Details: Host not trusted."))
    },
    SandboxKind("allow-list", "403 in plain text", endsWith: "registration-protected").with {
      $0.faults[.register] = SandboxFault(.text(403, "Forbidden: client_name is not on the list"))
    },
    SandboxKind("https-only", "refuses loopback redirect URIs", endsWith: "redirect-uri-rejected").with {
      $0.registration.redirects = .httpsOnly
    },
    SandboxKind("rejects-metadata", "400 invalid_client_metadata to everything", endsWith: "client-metadata-rejected")
      .with {
        $0.faults[.register] = SandboxFault(
          .oauthError(400, "invalid_client_metadata", "this client is not to our taste"))
      },
    SandboxKind("no-statements", "refuses software statements").with {
      $0.registration.refusesSoftwareStatements = true
    },
    SandboxKind("private-key-only", "private_key_jwt is the only method", endsWith: "auth-method-unsupported").with {
      $0.registration.methods = ["private_key_jwt"]
    },
    SandboxKind(
      "registration-gone", "the registration endpoint is advertised, and not there",
      endsWith: "registration-unsupported"
    ).with {
      $0.faults[.register] = SandboxFault(.text(404, "not found"))
    },
    SandboxKind("rate-limited", "429, come back in an hour", endsWith: "rate-limited").with {
      $0.faults[.register] = SandboxFault(.text(429, "slow down", fields: [.init("Retry-After", "3600")]))
    },
    SandboxKind("rate-limited-briefly", "429 once, come back in a second").with {
      $0.faults[.register] = SandboxFault(.text(429, "slow down", fields: [.init("Retry-After", "1")]), times: 1)
    },
    SandboxKind("busy", "503 with Retry-After once").with {
      $0.faults[.register] = SandboxFault(.text(503, "busy", fields: [.init("Retry-After", "1")]), times: 1)
    },
    SandboxKind("teapot", "418 with escape sequences and workflow commands", endsWith: "registration-rejected").with {
      $0.faults[.register] = SandboxFault(
        .text(418, "\u{1B}[2J\u{1B}]0;owned\u{7}::error::fake\n##[error]fake\n</details>@team\u{202E}txt"))
    },
    SandboxKind("registration-redirects", "redirects the POST", endsWith: "registration-rejected").with {
      $0.faults[.register] = SandboxFault(.redirect(307, to: "{issuer}/register/"))
    },
  ]

  // MARK: Registration of which nobody knows, or that is worth nothing (protocol 4, reliability)

  static let losing: [SandboxKind] = [
    SandboxKind("lost-answer", "makes the client, then closes the connection", endsWith: "registration-outcome-unknown")
      .with {
        $0.faults[.register] = SandboxFault(.drop, takesEffect: true)
      },
    SandboxKind("silent", "makes the client, and never answers", endsWith: "registration-outcome-unknown").with {
      $0.faults[.register] = SandboxFault(.hang, takesEffect: true)
    },
    SandboxKind("server-error", "makes the client, and answers 500", endsWith: "registration-outcome-unknown").with {
      $0.faults[.register] = SandboxFault(.text(500, "internal error"), takesEffect: true)
    },
    SandboxKind(
      "half-answer", "makes the client, and closes in the middle of the answer",
      endsWith: "registration-outcome-unknown"
    ).with {
      $0.faults[.register] = SandboxFault(.half, takesEffect: true)
    },
    SandboxKind(
      "endless-answer", "makes the client, and its answer never ends", endsWith: "registration-outcome-unknown"
    ).with {
      $0.faults[.register] = SandboxFault(.endless, takesEffect: true)
    },
    SandboxKind("html-answer", "makes the client, and answers with a page", endsWith: "registration-outcome-unknown")
      .with {
        $0.faults[.register] = SandboxFault(.html(201), takesEffect: true)
      },
    SandboxKind("no-client-id", "an answer without client_id", endsWith: "registration-outcome-unknown").with {
      $0.registration.answerChanges = ["client_id": .null]
    },
    SandboxKind("alters-redirects", "registers other redirect URIs", endsWith: "registration-altered").with {
      $0.registration.answerChanges = ["redirect_uris": ["{origin}/other-callback"]]
    },
    SandboxKind(
      "alters-managed", "registers other redirect URIs; the client can be deleted", endsWith: "registration-altered"
    ).with {
      $0.registration.answerChanges = ["redirect_uris": ["{origin}/other-callback"]]
      $0.management = ManagementRules()
    },
    SandboxKind("no-secret", "says client_secret_basic, and gives no secret", endsWith: "registration-insufficient")
      .with {
        $0.registration.methods = ["client_secret_basic"]
        $0.registration.answerChanges = ["client_secret": .null, "client_secret_expires_at": .null]
      },
    SandboxKind("no-code-grant", "registers without authorization_code", endsWith: "registration-insufficient").with {
      $0.registration.answerChanges = ["grant_types": ["client_credentials"]]
    },
  ]
}
