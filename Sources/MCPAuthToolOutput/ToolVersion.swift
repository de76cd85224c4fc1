/// The version of the program. It is written here only.
package enum ToolVersion {
  package static let current = "0.1.0"
  /// The date of the version, for the manual page.
  package static let date = "2026-11-25"
  /// Discovery#Requests: `User-Agent: mcpauth/VERSION`.
  package static let userAgent = "mcpauth/" + current
}
