/// The stable names of all errors and warnings.
///
/// The raw value is what users see, search for and match in JSON. It never changes. This is the only list of them. A test compares it with
/// the documentation (ErrorCodes#What-a-failure-says).
public enum DiagnosticCode: String, Codable, CaseIterable, Sendable {
  // MARK: The inventory (InventoryReference#Servers)
  case yamlSyntax = "yaml-syntax"
  case unknownKey = "unknown-key"
  case duplicateKey = "duplicate-key"
  case missingKey = "missing-key"
  case invalidValue = "invalid-value"
  case unsetVariable = "unset-variable"
  case inventoryTooLarge = "inventory-too-large"
  case inventoryUnreadable = "inventory-unreadable"
  case inlineSecret = "inline-secret"
  case referenceRefused = "reference-refused"
  case unresolvedPlaceholder = "unresolved-placeholder"
  case partialOAuth2Config = "partial-oauth2-config"
  case secretWithoutClient = "secret-without-client"
  case tokenWithoutIssuer = "token-without-issuer"
  case mixedRedirectURIs = "mixed-redirect-uris"
  case invalidURL = "invalid-url"
  case insecureURL = "insecure-url"

  // MARK: A new inventory (GettingStarted#Start-an-inventory)
  case fileExists = "file-exists"
  case importUnreadable = "import-unreadable"

  // MARK: Requests (Discovery#Requests)
  case addressBlocked = "address-blocked"
  case redirectRefused = "redirect-refused"
  case responseTooLarge = "response-too-large"
  case timeout
  case unreachable
  case rateLimited = "rate-limited"

  // MARK: Discovery (Discovery#Protected-resource-metadata, Discovery#Authorization-server-metadata)
  case noAuthRequired = "no-auth-required"
  case resourceMetadataUnavailable = "resource-metadata-unavailable"
  case resourceMismatch = "resource-mismatch"
  case noAuthorizationServer = "no-authorization-server"
  case authorizationServerMetadataUnavailable = "authorization-server-metadata-unavailable"
  case issuerMismatch = "issuer-mismatch"
  case metadataInvalid = "metadata-invalid"
  case pkceUnsupported = "pkce-unsupported"

  // MARK: Registration (Registration#Strategies)
  case registrationUnsupported = "registration-unsupported"
  case clientMetadataInvalid = "client-metadata-invalid"
  case authMethodUnsupported = "auth-method-unsupported"
  case consumersDisagree = "consumers-disagree"
  case redirectURIRejected = "redirect-uri-rejected"
  case clientMetadataRejected = "client-metadata-rejected"
  case softwareStatementRejected = "software-statement-rejected"
  case registrationProtected = "registration-protected"
  case registrationRejected = "registration-rejected"
  case registrationOutcomeUnknown = "registration-outcome-unknown"
  case registrationInsufficient = "registration-insufficient"
  case registrationAltered = "registration-altered"
  case registrationExpired = "registration-expired"

  // MARK: Management of a client (Registration#Management)
  case registrationLost = "registration-lost"
  case updateOutcomeUnknown = "update-outcome-unknown"
  case updateRejected = "update-rejected"
  case renewalIneffective = "renewal-ineffective"
  case nothingToRotate = "nothing-to-rotate"
  case issuerChanged = "issuer-changed"

  // MARK: Secrets and state (PlanAndApply#Lock-file, SecretStores#Records, Reliability#Order-of-writes)
  case secretExpiring = "secret-expiring"
  case secretMissing = "secret-missing"
  case secretUnreadable = "secret-unreadable"
  case secretMismatch = "secret-mismatch"
  case storeNotDurable = "store-not-durable"
  case storeFailed = "store-failed"
  case storeOutcomeUnknown = "store-outcome-unknown"
  case storeUnsupported = "store-unsupported"
  case storeProgramRefused = "store-program-refused"
  case storeAddressRefused = "store-address-refused"
  case unsafeFile = "unsafe-file"
  case interrupted
  case skipped
  case protected
  case massChange = "mass-change"
  case locked
  case stalePlan = "stale-plan"
  case planInvalid = "plan-invalid"
  case planTooNew = "plan-too-new"
  case lockInvalid = "lock-invalid"
  case lockTooNew = "lock-too-new"
  case lockMissing = "lock-missing"
  case moveRefused = "move-refused"
  case mergeConflict = "merge-conflict"
  case mergeRefused = "merge-refused"
  case journalInvalid = "journal-invalid"
  case journalForeign = "journal-foreign"
  case intentSettled = "intent-settled"
  case stateMoved = "state-moved"
  case stateNotEmpty = "state-not-empty"

  // MARK: Export (Consumers#Export)
  case exportNameCollision = "export-name-collision"
  case consumerCannotSignIn = "consumer-cannot-sign-in"
  case unsafeMerge = "unsafe-merge"
  case outputFailed = "output-failed"
  case notApplied = "not-applied"
  case secretExpired = "secret-expired"
  case exportUnsafe = "export-unsafe"
  case exportIncomplete = "export-incomplete"
  case exportUnverified = "export-unverified"

  // MARK: Warnings only
  case duplicateURL = "duplicate-url"
  case transportDeprecated = "transport-deprecated"
  case goneFromInventory = "gone-from-inventory"
  case stillInInventory = "still-in-inventory"
  case redirectURIsDiffer = "redirect-uris-differ"
  case resourceIsBroader = "resource-is-broader"
  case issuerTrailingSlash = "issuer-trailing-slash"
  case authorizationServerPassedOver = "authorization-server-passed-over"
  case legacyDiscovery = "legacy-discovery"
  case metadataMemberIgnored = "metadata-member-ignored"
  case dcrDeprecated = "dcr-deprecated"
  case clientMetadataUnverified = "client-metadata-unverified"
  case authMethodUnconfirmed = "auth-method-unconfirmed"
  case registrationRetried = "registration-retried"
  case unusualAnswer = "unusual-answer"
  case scopeNarrowed = "scope-narrowed"
  case offlineAccessUnlisted = "offline-access-unlisted"
  case secretShortLived = "secret-short-lived"
  case secretStoreExposed = "secret-store-exposed"
  case secretShared = "secret-shared"
  case displayChangeWaits = "display-change-waits"
  case clientLeftBehind = "client-left-behind"
  case recordsKept = "records-kept"
  case recipientsUnknown = "recipients-unknown"
  case managementLost = "management-lost"
  case clockWrong = "clock-wrong"
  case pkceAssumed = "pkce-assumed"
}
