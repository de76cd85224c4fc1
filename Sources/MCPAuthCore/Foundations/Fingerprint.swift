internal import Crypto
import FoundationEssentials

/// The SHA-256 of values that are compared between runs, of lines with a checksum, and of text from servers that must not be used in a path
/// directly. Never used for a secret (PlanAndApply#Lock-file).
package enum Fingerprint {
  /// 64 hexadecimal characters in lower case.
  package static func of(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(64)
    for byte in SHA256.hash(data: bytes) {
      digits.append(hexDigits[Int(byte >> 4)])
      digits.append(hexDigits[Int(byte & 15)])
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// 44 characters of base64, as in a content security policy.
  package static func base64(_ bytes: [UInt8]) -> String { Data(SHA256.hash(data: bytes)).base64EncodedString() }

  /// The fingerprint of a JSON value in its compact, sorted form.
  package static func of(_ value: JSON) -> String { of(JSONWriter.compact(value)) }

  private static let hexDigits = Array("0123456789abcdef".utf8)
}
