extension Explanation {
  static let requests: [Explanation] = [
    Explanation(
      "address-blocked", "a URL that a server named leads to a private address",
      """
      Servers name further URLs: metadata, authorization servers, endpoints. One of them is, or resolves to, an address that is private,
      loopback, link-local, or reserved. Otherwise a hostile server could make this machine send requests to your network, such as to
      a cloud's metadata service. The address of the connection itself is checked too, before anything is sent.

      URLs of the inventory, and those of a server's own origin, may lead to any address.
      """,
      help: [
        "if the address is yours, allow it: allow_private at this server, or network.allow_private for all",
        "otherwise ask the server's operator why its metadata names a private address",
      ],
      example: """
        network: {allow_private: [10.20.0.0/16, keycloak.internal]}
        """,
      sources: ["RFC 9728 section 7.7", "RFC 6890"]),
    Explanation(
      "redirect-refused", "a redirect was not followed",
      """
      On a GET of metadata at most five redirects are followed, to the same host only, and never from https to http. A redirect of
      a POST is not followed: it would send metadata and tokens to another endpoint, and clients change a redirected POST to a GET.
      verify follows none, because its requests have credentials.
      """,
      help: [
        "give the real address: metadata_url, resource_metadata_url or registration_endpoint in the server's oauth2 block",
        "if the redirect only adds or removes a slash, write the URL that answers",
      ],
      sources: ["RFC 9110 section 15.4", "RFC 9700 section 4.12"]),
    Explanation(
      "response-too-large", "the answer is over one mebibyte",
      """
      Metadata and the answers to registrations are a few kilobytes. Reading stops at 1 MiB, so that a server cannot fill
      this machine's memory.
      """,
      help: ["look at what is served there: mcpauth inspect URL", "tell the server's operator"]),
    Explanation(
      "timeout", "no answer in time",
      """
      The limits are 5 seconds for a connection, 10 for an answer, and 30 for the whole discovery of a server (--timeout). A request for
      metadata is sent up to three times before this error. The lock file does not change because a server does not answer.
      """,
      help: [
        "run it again", "for slow servers allow more time: --timeout 2m",
      ]),
    Explanation(
      "unreachable", "no connection, or only server errors",
      """
      The name did not resolve, the connection or TLS failed, or every attempt ended in a 5xx. The message distinguishes an unknown authority,
      an expired certificate and a wrong host. After a registration request was sent this code is not used: see
      registration-outcome-unknown.

      The entry in the lock file stays, and discovery does not try other addresses.
      """,
      help: [
        "run it again later; inspect the server from this machine: mcpauth inspect URL",
        "a private certificate authority: network.ca_file, or SSL_CERT_FILE",
        "through a proxy: HTTPS_PROXY and NO_PROXY",
      ]),
    Explanation(
      "rate-limited", "the server asked to wait",
      """
      It answered 429, or 503 with Retry-After. A short wait is done; a longer one is reported at once, with the time. In this run
      no other registration begins at that issuer, and verify sends no further request to that endpoint.

      Limits often count by address: runners behind one address share a limit.
      """,
      help: ["apply again after that time: servers that are done get no further request"],
      sources: ["RFC 6585 section 4", "RFC 9110 section 10.2.3"]),
  ]
}
