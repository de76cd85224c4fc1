/// The part of discovery that a request or a finding belongs to.
package enum InspectionSection: String, Sendable, CaseIterable {
  case probe
  case resource = "protected-resource-metadata"
  case server = "authorization-server-metadata"
  case client
}

/// The text that defines a rule.
package struct InspectionRule: Sendable, Equatable {
  /// The step of discovery (`protocol`): `2.3`.
  package var step: String
  /// `RFC 9728 section 3.1`.
  package var reference: String

  package init(_ step: String, _ reference: String) {
    self.step = step
    self.reference = reference
  }

  static let status = InspectionRule("2.1", "RFC 9110 section 15.5.2")
  static let challenge = InspectionRule("2.2", "RFC 6750 section 3")
  static let pointer = InspectionRule("2.2", "RFC 9728 section 5.1")
  static let wellKnownResource = InspectionRule("2.3", "RFC 9728 section 3.1")
  static let resourceMembers = InspectionRule("2.4", "RFC 9728 section 2")
  static let resourceAnswer = InspectionRule("2.3", "RFC 9728 section 3.2")
  static let wellKnownServer = InspectionRule("3", "RFC 8414 section 3.1")
  static let serverMembers = InspectionRule("3", "RFC 8414 section 2")
  static let serverAnswer = InspectionRule("3", "RFC 8414 section 3.2")
  static let legacy = InspectionRule("2.6", "MCP 2025-03-26 authorization, 2.3")
  static let clientDocument = InspectionRule("4", "draft-ietf-oauth-client-id-metadata-document section 4")

  /// The rule for a code of discovery or of the choice of a client.
  static func of(_ code: DiagnosticCode, in section: InspectionSection) -> InspectionRule {
    switch code {
    case .invalidURL: InspectionRule("1", "RFC 3986 section 4.3")
    case .insecureURL:
      section == .resource ? InspectionRule("1", "RFC 9728 section 1.2") : InspectionRule("1", "RFC 8414 section 2")
    case .addressBlocked: InspectionRule("1", "RFC 9728 section 7.7")
    case .redirectRefused: InspectionRule("1", "RFC 9110 section 15.4")
    case .responseTooLarge: InspectionRule("1", "RFC 9110 section 15.5.14")
    case .timeout, .unreachable: InspectionRule("1", "RFC 9110 section 15.6")
    case .rateLimited: InspectionRule("1", "RFC 6585 section 4")
    case .noAuthRequired: InspectionRule("2.6", "RFC 9728 section 3")
    case .resourceMetadataUnavailable: InspectionRule("2.3", "RFC 9728 section 5.1")
    case .resourceMismatch, .resourceIsBroader: InspectionRule("2.4", "RFC 9728 section 3.3")
    case .noAuthorizationServer, .authorizationServerPassedOver: InspectionRule("2.5", "RFC 9728 section 2")
    case .authorizationServerMetadataUnavailable: wellKnownServer
    case .issuerMismatch, .issuerTrailingSlash: InspectionRule("3", "RFC 8414 section 3.3")
    case .metadataInvalid, .metadataMemberIgnored:
      switch section {
      case .probe, .resource: resourceMembers
      case .server: serverMembers
      case .client: InspectionRule("4", "RFC 6749 section 3.3")
      }
    case .pkceUnsupported, .pkceAssumed: InspectionRule("3", "RFC 8414 section 2 and RFC 7636 section 4.2")
    case .legacyDiscovery: legacy
    case .registrationUnsupported: InspectionRule("4", "RFC 7591 section 3")
    case .authMethodUnsupported: InspectionRule("4", "RFC 7591 section 2")
    case .dcrDeprecated: InspectionRule("4", "MCP 2026-07-28 authorization, client registration")
    case .clientMetadataInvalid, .clientMetadataUnverified: clientDocument
    case .mixedRedirectURIs: InspectionRule("4", "OpenID Connect Dynamic Client Registration 1.0 section 2")
    case .offlineAccessUnlisted: InspectionRule("4", "OpenID Connect Core 1.0 section 11")
    default:
      switch section {
      case .probe: status
      case .resource: resourceMembers
      case .server: serverMembers
      case .client: InspectionRule("4", "RFC 7591 section 3.1")
      }
    }
  }
}
