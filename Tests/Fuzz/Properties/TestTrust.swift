import MCPAuthCore

extension ServerTrust {
  /// For a URL that is valid in a test.
  static func testing(_ url: String, allowPrivate: [String] = []) -> ServerTrust {
    do throws(Diagnostic) { return try ServerTrust(url, allowPrivate: allowPrivate) } catch {
      preconditionFailure("\(url): \(error.message)")
    }
  }

  /// For a server on the internet.
  static let remote = testing("https://mcp.example/mcp")
  /// For a server on loopback.
  static let local = testing("http://127.0.0.1:9/mcp")
}
