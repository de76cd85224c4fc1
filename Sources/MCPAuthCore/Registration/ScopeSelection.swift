/// Which scopes a client is registered with, and who named them (Registration#Scopes, Scopes).
public struct ScopeSelection: Sendable, Equatable {
  /// Who named the scopes; the raw values are the lock's `scopes_from`.
  public enum Source: String, Sendable, Codable, CaseIterable {
    /// The inventory, also where it says to send none.
    case inventory
    /// The `scope` of the resource server's challenge (RFC 6750 section 3).
    case challenge
    /// `scopes_supported` of the protected resource metadata (RFC 9728 section 2).
    case resourceMetadata = "resource-metadata"
    /// Nobody: no scope is sent.
    case none
  }

  /// Scope tokens in the order they were named, each once; may be empty.
  public var scopes: [String]
  /// Who named them.
  public var source: Source
  /// `offline-access-unlisted`, `metadata-member-ignored`.
  public var warnings: [Diagnostic]

  /// All members; nothing is checked here.
  public init(scopes: [String], source: Source, warnings: [Diagnostic] = []) {
    self.scopes = scopes
    self.source = source
    self.warnings = warnings
  }

  /// Inventory, else challenge, else the whole of the resource's list, else none; never the authorization server's list.
  ///
  /// - Parameters:
  ///   - inventory: nil when the inventory leaves it open; empty when it says to send none.
  ///   - challenge: the scopes of the challenge.
  ///   - resource: `scopes_supported` of the protected resource metadata.
  ///   - supported: `scopes_supported` of the authorization server: only to warn by.
  public static func select(
    inventory: [String]?, challenge: [String]?, resource: [String]?, supported: [String]?
  ) -> ScopeSelection {
    if let inventory {
      var selection = ScopeSelection(scopes: unique(inventory), source: .inventory)
      if inventory.contains(offlineAccess), !(supported ?? []).contains(offlineAccess) {
        selection.warnings.append(
          .warning(
            .offlineAccessUnlisted,
            "the authorization server does not list the scope 'offline_access'; it is sent all the same",
            help: ["leave offline_access out of scopes if the server then refuses to authorize"]))
      }
      return selection
    }
    let challenged = usable(challenge ?? [])
    if !challenged.scopes.isEmpty {
      return ScopeSelection(scopes: challenged.scopes, source: .challenge, warnings: challenged.warnings)
    }
    var listed = usable(resource ?? [])
    // A resource cannot promise refresh tokens: they are the authorization server's (MCP 2026-07-28).
    listed.scopes.removeAll { $0 == offlineAccess }
    let warnings = challenged.warnings + listed.warnings
    guard !listed.scopes.isEmpty else { return ScopeSelection(scopes: [], source: .none, warnings: warnings) }
    return ScopeSelection(scopes: listed.scopes, source: .resourceMetadata, warnings: warnings)
  }

  private static let offlineAccess = "offline_access"

  /// A server's list, cut to what RFC 6749 section 3.3 lets a scope token be: it ends up in requests, in the lock and on screens.
  private static func usable(_ foreign: [String]) -> (scopes: [String], warnings: [Diagnostic]) {
    let tokens = unique(foreign.flatMap { $0.split(separator: " ").map(String.init) })
    let bad = tokens.filter { !isScopeToken($0) }
    let warnings = bad.map { token in
      Diagnostic.warning(
        .metadataMemberIgnored,
        "the scope '\(ForeignText.printable(token, limit: 64))' is no scope token (RFC 6749 section 3.3) and is left out"
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
