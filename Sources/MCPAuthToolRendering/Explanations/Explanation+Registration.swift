extension Explanation {
  static let registration: [Explanation] = [
    Explanation(
      "registration-unsupported", "the authorization server offers no registration",
      """
      Its metadata has no registration_endpoint, or the endpoint does not exist (404, 405, 501). And Client ID Metadata Documents are not
      supported, or client.metadata_url is not set. Examples are GitHub, Slack and Google.

      A registration method of the inventory is not changed: registration: cimd at a server without support for it also ends here.
      """,
      help: [
        "make a client by hand at the provider, with the redirect URI that the message shows, and give its client_id and both endpoints",
        "or, with discovered endpoints: client_id with registration: preregistered",
      ],
      example: """
        github:
          url: https://api.githubcopilot.com/mcp/
          oauth2:
            registration: preregistered
            client_id: Iv1.0123456789abcdef
            client_secret: {env: MCP_GITHUB_CLIENT_SECRET}
        """,
      sources: [
        "RFC 7591 section 3", "RFC 8414 section 2", "MCP 2025-11-25 authorization, Client Registration Approaches",
      ]
    ),
    Explanation(
      "client-metadata-invalid", "your Client ID Metadata Document is not valid",
      """
      client.metadata_url is a client id only if the document there is valid: status 200, JSON, client_id equal to its own URL,
      client_name, the necessary redirect URIs, no secret, and no method that needs one. The URL itself must be https, with a path and
      without dot segments. Authorization servers would refuse the client, so nothing is written to the lock file.
      """,
      help: ["publish what mcpauth client-metadata prints, at exactly client.metadata_url"],
      example: """
        $ mcpauth client-metadata > public/oauth/client.json
        """,
      sources: [
        "draft-ietf-oauth-client-id-metadata-document sections 3 and 4",
        "MCP 2025-11-25 authorization, Client ID Metadata Documents",
      ]),
    Explanation(
      "client-metadata-unverified", "your Client ID Metadata Document could not be checked",
      """
      The document did not answer 200 to this machine. Authorization servers may be able to read it, so it is used. They fetch it when a
      user signs in, and the sign-in fails if they cannot.
      """,
      help: ["make sure that it can be read from the internet, without a redirect or a login"],
      sources: ["draft-ietf-oauth-client-id-metadata-document section 4"]),
    Explanation(
      "auth-method-unconfirmed", "it is not certain how the new client authenticates",
      """
      The answer to the registration has a secret, and does not say for certain how it is sent: the method is left out, is none, or is not
      the one that was asked for. The token endpoint was asked about the new client with each possible method, and it gave no usable
      answer, or refused all of them. The most likely method is in the lock file.

      With verify: the token endpoint refuses the method in the lock file and accepts another one.
      """,
      help: [
        "ask again later: mcpauth verify tries the other methods too",
        "write the right method into the inventory: token_endpoint_auth_method",
      ],
      sources: ["RFC 7591 section 3.2.1", "RFC 6749 section 2.3.1"]),
    Explanation(
      "consumers-disagree", "no authentication method suits all consumers",
      """
      Each program sends only some token endpoint auth methods. A client has one method. The inventory names several programs for this client,
      and the server lists no method that all of them send.
      """,
      help: [
        "name fewer programs for this server: consumers: [NAME] in its oauth2 block",
        "or write the server twice under two names, each for some of the programs",
      ]),
    Explanation(
      "auth-method-unsupported", "there is no common authentication method for the token endpoint",
      """
      mcpauth registers none, client_secret_basic and client_secret_post. The server lists none of these, or not the one that the inventory
      names, or registered the client with another (private_key_jwt, tls_client_auth), which would need keys.
      """,
      help: [
        "leave token_endpoint_auth_method out: then a method that the server lists is chosen",
        "make a client by hand at the provider",
      ],
      sources: ["RFC 7591 section 2", "RFC 8414 section 2 (token_endpoint_auth_methods_supported)"]),
    Explanation(
      "redirect-uri-rejected", "the server refuses a redirect URI",
      """
      The server refused the registration because of a redirect URI. Or, with verify --redirect-uris, its authorization endpoint refuses
      the redirect URI that was registered. Some servers accept only loopback addresses, some only https, and some have a list of hosts. The message has the
      server's text.
      """,
      help: [
        "use a redirect URI that it accepts: redirect_uris in the server's oauth2 block",
        "have yours put on the provider's list",
        "a server that accepts only loopback cannot register a hosted application",
      ],
      sources: ["RFC 7591 section 3.2.2", "RFC 6749 section 3.1.2.4", "RFC 8252 section 7.3"]),
    Explanation(
      "client-metadata-rejected", "the server refuses the client metadata",
      """
      The server answered 400 invalid_client_metadata. Before this is reported, the request was repeated once without the scopes that are not in the
      inventory, and once with the next auth method that it lists. That is safe: after this answer no client exists.
      """,
      help: ["change what the server names: in the client block, or in this server's oauth2 block"],
      sources: ["RFC 7591 section 3.2.2"]),
    Explanation(
      "software-statement-rejected", "the server refuses the software statement",
      """
      It is invalid, has expired, or the server does not trust its issuer (invalid_software_statement,
      unapproved_software_statement).
      """,
      help: [
        "get a new one from its issuer, and check the value of the reference",
        "remove software_statement if the server needs none",
      ],
      sources: ["RFC 7591 section 2.3", "RFC 7591 section 3.2.2"]),
    Explanation(
      "registration-protected", "registration needs a permission",
      """
      The registration endpoint answered 401 or 403. It needs an initial access token, or has a policy: Keycloak's Trusted Hosts, a
      list of client names, an account.
      """,
      help: [
        "ask the provider for an initial access token, and add it with issuer",
        "have this machine's address or the client's name added to the provider's list",
        "or make a client by hand there",
      ],
      example: """
        oauth2:
          issuer: https://auth.acme.example/realms/mcp
          initial_access_token: {env: KEYCLOAK_INITIAL_TOKEN}
        """,
      sources: ["RFC 7591 section 3"]),
    Explanation(
      "registration-rejected", "the registration was refused",
      """
      The server answered with a 4xx for which there is no other code. The message shows its status, its content type and the beginning
      of its text. No client was created.
      """,
      help: ["do what the server says", "ask its provider for a client by hand"],
      sources: ["RFC 7591 section 3.2.2"]),
    Explanation(
      "registration-outcome-unknown", "it is not known whether a client was created",
      """
      The request was sent, and no usable answer came: the connection broke, a timeout, a 5xx, a page, or no client id. A registration is
      never repeated automatically: each request creates another client, and some servers create one and answer 500. The list of orphans
      in the lock file says where and when, and the server is blocked until it is settled.
      """,
      help: [
        "check at the server or ask its provider; if there is a client, adopt it: mcpauth import NAME --client-id ID",
        "register again and ignore the other client: mcpauth apply --retry-unknown",
        "if there is no client: mcpauth orphans forget NAME",
      ],
      sources: ["RFC 7591 section 3.2", "RFC 9110 section 9.2.2"]),
    Explanation(
      "registration-insufficient", "the registered client cannot be used",
      """
      The answer has no secret for a method that needs one, or not the grant type authorization_code. The client is deleted again if the
      server offers that (RFC 7592). Otherwise it becomes an orphan.
      """,
      help: [
        "name another method: token_endpoint_auth_method: none, if the server lists it",
        "make a client by hand at the provider",
      ],
      sources: ["RFC 7591 section 3.2.1"]),
    Explanation(
      "registration-altered", "the server registered other redirect URIs",
      """
      A server may change the request. Here its answer does not have a redirect URI that was requested, byte for byte: users could not return to it.
      The client is deleted again if the server offers that. Otherwise it becomes an orphan.
      """,
      help: [
        "use a redirect URI that the server does not change; some add a slash or remove a port",
        "make a client by hand at the provider",
      ],
      sources: ["RFC 7591 section 3.2.1", "RFC 6749 section 3.1.2.3"]),
    Explanation(
      "registration-expired", "the secret had expired when it was issued",
      """
      client_secret_expires_at is in the past. The server may give the same old registration to every client, or one of the two clocks is
      wrong.
      """,
      help: [
        "compare this machine's clock with the server's", "ask the provider to delete the old client, and apply again",
      ],
      sources: ["RFC 7591 section 3.2.1"]),
    Explanation(
      "registration-retried", "the registration was repeated with a change",
      """
      The server refused it with a 400, which says that nothing was created. The request was repeated without the scopes of the metadata, or
      with another auth method that the server lists, and was accepted. Each is tried once.
      """,
      help: [
        "write what worked into the inventory: scopes, token_endpoint_auth_method"
      ],
      sources: ["RFC 7591 section 3.2.2"]),
    Explanation(
      "dcr-deprecated", "a client is registered, but a metadata document is possible",
      """
      This authorization server supports Client ID Metadata Documents, which the newest MCP revision prefers: one document instead of a client
      at each server, with nothing that expires or can be deleted. The inventory has no client.metadata_url, or registration: dcr.
      """,
      help: ["publish what mcpauth client-metadata prints, and set client.metadata_url to its address"],
      sources: ["MCP 2026-07-28 authorization, client registration"]),
    Explanation(
      "unusual-answer", "an answer breaks a rule, but can be used",
      """
      Examples: a registration that was answered with 200 instead of 201, a time that is missing or in milliseconds, a method that is not
      listed, a secret for a public client. The message says what is used instead.

      With import and verify: the answer of the token endpoint does not tell whether the client is known.
      """,
      help: ["there is nothing to do here; you can tell the provider"],
      sources: ["RFC 7591 section 3.2.1", "RFC 6749 section 5.2"]),
    Explanation(
      "scope-narrowed", "the client was registered with fewer scopes",
      """
      The server's answer does not have all requested scopes. The client is used, and the lock file has its scopes.
      """,
      help: ["ask for less: scopes in the server's oauth2 block", "ask the provider why"],
      sources: ["RFC 7591 section 2 (scope)", "RFC 7591 section 3.2.1"]),
    Explanation(
      "offline-access-unlisted", "offline_access is requested, but not listed",
      """
      The inventory requests offline_access, and the authorization server's scopes_supported does not list it. It is still sent, because
      the list need not be complete. Some servers then refuse every sign-in with invalid_scope.
      """,
      help: ["remove offline_access if sign-ins fail; many servers give refresh tokens without it"],
      sources: ["OpenID Connect Core 1.0 section 11", "RFC 8414 section 2 (scopes_supported)"]),
    Explanation(
      "secret-short-lived", "the secret expires in less than 30 days",
      """
      The server issued a secret that expires soon. It is renewed in time only if apply runs often enough: renew_before is 7 days, and at
      most a third of the secret's life.
      """,
      help: [
        "write token_endpoint_auth_method: none if the server lists it: then nothing can expire",
        "run apply more often than the secret expires",
      ],
      sources: ["RFC 7591 section 3.2.1"]),
  ]
}
