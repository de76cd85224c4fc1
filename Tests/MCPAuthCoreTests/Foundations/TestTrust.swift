import MCPAuthCore

extension ServerTrust {
  /// For a URL that a test knows to be usable.
  static func testing(_ url: String, allowPrivate: [String] = []) -> ServerTrust {
    do throws(Diagnostic) { return try ServerTrust(url, allowPrivate: allowPrivate) } catch {
      preconditionFailure("\(url): \(error.message)")
    }
  }

  /// A server on the internet.
  static let remote = testing("https://mcp.example/mcp")
  /// A server on loopback.
  static let local = testing("http://127.0.0.1:9/mcp")
}
