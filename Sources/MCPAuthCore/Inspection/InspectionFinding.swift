/// A problem or a fact that an inspection found, for the operator of the server.
package struct InspectionFinding: Sendable, Equatable {
  package enum Grade: String, Sendable, CaseIterable {
    /// A client that follows the rules is not possible.
    case error
    /// Clients can work in spite of it, or only some clients cannot.
    case warning
    /// Only information.
    case note
  }

  package var grade: Grade
  package var section: InspectionSection
  /// A `DiagnosticCode`, or an `InspectionRemark`.
  package var code: String
  /// In lower case, without a full stop. Text of a server in it was made printable by `ForeignText`.
  package var message: String
  package var rule: InspectionRule
  /// Further facts about the finding.
  package var notes: [String] = []
  /// Possible solutions, the best first.
  package var help: [String] = []

  package init(
    _ grade: Grade, _ section: InspectionSection, _ remark: InspectionRemark, _ rule: InspectionRule,
    _ message: String, help: [String] = []
  ) {
    self.grade = grade
    self.section = section
    self.code = remark.rawValue
    self.message = message
    self.rule = rule
    self.help = help
  }

  /// A finding from an error or warning of discovery.
  package init(_ diagnostic: Diagnostic, in section: InspectionSection, at grade: Grade? = nil) {
    self.grade = grade ?? (diagnostic.severity == .error ? .error : .warning)
    self.section = section
    code = diagnostic.code.rawValue
    message = diagnostic.message
    rule = .of(diagnostic.code, in: section)
    notes = diagnostic.notes
    // The help for an inventory comes after the help for the server.
    help = (Self.cure(of: diagnostic.code, in: section).map { [$0] } ?? []) + diagnostic.help
  }

  /// What the operator of the server can do.
  private static func cure(of code: DiagnosticCode, in section: InspectionSection) -> String? {
    switch code {
    case .resourceMismatch, .resourceIsBroader:
      "server: publish as resource exactly the URL that clients are given"
    case .issuerMismatch:
      "server: publish the same issuer in both documents, letter for letter"
    case .pkceUnsupported: "server: publish code_challenge_methods_supported: [\"S256\"]"
    case .registrationUnsupported:
      "server: publish registration_endpoint (RFC 7591), or support Client ID Metadata Documents, so that clients can register without manual work"
    case .noAuthRequired:
      "server: if it must be protected, answer 401 with a Bearer challenge, and publish protected resource metadata"
    case .unreachable where section == .probe:
      "server: answer 401 to a request without a token before anything else is checked"
    case .unreachable:
      "server: answer 404 for a document that does not exist; with 5xx clients repeat the request instead of trying the next address"
    case .addressBlocked: "server: publish URLs that lead to public addresses"
    default: nil
    }
  }

  /// Whether both findings say the same. The grade is not compared.
  func isSame(_ other: InspectionFinding) -> Bool { code == other.code && message.isExactly(other.message) }
}

extension [InspectionFinding] {
  mutating func add(
    _ grade: InspectionFinding.Grade, _ section: InspectionSection, _ remark: InspectionRemark, _ rule: InspectionRule,
    _ message: String, help: [String] = []
  ) {
    append(InspectionFinding(grade, section, remark, rule, message, help: help))
  }

  /// Adds the warnings of a document.
  mutating func add(_ warnings: [Diagnostic], at url: String, in section: InspectionSection) {
    for var warning in warnings {
      warning.notes.append("in \(url)")
      append(InspectionFinding(warning, in: section))
    }
  }
}

/// The names of findings that only an inspection reports. They are stable, and none of them is a `DiagnosticCode`.
package enum InspectionRemark: String, Sendable, CaseIterable {
  // MARK: The probe
  case challengeMissing = "challenge-missing"
  case challengeUnreadable = "challenge-unreadable"
  case challengeNotBearer = "challenge-not-bearer"
  case challengeWithoutPointer = "challenge-without-resource-metadata"
  case challengeStatus = "challenge-status"
  case challengeErrorCode = "challenge-error-code"
  case challengesDiffer = "challenges-differ"
  case severalPointers = "several-resource-metadata"
  case openMethods = "open-methods"
  case serverRedirects = "server-redirects"
  case methodFails = "method-fails"
  case neverAsks = "never-asks"

  // MARK: Any document
  case contentType = "content-type"
  case notJSON = "not-json"
  case metadataDenied = "metadata-denied"
  case metadataRedirected = "metadata-redirected"
  case metadataMisplaced = "metadata-misplaced"
  case looksLeftOut = "looks-left-out"

  // MARK: Protected resource metadata
  case metadataElsewhere = "metadata-elsewhere"
  case wellKnownMissing = "well-known-missing"
  case resourceTrailingSlash = "resource-trailing-slash"
  case resourceDocumentsDiffer = "resource-documents-differ"
  case offlineAccessInResource = "offline-access-in-resource"
  case bearerMethods = "bearer-methods"

  // MARK: Authorization server metadata
  case serverDocumentsDiffer = "server-documents-differ"
  case openIDOnly = "openid-document-only"
  case registrationEndpointMissing = "registration-endpoint-missing"
  case responseTypes = "response-types"
  case grantTypes = "grant-types"
  case authMethodsUnstated = "auth-methods-unstated"
  case issParameterUnstated = "iss-parameter-unstated"
  case documentsOffered = "client-documents-offered"
  case documentsUnsupported = "client-documents-unsupported"
  case protectedResources = "protected-resources"
  case enterpriseManaged = "enterprise-managed"
  case dpop
  case privateKeyJWT = "private-key-jwt"
}
