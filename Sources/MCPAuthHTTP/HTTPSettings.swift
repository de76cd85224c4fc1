/// What the live transport is told once: who we are, whom we trust, how we get out (InventoryReference#Network).
package struct HTTPSettings: Sendable {
  /// `mcpauth/VERSION`: the `User-Agent` of every request that brings none.
  package var userAgent: String
  /// The PEM of `network.ca_file`, trusted beside the system's roots; nil when none is named.
  package var certificateAuthorities: [UInt8]?
  /// `network.system_roots`: false for the authorities above, and of `SSL_CERT_FILE`, alone.
  package var trustsSystemRoots = true
  /// `network.allow_private`: networks (`10.0.0.0/8`), addresses, host names that discovered URLs may lead to.
  package var allowPrivate: [String]
  /// Where `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` (or lower case) and `SSL_CERT_FILE` are looked up.
  package var environment: [String: String]
  /// Seconds for DNS, TCP, proxy and TLS together.
  package var connectTimeout: Int

  package init(
    userAgent: String, certificateAuthorities: [UInt8]? = nil, allowPrivate: [String] = [],
    environment: [String: String] = [:], connectTimeout: Int = 5
  ) {
    self.userAgent = userAgent
    self.certificateAuthorities = certificateAuthorities
    self.allowPrivate = allowPrivate
    self.environment = environment
    self.connectTimeout = connectTimeout
  }
}
