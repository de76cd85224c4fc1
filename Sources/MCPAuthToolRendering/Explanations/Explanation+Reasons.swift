extension Explanation {
  static let reasons: [Explanation] = [
    Explanation(
      "new", "the server is not in the lock file",
      """
      It gets a client or, if it needs none, only an entry. First the secret store was searched for a record of the server.
      """),
    Explanation(
      "recovered", "an entry was found in the journal or in a secret record",
      """
      An earlier run had registered the client and was interrupted before it wrote the lock file, or an older lock file was restored. The entry
      is written to the lock file again. No request is sent.
      """,
      help: ["apply, and commit the lock file"]),
    Explanation(
      "url-changed", "the URL of the server changed",
      """
      It is discovered again at the new URL. If the issuer is the same, the client is kept and only the entry changes.
      """),
    Explanation(
      "endpoints-changed", "the endpoints of the authorization server changed",
      """
      Its issuer is the same, and the authorization, token, registration or revocation endpoint, the resource, or how it was found has changed. The client
      stays, and its entry is updated. The change is found with --refresh, which also discovers servers that did not change.
      """,
      help: ["check the new URLs in the plan: codes and secrets will be sent there"], sources: ["RFC 8414 section 2"]),
    Explanation(
      "redirect-uris-changed", "the redirect URIs changed",
      """
      Servers compare them as text, and refuse one that is not registered. The client is updated in place if the server offers RFC 7592,
      otherwise it is replaced.
      """,
      sources: ["RFC 6749 section 3.1.2.3", "RFC 9700 section 2.1"]),
    Explanation(
      "scopes-changed", "the scopes changed",
      """
      The scopes of the inventory changed or, if it has none, those of the challenge or the metadata. The client is updated in place if that is
      possible, otherwise it is replaced.
      """,
      help: ["if a server often changes its scopes, write them in the inventory: scopes in the oauth2 block"],
      sources: ["RFC 7591 section 2 (scope)", "MCP 2025-11-25 authorization, Scope Selection Strategy"]),
    Explanation(
      "auth-method-changed", "the authentication method of the client changed",
      """
      token_endpoint_auth_method changed. From none to a method with a secret there is always a new client: some servers issue no secret when a client is
      changed in place.
      """,
      sources: ["RFC 7591 section 2 (token_endpoint_auth_method)"]),
    Explanation(
      "application-type-changed", "the application type changed between web and native",
      """
      It follows from the redirect URIs, or is written in the inventory. The client is updated in place if that is possible, otherwise replaced.
      """,
      sources: ["OpenID Connect Dynamic Client Registration 1.0 section 2"]),
    Explanation(
      "registration-changed", "the way to get a client changed",
      """
      There is another registration method (dcr, cimd, preregistered), another registration endpoint, or another client_id of yours. A client that
      was registered here is removed when the new one is stored.
      """),
    Explanation(
      "display-changed", "the display metadata changed",
      """
      These are names, URIs for people, contacts and software_version. They are changed in place if the server offers RFC 7592; see
      display-change-waits.
      """,
      sources: ["RFC 7591 section 2"]),
    Explanation(
      "mode-changed", "the mode of the server changed",
      """
      For example from discovered to your own client, to an API key, or to none. A client that was registered is deleted if that is possible,
      otherwise it becomes an orphan.
      """),
    Explanation(
      "settings-changed", "other settings of the server changed",
      """
      They need no other client and no request: protect, the header or the reference of an API key, generation of your own client. Only the entry
      is written again.
      """),
    Explanation(
      "generation-raised", "generation in the inventory is higher than in the lock file",
      """
      A higher generation replaces the client, by a commit that can be reviewed. Users must reconnect.
      """,
      help: ["to renew only the secret, if the server offers RFC 7592: mcpauth rotate NAME"]),
    Explanation(
      "rotate-requested", "mcpauth rotate or plan --rotate requested it",
      """
      The client gets a new secret in place if the server offers RFC 7592. Otherwise a new client replaces it. The new one is stored before the old
      one is removed.
      """),
    Explanation(
      "moved", "the entry gets another name",
      """
      moved_from has the old name. The entry and its secret record get the new name, and the client stays.
      """),
    Explanation(
      "gone-from-inventory", "the server is in the lock file, but not in the inventory",
      """
      The next apply removes it: its client is deleted if the server offers RFC 7592, otherwise it becomes an orphan. With verify: the reference
      to its secret was in the block that is gone.
      """,
      help: [
        "if it was a mistake, restore its block",
        "after a rename: write moved_from in the new block, and the client stays",
      ]),
    Explanation(
      "disabled", "enabled is false",
      """
      Nothing is done for the server, and no request is sent. Its entry in the lock file stays. An export leaves it out.
      """),
    Explanation(
      "no-value-here", "a reference of the inventory has no value in this environment",
      """
      The variable of an {env: NAME} is not set or is empty, or the file of a {file: PATH} is missing, empty or cannot be read. status looks only
      at the machine where it runs. A command that needs the value would end with secret-missing or secret-unreadable there.
      """,
      help: ["set the variable or write the file where commands that need the value run, such as the job that applies"]),
    Explanation(
      "under-way", "another run is working on it",
      """
      That run holds the lock and has an intent for this server in the journal. Its result is not known yet.
      """,
      help: ["try again when that run has ended"]),
    Explanation(
      "no-client", "the server has no client",
      """
      The modes none, api_key and custom_headers have no credentials for a token endpoint, so there is nothing to verify.
      """),
    Explanation(
      "replaced", "an orphan: another client replaced it",
      """
      It is the old client of a server that got a new one. It can be deleted when no user needs it.
      """,
      help: ["mcpauth orphans delete NAME, or delete it at the provider and mcpauth orphans forget NAME"]),
    Explanation(
      "removed", "an orphan: its server was removed",
      """
      It is the client of a server that was removed from the inventory or the lock file, and it could not be deleted.
      """,
      help: ["mcpauth orphans delete NAME, or delete it at the provider and mcpauth orphans forget NAME"]),
    Explanation(
      "check-failed", "an orphan: it was created, but cannot be used",
      """
      The server registered something else than was requested (registration-altered, registration-insufficient, registration-expired), and the
      client could not be deleted.
      """,
      help: ["delete it at the provider, then mcpauth orphans forget NAME"]),
    Explanation(
      "outcome-unknown", "an orphan: a client may exist",
      """
      A registration had no usable answer; see registration-outcome-unknown. The client id is not known. The server is blocked until it is
      settled.
      """,
      help: [
        "mcpauth import NAME --client-id ID, if it is found at the server",
        "mcpauth apply --retry-unknown, or mcpauth orphans forget NAME",
      ]),
  ]
}
