extension Explanation {
  static let inventory: [Explanation] = [
    Explanation(
      "yaml-syntax", "the file is not YAML that can be read",
      """
      The file could not be parsed as one YAML 1.2 document in UTF-8. The place is where the parser gave up, which is often
      a line below the slip itself.

      Some slips are YAML's alone and get a help of their own: a tab in the indentation, an unquoted {server} in a flow
      list (YAML takes it for a mapping), a leftover merge conflict, a second document after '---'.
      """,
      help: [
        "look at the line that is shown, and at the one above it",
        "quote what holds braces, a colon followed by a space, or a leading '*', '&', '@'",
      ],
      example: """
        redirect_uris: ["https://coder.acme.dev/mcp/{server}/callback"]   # quoted: right
        """,
      sources: ["YAML 1.2.2"]),
    Explanation(
      "unknown-key", "a key that an inventory does not have",
      """
      Unknown keys are refused rather than ignored: a mistyped protect or allow_private would otherwise silently do nothing.
      The nearest key that is known at this place is suggested. Keys of oauth2 do not stand at the server itself, and the
      other way round.
      """,
      help: [
        "correct the key; mcpauth schema servers lists all of them",
        "for anchors and notes of your own use keys that begin with x-, which are ignored at every level",
      ],
      example: """
        servers.yaml:9:7: error[unknown-key]: unknown key 'clientid' in the oauth2 block of 'linear'
          help: did you mean 'client_id'?
        """),
    Explanation(
      "duplicate-key", "a key stands twice in one mapping",
      """
      Of two equal keys one would win and the other be lost, without anybody noticing. Both places are shown. A key that comes
      in through a merge key (<<) is no duplicate: the mapping's own value replaces it.
      """,
      help: ["keep one of the two, or rename one: servers are told apart by their names"],
      sources: ["YAML 1.2.2 section 3.2.1.1"]),
    Explanation(
      "missing-key", "something required is not there",
      """
      A server has no url, the file no version or servers, a client block no name or redirect_uris; or a setting needs another one:
      registration: preregistered needs client_id, registration: cimd needs client.metadata_url, resource_metadata_url: none needs
      issuer or metadata_url. An empty file lacks everything.
      """,
      help: ["write the key that the message names, at the place that it shows"],
      example: """
        version: 1
        client: {name: Acme Coder, redirect_uris: ["https://coder.acme.dev/mcp/{server}/callback"]}
        servers:
          linear: {url: "https://mcp.linear.app/mcp"}
        """),
    Explanation(
      "invalid-value", "a value that its key does not take",
      """
      The value has the wrong type, is none of the possible ones, or breaks a rule of its key: a server's name outside
      [a-z0-9][a-z0-9._-]{0,62}, a duration without a unit, an unknown version, a scope with a space in it.

      Booleans are true and false, as YAML 1.2 has them: yes, on and off are text, and refused where a boolean is due.
      """,
      help: ["write one of the values that the message lists", "durations are a number and a unit: 30s, 24h, 7d"],
      sources: ["YAML 1.2.2 section 10.2", "RFC 6749 section 3.3 (scopes)"]),
    Explanation(
      "unset-variable", "a variable that has no value",
      """
      ${NAME} in a plain value takes the value of the environment variable MCPAUTH_VAR_NAME, or of --var NAME=VALUE. Neither is given, and
      there is no default.

      The variable NAME itself is never used. Otherwise a pull request could write any variable of a CI job into a URL and have it sent
      there.
      """,
      help: [
        "set MCPAUTH_VAR_NAME, or give --var NAME=VALUE", "or write a default: ${NAME:-default}",
        "a literal dollar is $$",
        "for a secret use a reference: {env: NAME}",
      ]),
    Explanation(
      "inventory-too-large", "the inventory is larger than any real one",
      """
      The file is over 16 MiB, nested over 64 levels, or its aliases expand to over 100,000 nodes. Such a file is refused before it is
      understood: a few lines of nested aliases can otherwise stand for gigabytes.
      """,
      help: ["split it into several inventories, each with a lock file of its own"]),
    Explanation(
      "inventory-unreadable", "the inventory cannot be opened",
      """
      There is no such file, it is a folder, a pipe or a device, or this user may not read it. Without a name, servers.yaml in the
      working directory is meant.
      """,
      help: ["name the file: mcpauth plan path/to/servers.yaml", "run where it is: cd into the checkout first"]),
    Explanation(
      "inline-secret", "a secret stands in the file itself",
      """
      An inventory is committed, so a secret in it is known to everybody who can read the repository, and to its history for good.
      Secret fields take a reference. The value is not shown again, also not in the line.

      In custom_headers a literal is allowed, but not for Authorization, Cookie, or a name that ends in key, token or secret.
      """,
      help: [
        "write a reference: {env: NAME}, {file: PATH}, or {stored: KEY} after mcpauth secrets set KEY",
        "if it was ever pushed, have its provider replace it",
      ],
      example: """
        client_secret: {env: MCP_GITHUB_CLIENT_SECRET}
        """),
    Explanation(
      "reference-refused", "a secret reference names what must not be sent to a server",
      """
      A reference takes its value to a server: an initial access token goes to a registration endpoint, a client secret to a token
      endpoint. So it may not name a variable in which a CI job, a cloud or mcpauth itself holds something (GITHUB_*, CI_*, AWS_*,
      MCPAUTH_* and so on), nor a file below /proc, /sys, /dev or a .git folder, nor where mcpauth or another tool keeps credentials.
      Links in a file's path are followed first. Otherwise a pull request that changes only the inventory could have them sent anywhere.
      """,
      help: [
        "hand the secret over in a variable of another name, such as MCP_GITHUB_CLIENT_SECRET",
        "or keep it in a file of its own, or in the secret store: mcpauth secrets set KEY",
      ]),
    Explanation(
      "unresolved-placeholder", "a redirect URI still has a placeholder in it",
      """
      {server} becomes the server's name; any other {…}, <…> or unexpanded $ in a redirect URI would be registered as it stands, and no
      user could ever come back to it.
      """,
      help: ["write the real value", "use {server} where each server has an address of its own"],
      sources: ["RFC 6749 section 3.1.2"]),
    Explanation(
      "partial-oauth2-config", "some of client_id and the two endpoints, not all",
      """
      A server's OAuth client is either yours or found automatically. With all three of client_id, authorization_endpoint and
      token_endpoint it is yours, and no request is made; with none of them it is discovered and registered. With only some it would
      have to be guessed what is meant, and a wrong guess sends your credentials to somebody else's endpoint.
      """,
      help: [
        "give all three to use your own client",
        "give none of them to discover and register automatically (RFC 9728, RFC 8414, RFC 7591)",
        "your own client at discovered endpoints: client_id with registration: preregistered",
      ],
      example: """
        oauth2:
          client_id: Iv1.0123456789abcdef
          client_secret: {env: MCP_GITHUB_CLIENT_SECRET}
          authorization_endpoint: https://github.com/login/oauth/authorize
          token_endpoint: https://github.com/login/oauth/access_token
        """),
    Explanation(
      "secret-without-client", "a client_secret, and no client whose secret it is",
      """
      client_secret belongs to a client of yours. Without client_id the server is discovered and a client registered, which gets a
      secret of its own; the one in the inventory would never be used.
      """,
      help: [
        "give client_id and both endpoints, or client_id with registration: preregistered",
        "or remove client_secret",
      ]),
    Explanation(
      "token-without-issuer", "a token for registration, and no word on where it may go",
      """
      initial_access_token and software_statement are sent to the registration endpoint. That endpoint is named by metadata, which a
      hostile server writes as it likes: without a pin it could have the token sent to itself. So they need issuer or
      registration_endpoint in the same oauth2 block, and cannot stand in defaults.
      """,
      help: ["write issuer (exactly as the metadata has it) or registration_endpoint beside it"],
      example: """
        oauth2:
          issuer: https://auth.acme.example/realms/mcp
          initial_access_token: {env: KEYCLOAK_INITIAL_TOKEN}
        """,
      sources: ["RFC 7591 section 3"]),
    Explanation(
      "mixed-redirect-uris", "redirect URIs of a web and of a native application together",
      """
      A client is registered as web (https redirect URIs) or as native (loopback or a scheme of its own). With both kinds the type
      cannot be told, and many servers refuse such a request as a whole.
      """,
      help: [
        "give this server redirect_uris of one kind only",
        "or say which it is: application_type: web, or native",
      ],
      sources: ["OpenID Connect Dynamic Client Registration 1.0 section 2", "RFC 8252 section 7"]),
    Explanation(
      "invalid-url", "not an absolute http or https URL that can be used",
      """
      A URL has to be absolute, with a host, and without a user name or password, a fragment, a backslash, a space or a control
      character: programs disagree about what those mean, and a disagreement about the host is how checks are evaded. Characters
      beyond ASCII have to be percent-encoded, in hosts as punycode.

      It may stand in the inventory, or in metadata that a server sent; the message says which.
      """,
      help: ["correct it in the inventory", "in a server's metadata only its operator can"],
      sources: ["RFC 3986 section 4.3", "RFC 9728 section 2", "RFC 8414 section 2"]),
    Explanation(
      "insecure-url", "http where https is due",
      """
      Credentials and metadata are sent over https only. http is taken where the host is loopback (localhost, 127.0.0.0/8, ::1) and the
      server's own URL in the inventory is loopback too, to try things out. Nothing is upgraded silently: what a server published
      with http is not known to be the same with https.
      """,
      help: [
        "write https in the inventory",
        "in metadata: a server behind a TLS proxy has to honour X-Forwarded-Proto to advertise https URLs",
      ],
      sources: [
        "RFC 8414 section 2", "RFC 9728 section 1.2", "RFC 6749 section 3.2",
        "MCP 2025-11-25 authorization, Communication Security",
      ]),
    Explanation(
      "duplicate-url", "two servers have one URL",
      """
      Both are kept, with a client each. That is right for two tenants or two sets of scopes, and otherwise a copy that was meant to
      be changed.
      """,
      help: ["remove one of them, or leave it as it is"]),
  ]
}
