/// The one place where the version stands.
enum ToolVersion {
  static let current = "0.1.0"
  /// When it was made, for the manual page.
  static let date = "2026-11-25"
  /// Discovery#Requests: `User-Agent: mcpauth/VERSION`.
  static let userAgent = "mcpauth/" + current
}
