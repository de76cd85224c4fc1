extension Explanation {
  static let life: [Explanation] = [
    Explanation(
      "registration-lost", "the authorization server no longer knows the client",
      """
      The server deleted an old client or lost it in a restore, or somebody deleted the client or changed its secret. The token endpoint got an
      invalid code and refused the client, not the code. No user of this client can sign in or refresh a token.

      As a reason in a plan: an earlier run, or this one with --verify, found this, and a new client replaces it.
      """,
      help: [
        "apply, if the plan says replace; otherwise apply --verify, mcpauth rotate NAME, or raise generation; users must then reconnect",
        "adopt a client that works: mcpauth import NAME --client-id ID",
        "your own client (preregistered, manual): check its id, secret and method at the provider",
      ],
      sources: ["RFC 6749 section 5.2 (invalid_client, unauthorized_client)", "RFC 7592 section 2.1"]),
    Explanation(
      "update-outcome-unknown", "an update of the client had no answer",
      """
      A read or an update (RFC 7592) was sent, and no answer came. The answer may have had a new secret or a new management token, and then the
      old ones no longer work. The next read, or the token endpoint, settles it. It is not assumed that the request failed.
      """,
      help: [
        "apply again with --refresh", "check the credentials: mcpauth verify --only NAME",
        "if they no longer work: mcpauth rotate NAME",
      ],
      sources: ["RFC 7592 section 2.2", "RFC 7592 section 5"]),
    Explanation(
      "update-rejected", "the client cannot be changed in place",
      """
      The server refuses the update (RFC 7592), its management URL or token cannot be used, or the change is never made in place: from none to
      a method with a secret, because some servers then issue no secret. The client did not change.
      """,
      help: ["do what the server says", "replace the client: raise generation; users must then reconnect"],
      sources: ["RFC 7592 section 2.2"]),
    Explanation(
      "renewal-ineffective", "the renewal gave no newer secret",
      """
      The secret was due for renewal, and the answer had the old secret, or one that expires no later. Some servers recognise the client and
      always give the same registration.
      """,
      help: [
        "delete the client at its provider; or have its secret changed there, and adopt it with mcpauth import",
        "replace the client: raise generation",
        "if secrets are renewed by hand: renew: never",
      ],
      sources: ["RFC 7591 section 3.2.1", "RFC 7592 section 2.2"]),
    Explanation(
      "nothing-to-rotate", "this server has no client that can be rotated",
      """
      Only clients that were registered here can get a new secret or id. This server has the mode none, api_key or custom_headers, your own
      client or a metadata document, or it is disabled or not registered yet.
      """,
      help: [
        "change your own client's secret at its provider, and the value of its reference",
        "if nothing is registered yet, apply first",
      ]),
    Explanation(
      "issuer-changed", "the authorization server of the server changed",
      """
      A client belongs to its issuer, and its credentials are never sent to another one. A client that was registered here is replaced by one
      at the new issuer; the old entry stays until that has worked. A metadata document works at the new issuer too.

      As an error: the client is your own, and the new issuer does not know it.
      """,
      help: [
        "give the client_id that the provider of the new issuer gave you",
        "keep the old issuer while it works: issuer in the oauth2 block",
        "make sure that the change is intended: an MCP server that was taken over can name any issuer",
      ],
      sources: ["RFC 9728 section 7.6", "MCP 2026-07-28 authorization, client registration"]),
    Explanation(
      "secret-expiring", "the client secret is due for renewal",
      """
      It expires within renew_before (7 days unless the inventory says otherwise, and at most a third of its life). It is renewed in place if the
      server offers RFC 7592, otherwise with a new client.

      As an error: this server has renew: never, so nothing is done automatically.
      """,
      help: [
        "apply", "with renew: never: renew it at the provider and adopt it with mcpauth import, or mcpauth rotate NAME",
      ],
      sources: ["RFC 7591 section 3.2.1 (client_secret_expires_at)"]),
    Explanation(
      "secret-expired", "the client secret has expired",
      """
      The expiry that the server named at the registration has passed. The server may refuse the client now, and then users cannot refresh
      their tokens. With export: the exported secret does not work. With verify: the server does refuse it.
      """,
      help: ["apply: it is renewed, or replaced", "run apply often enough, for example every night"],
      sources: ["RFC 7591 section 3.2.1 (client_secret_expires_at)"]),
    Explanation(
      "display-change-waits", "a changed name is not registered at the server yet",
      """
      The server shows client_name, the URIs for people, contacts and software_version to its users. It does not offer a change in place
      (RFC 7592), and a new client only for a name would make every user reconnect. So the change waits for the next registration.
      """,
      help: ["raise generation to register again now"], sources: ["RFC 7592 section 2.2"]),
    Explanation(
      "client-left-behind", "an old client stays at its server",
      """
      It was replaced or removed, and could not be deleted: the server does not offer it (RFC 7592), or the deletion failed. It is in the list
      of orphans in the lock file. Each apply tries again to delete the orphans that can be deleted.

      With secrets check: the store has a record that belongs to no entry and no orphan. It may have the secret of such a client.
      """,
      help: [
        "see them: mcpauth orphans list", "try again: mcpauth orphans delete NAME",
        "delete it at the provider by hand, then mcpauth orphans forget NAME",
      ],
      sources: ["RFC 7592 section 2.3"]),
    Explanation(
      "management-lost", "the client works, but can no longer be managed",
      """
      The management URL (registration_client_uri) no longer accepts the client's token, but the token endpoint still knows the client. The
      client is kept. From now on a change replaces it instead of updating it in place.
      """,
      help: [
        "there is nothing to do as long as nothing changes",
        "with a token from the provider: mcpauth import NAME with --registration-access-token-from",
      ],
      sources: ["RFC 7592 section 2", "RFC 7592 section 3"]),
    Explanation(
      "clock-wrong", "this machine's clock is off by more than an hour",
      """
      It was compared with the Date of the answers. With a wrong clock it is not known which secrets have expired, so no secret is renewed in
      this run. Everything else is done.
      """,
      help: ["set the clock, and run it again"], sources: ["RFC 9110 section 6.6.1"]),
  ]
}
