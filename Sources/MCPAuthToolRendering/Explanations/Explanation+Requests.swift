extension Explanation {
  static let requests: [Explanation] = [
    Explanation(
      "address-blocked", "a URL that a server named leads to a private address",
      """
      Servers name further URLs: metadata, authorization servers, endpoints. One of them is, or resolves to, an address that is private,
      loopback, link-local, or reserved. A hostile server could so have this machine ask things of your network, such as a cloud's
      metadata service. The address of the connection itself is checked too, before anything is sent on it.

      URLs that the inventory has, and those of a server's own origin, may lead anywhere.
      """,
      help: [
        "if it is yours, allow it: allow_private at this server, or network.allow_private for all",
        "otherwise ask the server's operator why its metadata names a private address",
      ],
      example: """
        network: {allow_private: [10.20.0.0/16, keycloak.internal]}
        """,
      sources: ["RFC 9728 section 7.7", "RFC 6890"]),
    Explanation(
      "redirect-refused", "a redirect that is not followed",
      """
      On a GET of metadata at most five redirects are followed, to the same host only, and never from https to http. On a POST none is:
      a redirected registration would hand metadata and tokens to another endpoint, and clients turn a redirected POST into a GET.
      verify follows none either, for it carries credentials.
      """,
      help: [
        "give the real address: metadata_url, resource_metadata_url or registration_endpoint in the server's oauth2 block",
        "an endpoint that differs from its redirect by a slash is to be written as it answers",
      ],
      sources: ["RFC 9110 section 15.4", "RFC 9700 section 4.12"]),
    Explanation(
      "response-too-large", "an answer of over one mebibyte",
      """
      Metadata and the answers to registrations are a few kilobytes. Reading stops at 1 MiB, counted as it arrives, so that no server
      can fill this machine's memory.
      """,
      help: ["look at what is served there: mcpauth inspect URL", "tell the server's operator"]),
    Explanation(
      "timeout", "no answer in time",
      """
      A connection is waited for 5 seconds, an answer 10, a server's whole discovery 30 (--timeout). Metadata is asked for three times
      in all before that. What is locked stays as it is: a server that does not answer is no reason to change anything.
      """,
      help: [
        "run it again", "allow more time where servers are known to be slow: --timeout 2m",
      ]),
    Explanation(
      "unreachable", "no connection, or only server errors",
      """
      The name did not resolve, the connection or TLS failed, or every try ended in a 5xx. The message tells an unknown authority, an
      expired certificate and a wrong host apart. After the registration request itself was sent this code is not used: see
      registration-outcome-unknown.

      Nothing is concluded from it: the lock's entry stays, and discovery does not fall back to something else.
      """,
      help: [
        "run it again later; look at the host from this machine: mcpauth inspect URL",
        "a private certificate authority: network.ca_file, or SSL_CERT_FILE",
        "through a proxy: HTTPS_PROXY and NO_PROXY",
      ]),
    Explanation(
      "rate-limited", "the server asked to come back later",
      """
      It answered 429, or 503 with Retry-After. A short wait is waited out; a longer one is reported at once, with the time at which to come
      back. No other registration begins at that issuer in this run, and verify asks that endpoint no more.

      Limits often count by address: many runners behind one address share one.
      """,
      help: ["apply again after the time that is named: servers that are done are not asked again"],
      sources: ["RFC 6585 section 4", "RFC 9110 section 10.2.3"]),
  ]
}
