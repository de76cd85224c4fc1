extension Explanation {
  static let inventory: [Explanation] = [
    Explanation(
      "yaml-syntax", "the file cannot be read as YAML",
      """
      The file could not be parsed as one YAML 1.2 document in UTF-8. The place is where the parser stopped in the key that is wrong.
      Mistakes in different keys are reported in one run.

      Some mistakes have their own help: a forgotten colon, a line that is indented differently, a tab in the indentation, an unquoted
      {server} in a flow list (YAML reads it as a mapping), a merge conflict that is left in the file, a second document after '---'.
      """,
      help: [
        "look at the line that is shown and at the line above it",
        "quote a text with braces, with a colon and a space, or that begins with '*', '&' or '@'",
      ],
      example: """
        redirect_uris: ["https://coder.acme.dev/mcp/{server}/callback"]   # quoted: right
        """,
      sources: ["YAML 1.2.2"]),
    Explanation(
      "unknown-key", "an inventory has no such key",
      """
      Unknown keys are refused, not ignored: otherwise a mistyped protect or allow_private would do nothing, without a message.
      The message suggests the nearest known key. Keys of oauth2 belong in the oauth2 block, not to the server itself.
      """,
      help: [
        "correct the key; mcpauth schema servers lists all of them",
        "for your own anchors and notes use keys that begin with x-: they are ignored at every level",
      ],
      example: """
        servers.yaml:9:7: error[unknown-key]: unknown key 'clientid' in the oauth2 block of 'linear'
          help: did you mean 'client_id'?
        """),
    Explanation(
      "duplicate-key", "a mapping has the same key twice",
      """
      With two equal keys, one value would be lost without a message. Both places are shown. A key that comes from a merge
      key (<<) is not a duplicate: the mapping's own value replaces it.
      """,
      help: ["remove one of the two, or rename one: the name identifies a server"],
      sources: ["YAML 1.2.2 section 3.2.1.1"]),
    Explanation(
      "missing-key", "something required is missing",
      """
      A server has no url, the file has no version or servers, a client block has no name or redirect_uris; or a setting needs another one:
      registration: preregistered needs client_id, registration: cimd needs client.metadata_url, resource_metadata_url: none needs
      issuer or metadata_url. In an empty file everything is missing.
      """,
      help: ["write the key that the message names, at the place that it shows"],
      example: """
        version: 1
        client: {name: Acme Coder, redirect_uris: ["https://coder.acme.dev/mcp/{server}/callback"]}
        servers:
          linear: {url: "https://mcp.linear.app/mcp"}
        """),
    Explanation(
      "invalid-value", "the value is not valid for its key",
      """
      The value has the wrong type, is not one of the possible values, or breaks a rule of its key: a server's name outside
      [a-z0-9][a-z0-9._-]{0,62}, a duration without a unit, an unknown version, a scope with a space in it.

      Booleans are true and false, as in YAML 1.2. yes, on and off are text, and refused for a boolean.
      """,
      help: ["write one of the values that the message lists", "durations are a number and a unit: 30s, 24h, 7d"],
      sources: ["YAML 1.2.2 section 10.2", "RFC 6749 section 3.3 (scopes)"]),
    Explanation(
      "unset-variable", "a variable has no value",
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
      "inventory-too-large", "the inventory is too large",
      """
      The file is over 16 MiB, nested over 64 levels, or its aliases expand to over 100,000 nodes. Such a file is refused before it is
      read completely: a few lines of nested aliases can expand to gigabytes.
      """,
      help: ["split it into several inventories, each with its own lock file"]),
    Explanation(
      "inventory-unreadable", "the inventory cannot be opened",
      """
      The file does not exist, it is a folder, a pipe or a device, or this user may not read it. The default is servers.yaml in the
      working directory.
      """,
      help: ["name the file: mcpauth plan path/to/servers.yaml", "run where it is: cd into the checkout first"]),
    Explanation(
      "inline-secret", "the file has a secret in it",
      """
      An inventory is committed. Everybody who can read the repository can read a secret in it, and it stays in the history.
      Secret fields take a reference. The value is not shown, also not in the quoted line.

      In custom_headers a literal is allowed, but not for Authorization, Cookie, or a name that ends in key, token or secret, and not
      'Bearer' and a token. A key in the query of a URL, as in ?api_key=…, is a secret in the file too.
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
      The value of a reference is sent to a server: an initial access token to a registration endpoint, a client secret to a token
      endpoint. So a reference may not name a variable that a CI job, a cloud or mcpauth itself uses (GITHUB_*, CI_*, AWS_*, MCPAUTH_*
      and so on), a file below /proc, /sys, /dev or a .git folder, or a file in which mcpauth or another tool keeps credentials. Links in
      a file's path are followed first. Otherwise a pull request that changes only the inventory could send such a value to any server.
      """,
      help: [
        "put the secret into a variable with another name, such as MCP_GITHUB_CLIENT_SECRET",
        "or keep it in a separate file, or in the secret store: mcpauth secrets set KEY",
      ]),
    Explanation(
      "unresolved-placeholder", "a redirect URI still has a placeholder in it",
      """
      {server} becomes the server's name; any other {…}, <…> or unexpanded $ in a redirect URI would be registered unchanged, and
      users could not return to it.
      """,
      help: ["write the real value", "use {server} if each server has its own address"],
      sources: ["RFC 6749 section 3.1.2"]),
    Explanation(
      "partial-oauth2-config", "only some of client_id and the two endpoints are given",
      """
      A server's OAuth client is either yours or found automatically. With all three of client_id, authorization_endpoint and
      token_endpoint it is yours, and no request is made; with none of them it is discovered and registered. With only some
      of them the meaning is not clear, and a wrong guess would send your credentials to another endpoint.
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
      "secret-without-client", "there is a client_secret without a client_id",
      """
      client_secret belongs to a client of yours. Without client_id the server is discovered and a client is registered, with its
      own secret. The secret in the inventory would never be used.
      """,
      help: [
        "give client_id and both endpoints, or client_id with registration: preregistered",
        "or remove client_secret",
      ]),
    Explanation(
      "token-without-issuer", "there is a token for registration without an issuer",
      """
      initial_access_token and software_statement are sent to the registration endpoint. Metadata names that endpoint, and a
      hostile server could name its own and receive the token. So they need issuer or registration_endpoint in the same oauth2
      block, and cannot be in defaults.
      """,
      help: ["add issuer (exactly as in the metadata) or registration_endpoint to the block"],
      example: """
        oauth2:
          issuer: https://auth.acme.example/realms/mcp
          initial_access_token: {env: KEYCLOAK_INITIAL_TOKEN}
        """,
      sources: ["RFC 7591 section 3"]),
    Explanation(
      "mixed-redirect-uris", "there are redirect URIs of a web and of a native application",
      """
      A client is registered as web (https redirect URIs) or as native (loopback or a scheme of its own). With both kinds the type
      is not clear, and many servers refuse such a request.
      """,
      help: [
        "give this server redirect_uris of one kind only",
        "or set the type: application_type: web, or native",
      ],
      sources: ["OpenID Connect Dynamic Client Registration 1.0 section 2", "RFC 8252 section 7"]),
    Explanation(
      "invalid-url", "the URL cannot be used",
      """
      A URL must be absolute, http or https, with a host, and without a user name or password, a fragment, a backslash, a space or a
      control character: programs read those differently, and a check of the host could be evaded. Characters outside ASCII must be
      percent-encoded, in hosts as punycode.

      The message says whether the URL is in the inventory or in metadata of a server.
      """,
      help: ["correct it in the inventory", "in metadata only the server's operator can correct it"],
      sources: ["RFC 3986 section 4.3", "RFC 9728 section 2", "RFC 8414 section 2"]),
    Explanation(
      "insecure-url", "http instead of https",
      """
      Credentials and metadata are sent over https only. http is allowed if the host is loopback (localhost, 127.0.0.0/8, ::1) and
      the server's URL in the inventory is loopback too, for tests. http is never changed to https: the two may give different
      documents.
      """,
      help: [
        "write https in the inventory",
        "in metadata: a server behind a TLS proxy must use X-Forwarded-Proto to publish https URLs",
      ],
      sources: [
        "RFC 8414 section 2", "RFC 9728 section 1.2", "RFC 6749 section 3.2",
        "MCP 2025-11-25 authorization, Communication Security",
      ]),
    Explanation(
      "duplicate-url", "two servers have the same URL",
      """
      Both are kept, each with its own client. That is right for two tenants or two sets of scopes. Otherwise it may be a copy that was
      not changed.
      """,
      help: ["remove one of them, or keep both"]),
    Explanation(
      "transport-deprecated", "the server has the transport sse",
      """
      MCP 2025-03-26 replaced HTTP with SSE by streamable HTTP. Some programs no longer support the old transport. An export for them leaves
      the server out.
      """,
      help: ["ask the provider for a URL with streamable HTTP, and leave transport out"]),
    Explanation(
      "import-unreadable", "a consumer's file cannot be read",
      """
      mcpauth import --from reads the configuration of a program. This file is not there, is over 16 MiB, has a mistake at the line that is named,
      has no list of servers where that program has it, or has over 1000 servers. Nothing was written.
      """,
      help: ["correct the file at the line that is named", "name the right format with --from"]),
    Explanation(
      "file-exists", "a file exists that init would have to change",
      """
      mcpauth init makes new files and adds missing lines to .gitignore and .gitattributes. It changes nothing else. An inventory or a workflow
      that differs from the flags of init, and a private key, are left as they are, and nothing is written.
      """,
      help: [
        "leave out the flag that the message names: init then writes what is missing beside the file",
        "or move the file away, and run it again",
      ]),
  ]
}
