internal import MCPAuthCore
internal import MCPAuthYAML

/// What to write instead of a value with a common mistake.
///
/// A value is repeated only as it was written, never with its variables expanded, and never where it could be a secret.
enum ValueHints {
  /// A scalar in double quotes; nil where it must not be repeated.
  static func quoted(_ scalar: YAMLScalar) -> String? {
    let text = scalar.text
    guard scalar.value != .null, isRepeatable(text), !text.uppercased().hasPrefix("AGE-SECRET-KEY") else { return nil }
    return "\"" + text + "\""
  }

  /// A URL without its query that has the scheme https, or http where the host is loopback; nil where the text is not such a URL.
  ///
  /// - Parameter written: a URL without a scheme, or with http.
  static func withScheme(_ written: String) -> String? {
    guard isRepeatable(written), !written.utf8.contains(where: { "@?#$\\{}<>".utf8.contains($0) }) else { return nil }
    var rest = written[...]
    if written.lowercased().hasPrefix("http://") {
      rest = rest.dropFirst(7)
    } else if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
    }
    let authority = rest.prefix { $0 != "/" }
    let host = authority.prefix { $0 != ":" }
    let port = authority.dropFirst(host.count)
    guard host.contains(".") || host == "localhost", host.utf8.allSatisfy(isHostByte), host.first != ".",
      host.last != ".",
      port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }), port.count != 1
    else { return nil }
    let url = (CheckedURL.isLoopback(host.lowercased()) ? "http://" : "https://") + String(rest)
    return (try? CheckedURL(url, plaintext: .loopback)) == nil ? nil : url
  }

  /// The value of a closed list that is meant by a name of an RFC or of another program, or by a part of the value.
  static func choice(_ written: String, of key: String, among names: [String]) -> String? {
    if let name = synonyms[key]?[written.lowercased()], names.contains(name) { return name }
    return NearestName.suggestion(for: written, in: names)
  }

  private static let synonyms: [String: [String: String]] = [
    "auth": [
      "bearer": "api_key", "token": "api_key", "apikey": "api_key", "header": "custom_headers", "oauth2.1": "oauth2",
      "dcr": "oauth2", "open": "none", "public": "none", "false": "none",
    ],
    "transport": ["https": "streamable_http", "streamablehttp": "streamable_http", "http+sse": "sse"],
    "token_endpoint_auth_method": ["public": "none", "false": "none", "body": "client_secret_post"],
    "registration": ["dynamic": "dcr", "manual": "preregistered", "static": "preregistered"],
  ]

  /// Printable ASCII without double quotes and backslashes, short enough for a message.
  private static func isRepeatable(_ text: String) -> Bool {
    (1...100).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
      && !(text.contains("://") && text.contains("@"))
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    VariableExpansion.isNameByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }
}
