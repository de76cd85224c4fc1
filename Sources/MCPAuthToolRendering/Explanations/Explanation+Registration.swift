extension Explanation {
  static let registration: [Explanation] = [
    Explanation(
      "registration-unsupported", "the authorization server offers no way to get a client",
      """
      Its metadata has no registration_endpoint, or the endpoint that it names is not there (404, 405, 501); and Client ID Metadata
      Documents are not supported, or client.metadata_url is not set. GitHub, Slack and Google are so. No endpoint is ever made up.

      A way that the inventory names is not switched: registration: cimd at a server that takes none of them ends here, too.
      """,
      help: [
        "make a client by hand at the provider, with the redirect URI that the message shows, and give its client_id and both endpoints",
        "or, to have the endpoints discovered: client_id with registration: preregistered",
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
      "client-metadata-invalid", "your Client ID Metadata Document is wrong",
      """
      client.metadata_url is a client id only if the document there is right: status 200, JSON, client_id equal to its own URL,
      client_name, the redirect URIs that are needed, no secret, and no method that needs one. The URL itself is https, with a path and
      without dot segments. Every authorization server would refuse the client, so that nothing is locked.
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
      "client-metadata-unverified", "your Client ID Metadata Document could not be looked at",
      """
      The document did not answer 200 from this machine. Authorization servers may well be able to read it, so that it is used; they fetch
      it when a user signs in, and sign-ins fail where they cannot.
      """,
      help: ["make sure that it can be read from the internet, without a redirect or a login"],
      sources: ["draft-ietf-oauth-client-id-metadata-document section 4"]),
    Explanation(
      "auth-method-unsupported", "no way to authenticate at the token endpoint that both sides know",
      """
      mcpauth registers none, client_secret_basic and client_secret_post. The server lists none of these, or not the one that the inventory
      names, or registered the client with another (private_key_jwt, tls_client_auth), for which keys would be needed.
      """,
      help: [
        "leave token_endpoint_auth_method out, to have one chosen that the server lists",
        "make a client by hand at the provider",
      ],
      sources: ["RFC 7591 section 2", "RFC 8414 section 2 (token_endpoint_auth_methods_supported)"]),
    Explanation(
      "redirect-uri-rejected", "the server does not take a redirect URI",
      """
      It refused the registration for it; or, with verify --redirect-uris, its authorization endpoint refuses what was registered. Some servers
      take loopback addresses only, some https only, and some have a list of hosts. The server's own words stand in the message.
      """,
      help: [
        "use a redirect URI that it takes: redirect_uris in the server's oauth2 block",
        "have yours put on the provider's list",
        "where loopback only is taken, a hosted application cannot be registered there",
      ],
      sources: ["RFC 7591 section 3.2.2", "RFC 6749 section 3.1.2.4", "RFC 8252 section 7.3"]),
    Explanation(
      "client-metadata-rejected", "the server does not take what is registered",
      """
      It answered 400 invalid_client_metadata. Before this is reported it was asked again, once each, without the scopes that were not the
      inventory's and with the next auth method that it lists: after this answer no client exists, so that this is safe.
      """,
      help: ["change what the server names: in the client block, or in this server's oauth2 block"],
      sources: ["RFC 7591 section 3.2.2"]),
    Explanation(
      "software-statement-rejected", "the server does not take the software statement",
      """
      It is invalid, has expired, or its issuer is none that the server trusts (invalid_software_statement,
      unapproved_software_statement).
      """,
      help: [
        "get a new one from whoever issues it, and look at what the reference points to",
        "remove software_statement where the server asks for none",
      ],
      sources: ["RFC 7591 section 2.3", "RFC 7591 section 3.2.2"]),
    Explanation(
      "registration-protected", "registration is not open to everybody",
      """
      The registration endpoint answered 401 or 403. It wants an initial access token, or has a policy: Keycloak's Trusted Hosts, a list of
      client names, an account.
      """,
      help: [
        "ask the provider for an initial access token, and give it with issuer beside it",
        "have this machine's address, or the client's name, put on the provider's list",
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
      The server answered with a 4xx that has no name of its own here. Its status, its content type and the beginning of its text are
      shown. No client was created.
      """,
      help: ["do what the server says", "ask its provider for a client by hand"],
      sources: ["RFC 7591 section 3.2.2"]),
    Explanation(
      "registration-outcome-unknown", "nobody knows whether a client was created",
      """
      The request was sent, and no usable answer came: the connection broke, time ran out, a 5xx, a page, or no client id. A registration is
      no request that can be repeated: each makes another client, and real servers create one and answer 500. So it is never repeated
      by itself. Where and when stands on the orphans' list of the lock file, and the server is blocked until it is settled.
      """,
      help: [
        "look at the server or ask its provider; adopt the client if there is one: mcpauth import NAME --client-id ID",
        "register again, and leave the other client where it is: mcpauth apply --retry-unknown",
        "if no client is there: mcpauth orphans forget NAME",
      ],
      sources: ["RFC 7591 section 3.2", "RFC 9110 section 9.2.2"]),
    Explanation(
      "registration-insufficient", "the client that was registered cannot be used",
      """
      The answer lacks something that a code flow needs: a secret for a method that needs one, or the grant type authorization_code. The client
      is deleted again where the server offers that (RFC 7592), and listed under orphans otherwise.
      """,
      help: [
        "name another method: token_endpoint_auth_method: none, if the server lists it",
        "make a client by hand at the provider",
      ],
      sources: ["RFC 7591 section 3.2.1"]),
    Explanation(
      "registration-altered", "the server registered other redirect URIs",
      """
      A server may change what was asked for. Here a redirect URI of ours is missing from its answer, byte for byte: users could not come
      back to it. The client is deleted again where that can be done, and listed under orphans otherwise.
      """,
      help: [
        "use a redirect URI that the server keeps as it is; some add a slash, or drop a port",
        "make a client by hand at the provider",
      ],
      sources: ["RFC 7591 section 3.2.1", "RFC 6749 section 3.1.2.3"]),
    Explanation(
      "registration-expired", "the secret had expired when it was issued",
      """
      client_secret_expires_at lies in the past. Either the server gives the same old registration to everybody who asks, or one of the two
      clocks is wrong.
      """,
      help: [
        "compare this machine's clock with the server's", "ask the provider to delete the old client, and apply again",
      ],
      sources: ["RFC 7591 section 3.2.1"]),
    Explanation(
      "registration-retried", "the registration was repeated in another form",
      """
      The server refused it with a 400 that says that nothing was created. It was asked again, without the scopes that the metadata had named, or
      with another auth method that it lists, and took that. Each is tried once.
      """,
      help: [
        "write what worked into the inventory, so that it is asked for at once: scopes, token_endpoint_auth_method"
      ],
      sources: ["RFC 7591 section 3.2.2"]),
    Explanation(
      "dcr-deprecated", "a client is registered where a document would do",
      """
      This authorization server takes Client ID Metadata Documents, which the newest MCP revision prefers: one document instead of a client at
      each server, nothing that expires or can be purged. The inventory sets no client.metadata_url, or says registration: dcr.
      """,
      help: ["publish what mcpauth client-metadata prints, and set client.metadata_url to its address"],
      sources: ["MCP 2026-07-28 authorization, client registration"]),
    Explanation(
      "unusual-answer", "an answer that is not as it should be, and can be used or does no harm",
      """
      A registration that was answered 200 instead of 201, a time that is missing or in milliseconds, a method that is not listed, a secret for a
      public client. What is used instead stands in the message.

      Of import and verify: the token endpoint's answer does not tell whether the client is known.
      """,
      help: ["nothing has to be done; the provider might like to know"],
      sources: ["RFC 7591 section 3.2.1", "RFC 6749 section 5.2"]),
    Explanation(
      "scope-narrowed", "the client was registered with fewer scopes",
      """
      The server's answer lacks scopes that were asked for. The client is used as it is; what it has is locked.
      """,
      help: ["ask for less: scopes in the server's oauth2 block", "ask the provider why"],
      sources: ["RFC 7591 section 2 (scope)", "RFC 7591 section 3.2.1"]),
    Explanation(
      "offline-access-unlisted", "offline_access is asked for, and not listed",
      """
      The inventory asks for offline_access, and the authorization server's scopes_supported does not have it. It is sent all the same, for the
      list need not be complete. Some servers then refuse every sign-in with invalid_scope.
      """,
      help: ["remove offline_access if sign-ins fail; refresh tokens often come without it"],
      sources: ["OpenID Connect Core 1.0 section 11", "RFC 8414 section 2 (scopes_supported)"]),
    Explanation(
      "secret-short-lived", "a secret that lives for less than 30 days",
      """
      The server issued a secret that expires soon. It is renewed in time only where apply runs often enough: renew_before is 7 days, and
      at most a third of the secret's life.
      """,
      help: [
        "write token_endpoint_auth_method: none if the server lists it: then there is nothing to expire",
        "run apply at least as often as the secret needs it",
      ],
      sources: ["RFC 7591 section 3.2.1"]),
  ]
}
