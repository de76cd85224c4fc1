import FoundationEssentials

/// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
enum FormEncoding {
  static func body(_ pairs: [(String, String)]) -> [UInt8] {
    Array(pairs.map { encode($0) + "=" + encode($1) }.joined(separator: "&").utf8)
  }

  /// Everything but the unreserved characters as `%XX`; a space as `%20`, which every decoder of forms takes too.
  static func encode(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
      default: out += [0x25, hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static let hexDigits = Array("0123456789ABCDEF".utf8)
}

extension HTTPField {
  /// RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
  static func basic(clientID: String, secret: Secret) -> HTTPField {
    let pair = FormEncoding.encode(clientID) + ":" + FormEncoding.encode(secret.open())
    return HTTPField("Authorization", "Basic " + Data(pair.utf8).base64EncodedString())
  }
}
