extension CheckedURL {
  /// A URL for a request. The inventory or a server named it.
  ///
  /// - Parameter name: how the message calls the URL: `registration endpoint`.
  /// - Throws: `invalid-url` or `insecure-url`. The message contains the URL.
  package static func endpoint(
    _ text: String, called name: String, plaintext: Plaintext
  ) throws(Diagnostic) -> CheckedURL {
    do throws(Problem) {
      return try CheckedURL(text, plaintext: plaintext)
    } catch {
      throw Diagnostic(
        .error, error.code, "the \(name) '\(shown(text))' cannot be used: \(error.reason)", help: help(for: error))
    }
  }

  /// A text that may not be a URL, made safe for a report: without query values, user name and password (ErrorCodes#What-a-failure-says).
  package static func shown(_ text: String) -> String {
    let query = text.firstIndex(of: "?")
    var head = String(text[..<(query ?? text.endIndex)])
    if let scheme = head.firstRange(of: "://") {
      let authority = head[scheme.upperBound...].prefix { $0 != "/" }
      if let at = authority.lastIndex(of: "@") { head.replaceSubrange(scheme.upperBound..<at, with: "…") }
    }
    return ForeignText.printable(head + (query == nil ? "" : "?…"), limit: 256)
  }

  /// Help for the most common cause (RealServers#30).
  static func help(for problem: Problem) -> [String] {
    guard case .insecure = problem else { return [] }
    return ["a server behind a TLS proxy must honour X-Forwarded-Proto to advertise https URLs"]
  }
}
