import MCPAuthCore

extension ServerTrust {
  /// For a URL that a test knows to be usable.
  static func testing(_ url: String, allowPrivate: [String] = []) -> ServerTrust {
    do throws(Diagnostic) { return try ServerTrust(url, allowPrivate: allowPrivate) } catch {
      preconditionFailure("\(url): \(error.message)")
    }
  }
}
