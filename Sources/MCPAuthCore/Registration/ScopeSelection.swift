/// The scopes that a client is registered with, and who named them (Registration#Scopes, Scopes).
public struct ScopeSelection: Sendable, Equatable {
  /// Who named the scopes. The raw values are `scopes_from` in the lock file.
  public enum Source: String, Sendable, Codable, CaseIterable {
    /// The inventory, also if it says to send no scope.
    case inventory
    /// The `scope` of the resource server's challenge (RFC 6750 section 3).
    case challenge
    /// `scopes_supported` of the protected resource metadata (RFC 9728 section 2).
    case resourceMetadata = "resource-metadata"
    /// No source names scopes. No scope is sent.
    case none
  }

  /// Scope tokens in the order of their source, without duplicates. May be empty.
  public var scopes: [String]
  /// Who named them.
  public var source: Source
  /// `offline-access-unlisted`, `metadata-member-ignored`.
  public var warnings: [Diagnostic]

  /// Sets all members without checks.
  public init(scopes: [String], source: Source, warnings: [Diagnostic] = []) {
    self.scopes = scopes
    self.source = source
    self.warnings = warnings
  }

  /// The first of these that exists: the inventory, the challenge, the whole list of the resource, no scope. Never the authorization
  /// server's list.
  ///
  /// - Parameters:
  ///   - inventory: nil if the inventory does not say. Empty if it says to send none.
  ///   - challenge: the scopes of the challenge.
  ///   - resource: `scopes_supported` of the protected resource metadata.
  ///   - supported: `scopes_supported` of the authorization server. Used only for warnings.
  public static func select(
    inventory: [String]?, challenge: [String]?, resource: [String]?, supported: [String]?
  ) -> ScopeSelection {
    if let inventory {
      var selection = ScopeSelection(scopes: unique(inventory), source: .inventory)
      if inventory.contains(offlineAccess), !(supported ?? []).contains(offlineAccess) {
        selection.warnings.append(
          .warning(
            .offlineAccessUnlisted,
            "the authorization server does not list the scope 'offline_access'; it is still sent",
            help: ["leave offline_access out of scopes if the server then refuses to authorize"]))
      }
      return selection
    }
    let challenged = usable(challenge ?? [])
    if !challenged.scopes.isEmpty {
      return ScopeSelection(scopes: challenged.scopes, source: .challenge, warnings: challenged.warnings)
    }
    var listed = usable(resource ?? [])
    // A resource cannot promise refresh tokens, because the authorization server issues them (MCP 2026-07-28).
    listed.scopes.removeAll { $0 == offlineAccess }
    let warnings = challenged.warnings + listed.warnings
    guard !listed.scopes.isEmpty else { return ScopeSelection(scopes: [], source: .none, warnings: warnings) }
    return ScopeSelection(scopes: listed.scopes, source: .resourceMetadata, warnings: warnings)
  }

  private static let offlineAccess = "offline_access"

  /// The entries of a server's list that RFC 6749 section 3.3 allows as scope tokens. They are written into requests, the lock file and the
  /// output.
  private static func usable(_ foreign: [String]) -> (scopes: [String], warnings: [Diagnostic]) {
    let tokens = unique(foreign.flatMap { $0.split(separator: " ").map(String.init) })
    let bad = tokens.filter { !isScopeToken($0) }
    let warnings = bad.map { token in
      Diagnostic.warning(
        .metadataMemberIgnored,
        "the scope '\(ForeignText.printable(token, limit: 64))' is not a scope token (RFC 6749 section 3.3) and is left out"
      )
    }
    return (tokens.filter(isScopeToken), warnings)
  }

  private static func isScopeToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
  }

  private static func unique(_ scopes: [String]) -> [String] {
    var seen: Set<String> = []
    return scopes.filter { seen.insert($0).inserted }
  }
}
