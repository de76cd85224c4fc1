extension String {
  /// Equality byte for byte. `==` on strings treats canonically equivalent Unicode as equal, but servers do not: issuers, resources, client
  /// ids and redirect URIs are compared exactly as received (Discovery#Requests, RFC 3986 section 6.2.1).
  package func isExactly(_ other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }

  /// Whether the text contains a C0, DEL or C1 control character.
  package var hasControlCharacters: Bool {
    unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}

extension Sequence<String> {
  /// Whether one of the strings has exactly these bytes.
  package func containsExactly(_ text: String) -> Bool {
    contains { $0.isExactly(text) }
  }
}
