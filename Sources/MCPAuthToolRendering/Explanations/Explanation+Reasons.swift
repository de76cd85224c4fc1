extension Explanation {
  static let reasons: [Explanation] = [
    Explanation(
      "new", "the server is not in the lock file",
      """
      It gets a client, or, where it needs none, an entry. Whether a secret record of it is there already was looked at first.
      """),
    Explanation(
      "recovered", "an entry came out of the journal or a secret record",
      """
      An earlier run had registered the client and was broken off before the lock file was written, or an older lock file came back. The entry is
      put into the lock file again. No request is made.
      """,
      help: ["apply, and commit the lock file"]),
    Explanation(
      "url-changed", "the server's URL is another one",
      """
      It is discovered again at the new URL. Where the issuer stays the same the client is kept, and only the entry changes.
      """),
    Explanation(
      "endpoints-changed", "the authorization server has other endpoints",
      """
      Its issuer is the same, and the authorization, token, registration or revocation endpoint, the resource, or how it was found has changed. The client
      stays; its entry is updated. Seen with --refresh, which looks at servers that did not change as well.
      """,
      help: ["look at the new addresses in the plan: codes and secrets will go there"], sources: ["RFC 8414 section 2"]),
    Explanation(
      "redirect-uris-changed", "the redirect URIs are other ones",
      """
      Servers compare them as text, and refuse one that is not registered. The client is updated in place where the server offers RFC 7592, and
      replaced otherwise.
      """,
      sources: ["RFC 6749 section 3.1.2.3", "RFC 9700 section 2.1"]),
    Explanation(
      "scopes-changed", "the scopes are other ones",
      """
      The inventory's scopes changed, or, without any there, those of the challenge or the metadata. The client is updated in place where that can be
      done, and replaced otherwise.
      """,
      help: ["pin them, if a server changes its own often: scopes in the oauth2 block"],
      sources: ["RFC 7591 section 2 (scope)", "MCP 2025-11-25 authorization, Scope Selection Strategy"]),
    Explanation(
      "auth-method-changed", "the client is to authenticate in another way",
      """
      token_endpoint_auth_method changed. From none to a method with a secret it is always a new client: servers forget to issue a secret when a client
      is changed in place.
      """,
      sources: ["RFC 7591 section 2 (token_endpoint_auth_method)"]),
    Explanation(
      "application-type-changed", "web became native, or the other way round",
      """
      It goes with the redirect URIs, or was written down. Updated in place where that can be done, otherwise a new client.
      """,
      sources: ["OpenID Connect Dynamic Client Registration 1.0 section 2"]),
    Explanation(
      "registration-changed", "the client comes from elsewhere now",
      """
      Another way to a client (dcr, cimd, preregistered), another registration endpoint, or another client_id of yours. A client that was registered here
      is given up once the new one is in place.
      """),
    Explanation(
      "display-changed", "what users are shown has changed",
      """
      Names, URIs for people, contacts, software_version. It is changed in place where the server offers RFC 7592; see display-change-waits.
      """,
      sources: ["RFC 7591 section 2"]),
    Explanation(
      "mode-changed", "the server gets its credentials in another way",
      """
      From discovered to your own client, to an API key, to none, or back. A client that was registered is deleted where that can be done, and listed
      under orphans otherwise.
      """),
    Explanation(
      "settings-changed", "something else of the server's block changed",
      """
      Something that needs no other client and no request: protect, the header or the reference of an API key, generation of a client of your own. Its
      entry is written anew.
      """),
    Explanation(
      "generation-raised", "generation in the inventory is higher than in the lock file",
      """
      Raising it replaces the client: rotation by a commit that can be reviewed. Users must reconnect.
      """,
      help: ["to keep the client where RFC 7592 is offered, and renew its secret only: mcpauth rotate NAME"]),
    Explanation(
      "rotate-requested", "mcpauth rotate, or plan --rotate, asked for it",
      """
      A new secret in place where the server offers RFC 7592, a new client otherwise. The new one is stored before the old one goes.
      """),
    Explanation(
      "moved", "the entry goes to another name",
      """
      moved_from names the old one. Entry and secret record go along, the client stays what it is.
      """),
    Explanation(
      "gone-from-inventory", "the server is in the lock file, and not in the inventory",
      """
      The next apply removes it: its client is deleted where the server offers RFC 7592, and listed under orphans otherwise; then its secret goes. Of
      verify: the reference to its secret went with its block.
      """,
      help: ["put its block back, if it was not meant", "renamed? give the new block moved_from, and the client stays"]),
    Explanation(
      "disabled", "enabled is false",
      """
      Nothing is done for the server, and no request made. What is locked stays locked. An export leaves it out.
      """),
    Explanation(
      "under-way", "another run is working on it",
      """
      That run holds the lock, and has an intent for this server in the journal. What comes of it is not known yet.
      """,
      help: ["look again when that run has ended"]),
    Explanation(
      "no-client", "the server has no client",
      """
      none, api_key and custom_headers have no credentials that a token endpoint could be asked about.
      """),
    Explanation(
      "replaced", "an orphan: another client took its place",
      """
      The old client of a server that was given a new one. It can be deleted once nobody uses it.
      """,
      help: ["mcpauth orphans delete NAME, or delete it at the provider and mcpauth orphans forget NAME"]),
    Explanation(
      "removed", "an orphan: its server is gone",
      """
      The client of a server that was taken out of the inventory, or forgotten, and that could not be deleted.
      """,
      help: ["mcpauth orphans delete NAME, or delete it at the provider and mcpauth orphans forget NAME"]),
    Explanation(
      "check-failed", "an orphan: it was created, and cannot be used",
      """
      The server registered it otherwise than was asked (registration-altered, registration-insufficient, registration-expired), and it could not be
      deleted again.
      """,
      help: ["delete it at the provider, then mcpauth orphans forget NAME"]),
    Explanation(
      "outcome-unknown", "an orphan: a client may exist, nobody knows",
      """
      A registration had no usable answer; see registration-outcome-unknown. Its client id is not known. The server is blocked by it until it is
      settled.
      """,
      help: [
        "mcpauth import NAME --client-id ID, if it is found at the server",
        "mcpauth apply --retry-unknown, or mcpauth orphans forget NAME",
      ]),
  ]
}
