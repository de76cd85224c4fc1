/// The settings of the live transport: user agent, trusted certificates, proxies and allowed addresses (InventoryReference#Network).
package struct HTTPSettings: Sendable {
  /// `mcpauth/VERSION`: the `User-Agent` of every request that has none.
  package var userAgent: String
  /// The PEM of `network.ca_file`, trusted in addition to the system's roots. nil if the inventory names no file.
  package var certificateAuthorities: [UInt8]?
  /// `network.system_roots`. False: only the authorities above and those of `SSL_CERT_FILE` are trusted.
  package var trustsSystemRoots = true
  /// PEM of a certificate and of its key that the client presents; nil: none.
  package var clientCertificate: [UInt8]?
  package var clientKey: [UInt8]?
  /// `network.allow_private`: networks (`10.0.0.0/8`), addresses and host names that discovered URLs may lead to.
  package var allowPrivate: [String]
  /// Contains `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` (or in lower case) and `SSL_CERT_FILE`.
  package var environment: [String: String]
  /// The most seconds for DNS, TCP, proxy and TLS together.
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
