extension Explanation {
  static let life: [Explanation] = [
    Explanation(
      "registration-lost", "the authorization server does not know the client any more",
      """
      Servers purge clients, lose them in a restore, or have them deleted by hand; or the secret was changed there. The token endpoint was
      asked, with a code that cannot be right: it refused the client rather than the code. Every user of this client is locked out.

      As a reason in a plan: an earlier run found it so, and a new client takes its place.
      """,
      help: [
        "apply, if the plan says replace; otherwise mcpauth rotate NAME, or raise generation; users must then reconnect",
        "adopt a client that lives: mcpauth import NAME --client-id ID",
        "your own client (preregistered, manual): look at its id, secret and method at the provider",
      ],
      sources: ["RFC 6749 section 5.2 (invalid_client, unauthorized_client)", "RFC 7592 section 2.1"]),
    Explanation(
      "update-outcome-unknown", "an update of the client had no answer",
      """
      A read or an update (RFC 7592) was sent, and nothing came back. Its answer may have held a new secret or a new management token, the
      old ones being dead since. The next read, or the token endpoint, settles it; it is never assumed to have failed.
      """,
      help: [
        "apply again with --refresh", "ask whether the credentials still work: mcpauth verify --only NAME",
        "if they are dead: mcpauth rotate NAME",
      ],
      sources: ["RFC 7592 section 2.2", "RFC 7592 section 5"]),
    Explanation(
      "update-rejected", "the client cannot be changed in place",
      """
      The server refuses the update (RFC 7592), its management address or token cannot be used, or the change is one that is never made in
      place: from none to a method with a secret, for servers then forget to issue one. The client is as it was.
      """,
      help: ["do what the server says", "replace the client: raise generation; users must then reconnect"],
      sources: ["RFC 7592 section 2.2"]),
    Explanation(
      "renewal-ineffective", "renewing the secret did not make a newer one",
      """
      The secret was due, and what came back expires no later than the old one, or is the old one. Some servers recognise the client, and
      give the same registration again, for ever.
      """,
      help: [
        "delete the client at its provider, or have its secret changed there, and adopt it with mcpauth import",
        "replace the client: raise generation",
        "if secrets are renewed by hand: renew: never",
      ],
      sources: ["RFC 7591 section 3.2.1", "RFC 7592 section 2.2"]),
    Explanation(
      "nothing-to-rotate", "this server has no client that could be rotated",
      """
      Only clients that were registered here have a secret or an id that can be made anew. This one is none, api_key or custom_headers, a
      client of your own, a metadata document, disabled, or not registered yet.
      """,
      help: [
        "change your own client's secret at its provider, and what its reference points to",
        "apply first, where nothing is registered yet",
      ]),
    Explanation(
      "issuer-changed", "the server has another authorization server now",
      """
      A client belongs to the issuer that made it, and is never shown to another one. A client that was registered here is replaced by one at the
      new issuer (the old entry stays until that worked). A metadata document is taken along: nothing is stored at a server.

      As an error: the client is your own, and the new issuer does not know it.
      """,
      help: [
        "give the client_id that the new issuer's provider made for you",
        "pin the old one while it still works: issuer in the oauth2 block",
        "make sure that the move is meant: an MCP server that was taken over can name any issuer",
      ],
      sources: ["RFC 9728 section 7.6", "MCP 2026-07-28 authorization, client registration"]),
    Explanation(
      "secret-expiring", "the client secret is due for renewal",
      """
      It expires within renew_before (7 days unless the inventory says otherwise, and at most a third of its life). It is renewed in place where the
      server offers RFC 7592, and with a new client otherwise.

      As an error: renew is never at this server, so that nothing is done by itself.
      """,
      help: [
        "apply", "with renew: never: renew it at the provider and adopt it with mcpauth import, or mcpauth rotate NAME",
      ],
      sources: ["RFC 7591 section 3.2.1 (client_secret_expires_at)"]),
    Explanation(
      "secret-expired", "the client secret has expired",
      """
      The time that the server named at the registration is over. It may refuse the client from now on; users cannot refresh their tokens
      then. Of an export: what is written does not work.
      """,
      help: ["apply: it is renewed, or replaced", "run apply often enough: nightly, say"],
      sources: ["RFC 7591 section 3.2.1 (client_secret_expires_at)"]),
    Explanation(
      "display-change-waits", "a changed name or address is not at the server yet",
      """
      client_name, the URIs for people, contacts and software_version are shown to users by the server. It has no way to change them in place
      (RFC 7592), and a new client only for a name would make every user reconnect. So the change waits for the next registration.
      """,
      help: ["raise generation to register again now"], sources: ["RFC 7592 section 2.2"]),
    Explanation(
      "client-left-behind", "an old client stays at its server",
      """
      It was replaced or removed, and could not be deleted: the server offers no way to (RFC 7592), or the deletion failed. It is on the
      orphans' list of the lock file, so that somebody can see to it. What can be deleted is tried again by each apply.
      """,
      help: [
        "see them: mcpauth orphans list", "try again: mcpauth orphans delete NAME",
        "delete it at the provider by hand, then mcpauth orphans forget NAME",
      ],
      sources: ["RFC 7592 section 2.3"]),
    Explanation(
      "management-lost", "the client works, and cannot be managed any more",
      """
      The management address (registration_client_uri) does not take the client's token any more, while the token endpoint still knows the
      client. It is kept. Changes will replace it from now on, rather than update it in place.
      """,
      help: [
        "nothing has to be done while nothing changes",
        "with a token from the provider: mcpauth import NAME with --registration-access-token-from",
      ],
      sources: ["RFC 7592 section 2", "RFC 7592 section 3"]),
    Explanation(
      "clock-wrong", "this machine's clock is off by more than an hour",
      """
      It was compared with the Date of the answers. By a wrong clock secrets seem to have expired that live, or the other way round, so that no
      secret is renewed in this run; everything else is done.
      """,
      help: ["set the clock, and run it again"], sources: ["RFC 9110 section 6.6.1"]),
  ]
}
