extension SandboxKind {
  // MARK: Successful registration (Registration#Strategies)

  static let registering: [SandboxKind] = [
    SandboxKind("confidential-basic", "confidential clients only, client_secret_basic").with {
      $0.registration.methods = ["client_secret_basic"]
    },
    SandboxKind("confidential-post", "every client gets client_secret_post, for any request").with {
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
      $0.management = .with {
        $0.rotatesToken = true
        $0.rotatesSecret = true
      }
    },
    SandboxKind("managed-public", "RFC 7592 for public clients; a secret is forgotten when the method changes").with {
      $0.management = .with {
        $0.forgetsToIssueSecret = true
        $0.wrongTokenStatus = 400
        $0.wrongTokenError = "access_denied"
        $0.deleteStatus = 200
      }
    },
    SandboxKind("managed-elsewhere", "RFC 7592, but the client's address is of another origin").with {
      $0.management = .with { $0.elsewhere = "http://127.0.0.1:9" }
    },
  ]

  // MARK: Secrets and their lifetime (Registration#Strategies, Registration#Management)

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

  // MARK: Refused registration (Registration#Strategies)

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
          .oauthError(400, "invalid_client_metadata", "this client is not accepted"))
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
    SandboxKind("registration-redirects", "redirects the POST", endsWith: "redirect-refused").with {
      $0.faults[.register] = SandboxFault(.redirect(307, to: "{issuer}/register/"))
    },
  ]

  // MARK: Registration with an unknown outcome or an unusable client (Registration#Strategies, Registration#Unknown-outcomes)

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
