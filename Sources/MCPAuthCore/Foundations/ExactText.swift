extension String {
  /// Equality byte for byte. `==` on strings takes canonically equivalent Unicode for equal, which no server does: issuers,
  /// resources, client ids and redirect URIs are compared as they came (Discovery#Requests, RFC 3986 section 6.2.1).
  package func isExactly(_ other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }

  /// Whether it holds a C0, DEL or C1 control character.
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
