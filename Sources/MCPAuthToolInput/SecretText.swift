package import MCPAuthCore

/// The rules for a stored secret.
package enum SecretText {
  /// The greatest size in bytes: a key, a token or a software statement.
  package static let limit = SecretResolver.limit

  package struct Problem: Error, Equatable {
    package var reason: String
  }

  /// One line end at the end is removed: `echo` writes it.
  ///
  /// - Throws: for a value that is empty, is not UTF-8, or contains control characters other than tabs and line ends.
  package static func secret(_ bytes: [UInt8]) throws(Problem) -> Secret {
    guard var text = String(validating: bytes, as: UTF8.self) else { throw Problem(reason: "it is not UTF-8 text") }
    // CR LF is one Character.
    if text.last?.isNewline == true { text.removeLast() }
    guard !text.isEmpty else { throw Problem(reason: "it is empty") }
    guard text.utf8.count <= limit else { throw Problem(reason: "it is over \(limit) bytes") }
    for scalar in text.unicodeScalars where scalar.properties.generalCategory == .control {
      guard ["\t", "\n", "\r"].contains(scalar) else {
        throw Problem(reason: "it holds a control character (U+\(scalar.value.hex(width: 4)))")
      }
    }
    return Secret(text)
  }
}
