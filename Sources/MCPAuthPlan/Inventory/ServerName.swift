internal import MCPAuthCore

/// The names of servers and of stored secrets (InventoryReference#Secret-references): `[a-z0-9][a-z0-9._-]{0,62}`.
package enum ServerName {
  package static let pattern = "[a-z0-9][a-z0-9._-]{0,62}"

  package static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 63, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy {
      isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
  }

  /// A valid name that is similar to the written text; nil where no valid character remains.
  package static func resembling(_ written: String) -> String? {
    let mapped = written.lowercased().utf8.map { isLetterOrDigit($0) || $0 == 0x2E || $0 == 0x5F ? $0 : 0x2D }
    let trimmed = mapped.drop { !isLetterOrDigit($0) }.prefix(63)
    let name = String(decoding: trimmed, as: UTF8.self)
    return isValid(name) ? name : nil
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool { byte.isASCIILowercase || byte.isASCIIDigit }
}
