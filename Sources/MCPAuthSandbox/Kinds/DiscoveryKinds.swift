extension SandboxKind {
  // MARK: Whether and how a server asks for authorization (Discovery#Probe, Discovery#Challenges)

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

  // MARK: Protected resource metadata (Discovery#Candidates, Discovery#Resource-check, Discovery#Choice-of-authorization-server)

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

  // MARK: Authorization server metadata (Discovery#Authorization-server-metadata)

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
}
