/// The one place where the version stands.
enum ToolVersion {
  static let current = "0.1.0"
  /// protocol 1: `User-Agent: mcpauth/VERSION`.
  static let userAgent = "mcpauth/" + current
}
