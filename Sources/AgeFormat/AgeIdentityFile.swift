/// An identity file, as `age-keygen` and `secrets keygen` write it: one identity per line, comments that begin with `#`, and blank lines.
package enum AgeIdentityFile {
  /// Lines may end with CRLF. Blanks at both ends of a line are ignored.
  ///
  /// - Returns: at least one identity, in the order of the lines.
  package static func parse(_ bytes: [UInt8]) throws(AgeProblem) -> [AgeIdentity] {
    guard bytes.count <= AgeLimits.identityFile else { throw .identityFileTooLarge }
    var identities: [AgeIdentity] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let text = trimmed(line)
      guard let first = text.first, first != UInt8(ascii: "#") else { continue }
      guard identities.count < AgeLimits.identities else { throw .identityFileTooLarge }
      do { identities.append(try AgeIdentity.parse(String(decoding: text, as: UTF8.self))) } catch {
        throw .identity(error, line: index + 1)
      }
    }
    guard !identities.isEmpty else { throw .noIdentity }
    return identities
  }

  /// Parses a text, such as the value of an environment variable, by the same rules.
  package static func parse(_ text: String) throws(AgeProblem) -> [AgeIdentity] {
    try parse(Array(text.utf8))
  }

  /// A file with one identity. A comment names its recipient.
  package static func text(of identity: AgeIdentity) -> [UInt8] {
    Array("# recipient: \(identity.recipient)\n\(identity.open())\n".utf8)
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line.drop(while: isBlank)
    while let last = line.last, isBlank(last) { line.removeLast() }
    return line
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
