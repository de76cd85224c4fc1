/// The one place where the version stands.
package enum ToolVersion {
  package static let current = "0.1.0"
  /// When it was made, for the manual page.
  package static let date = "2026-11-25"
  /// Discovery#Requests: `User-Agent: mcpauth/VERSION`.
  package static let userAgent = "mcpauth/" + current
}
