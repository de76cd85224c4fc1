import FoundationEssentials

/// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
enum FormEncoding {
  static func body(_ pairs: [(String, String)]) -> [UInt8] {
    Array(pairs.map { encode($0) + "=" + encode($1) }.joined(separator: "&").utf8)
  }

  /// Writes everything except the unreserved characters as `%XX`. A space is `%20`, which every form decoder accepts too.
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

  /// The members of a body. If a name occurs twice, the first value counts. Invalid escapes are kept as they are.
  static func members(_ body: [UInt8]) -> [String: String] {
    let pairs = body.split(separator: 0x26).map { pair -> (String, String) in
      let halves = pair.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
      return (decode(halves[0]), halves.count > 1 ? decode(halves[1]) : "")
    }
    return Dictionary(pairs) { first, _ in first }
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    var out: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      if byte == 0x25, rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        out.append(value)
        rest = rest.dropFirst(2)
      } else {
        out.append(byte == 0x2B ? 0x20 : byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static let hexDigits = Array("0123456789ABCDEF".utf8)
}

extension HTTPField {
  /// RFC 6749 section 2.3.1: the id and the secret are form-encoded before they are joined.
  static func basic(clientID: String, secret: Secret) -> HTTPField {
    let pair = FormEncoding.encode(clientID) + ":" + FormEncoding.encode(secret.open())
    return HTTPField("Authorization", "Basic " + Data(pair.utf8).base64EncodedString())
  }
}
