package import MCPAuthCore

/// The endpoints where a server's clients sign in, from discovery or from the inventory.
package struct DiscoveredEndpoints: Sendable, Equatable {
  /// The resource identifier for RFC 8707, verbatim.
  package var resource: String
  /// The issuer string of the validated metadata; nil where the inventory gives the endpoints and no issuer.
  package var issuer: String?
  /// The issuer string of the protected resource metadata (Registration#Binding-to-the-issuer).
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

  /// The result of discovery, with the inventory's overrides.
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
