package import MCPAuthCore

/// Where a server's clients sign in, as discovery or the inventory says.
package struct DiscoveredEndpoints: Sendable, Equatable {
  /// The resource identifier for RFC 8707, verbatim.
  package var resource: String
  /// The validated metadata's own string; nil where the inventory gives the endpoints and no issuer.
  package var issuer: String?
  /// The protected resource metadata's own string for the issuer (Registration#Binding-to-the-issuer).
  package var authorizationServer: String?
  package var discoveredBy: DiscoveredServer.Route
  package var authorizationEndpoint: String
  package var tokenEndpoint: String
  package var registrationEndpoint: String?
  package var revocationEndpoint: String?
  package var authorizationResponseIssParameterSupported: Bool?

  package init(
    resource: String, issuer: String?, discoveredBy: DiscoveredServer.Route, authorizationEndpoint: String,
    tokenEndpoint: String, registrationEndpoint: String? = nil, revocationEndpoint: String? = nil
  ) {
    self.resource = resource
    self.issuer = issuer
    self.discoveredBy = discoveredBy
    self.authorizationEndpoint = authorizationEndpoint
    self.tokenEndpoint = tokenEndpoint
    self.registrationEndpoint = registrationEndpoint
    self.revocationEndpoint = revocationEndpoint
  }

  /// What discovery found, and what the inventory says instead.
  init(_ found: DiscoveredServer, _ settings: OAuth2Settings) {
    let metadata = found.metadata
    self.init(
      resource: found.resource, issuer: metadata.issuer, discoveredBy: found.route,
      authorizationEndpoint: metadata.authorizationEndpoint, tokenEndpoint: metadata.tokenEndpoint,
      registrationEndpoint: settings.registrationEndpoint ?? metadata.registrationEndpoint,
      revocationEndpoint: settings.revocationEndpoint ?? metadata.revocationEndpoint)
    authorizationServer = found.authorizationServer
    authorizationResponseIssParameterSupported = metadata.authorizationResponseIssParameterSupported
  }
}
