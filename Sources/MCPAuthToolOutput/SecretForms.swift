import MCPAuthCore

/// The forms that a secret may have in printed text (SecretStores#Redaction).
enum SecretForms {
  /// Shorter secrets are not searched for: they would match ordinary text.
  static let shortest = 8
  /// Shorter words of a secret may be ordinary words.
  private static let shortestWord = 12

  /// A byte string to look for.
  struct Pattern: Hashable {
    var bytes: [UInt8]
    /// Whether it is a part of a base64 text. Then the whole base64 text is replaced.
    var isInsideBase64 = false
  }

  /// One of the forms of a secret that is never escaped, except in base64.
  enum Form: UInt8, CaseIterable {
    case plain
    /// Base64, where the secret begins at the first, second or third byte of a group.
    case first, second, third

    fileprivate var shift: Int? { self == .plain ? nil : Int(rawValue) - 1 }
  }

  /// All forms of a secret and of each of its lines; none if it is too short.
  static func of(_ value: String) -> Set<Pattern> {
    var forms: Set<Pattern> = []
    var texts: Set<String> = [value]
    // A server or `ForeignText` may have removed the line ends.
    texts.formUnion(value.split(whereSeparator: \.isNewline).map(String.init))
    // The token in `Bearer TOKEN`. A printed line may also be broken at a space.
    texts.formUnion(value.split(whereSeparator: \.isWhitespace).filter { $0.count >= shortestWord }.map(String.init))
    // The text as messages print it.
    texts.formUnion(texts.flatMap { [ForeignText.printable($0, limit: .max), Printable.line($0)] })
    for text in texts where text.unicodeScalars.count >= shortest {
      let bytes = Array(text.utf8)
      for form in plainForms(text, bytes) { forms.insert(Pattern(bytes: form)) }
      for core in base64Cores(bytes) { forms.insert(Pattern(bytes: core, isInsideBase64: true)) }
    }
    return forms
  }

  /// Whether no form of the secret but base64 differs from it: each byte is the same in JSON, HTML, URLs and forms, and in what `Printable` and
  /// `ForeignText` print, and is no space and no line end. Most secrets are such texts.
  static func isNeverEscaped(_ secret: [UInt8]) -> Bool {
    secret.allSatisfy { byte in
      byte.isASCIIAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
  }

  /// The pattern of one form of a secret that is never escaped. Base64 and base64url do not differ there: only `>`, `?` and `~` of ASCII make a
  /// character that they write in two ways.
  static func pattern(of secret: [UInt8], _ form: Form) -> Pattern {
    guard let shift = form.shift else { return Pattern(bytes: secret) }
    return Pattern(bytes: base64Core(secret, shift: shift), isInsideBase64: true)
  }

  /// The first `shortest` bytes of this pattern, without making the pattern: the first byte is the highest one of the number.
  ///
  /// - Parameter secret: at least `shortest` bytes.
  static func head(of secret: [UInt8], _ form: Form) -> UInt64 {
    var head: UInt64 = 0
    guard let shift = form.shift else {
      for byte in secret.prefix(shortest) { head = head << 8 | UInt64(byte) }
      return head
    }
    var count = 0
    // Nine bytes are twelve characters, of which the first may be left out.
    base64Characters(of: secret.prefix(shortest + 1), shift: shift) { character in
      guard count < shortest else { return }
      count += 1
      head = head << 8 | UInt64(character)
    }
    return head
  }

  private static func plainForms(_ text: String, _ bytes: [UInt8]) -> [[UInt8]] {
    let json = jsonEscaped(text)
    return [
      bytes,
      json, replacing("/", in: json, by: "\\/"), jsonASCII(text),
      percentEncoded(bytes, upper: true), percentEncoded(bytes, upper: false),
      formEncoded(bytes, upper: true), formEncoded(bytes, upper: false),
    ] + htmlForms(bytes)
  }

  /// The text between the quotes of a JSON string, as `JSONWriter` writes it.
  private static func jsonEscaped(_ text: String) -> [UInt8] {
    Array(JSONWriter.compact(.string(text)).dropFirst().dropLast())
  }

  /// The same, as written by programs that escape everything except ASCII.
  private static func jsonASCII(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    for unit in text.utf16 {
      guard unit > 0x7E else {
        out.append(contentsOf: jsonEscaped(String(Unicode.Scalar(UInt8(unit)))))
        continue
      }
      out.append(contentsOf: ("\\u" + unit.hex(width: 4, uppercase: false)).utf8)
    }
    return out
  }

  /// RFC 3986 section 2.3: escapes all characters except the unreserved ones.
  private static func percentEncoded(_ bytes: [UInt8], upper: Bool) -> [UInt8] {
    encoded(bytes, upper: upper) { $0.isASCIIAlphanumeric || "-._~".utf8.contains($0) }
  }

  /// `application/x-www-form-urlencoded`: a space is a plus sign.
  private static func formEncoded(_ bytes: [UInt8], upper: Bool) -> [UInt8] {
    encoded(bytes, upper: upper) { $0.isASCIIAlphanumeric || "*-._ ".utf8.contains($0) }
      .map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "+") : $0 }
  }

  private static func encoded(_ bytes: [UInt8], upper: Bool, keeping: (UInt8) -> Bool) -> [UInt8] {
    let digits = Array((upper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    var out: [UInt8] = []
    for byte in bytes {
      if keeping(byte) {
        out.append(byte)
      } else {
        out.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    return out
  }

  /// One form for each way to escape quotes that is in use. Python's `html.escape` writes `&quot;` and `&#x27;`.
  private static func htmlForms(_ bytes: [UInt8]) -> [[UInt8]] {
    ["&quot;", "&#34;", "&#x22;", "\""].flatMap { quote in
      ["&#39;", "&#x27;", "&#039;", "&apos;", "'"].map { htmlEscaped(bytes, quote: quote, apostrophe: $0) }
    }
  }

  private static func htmlEscaped(_ bytes: [UInt8], quote: String, apostrophe: String) -> [UInt8] {
    var out: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "&"): out.append(contentsOf: "&amp;".utf8)
      case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): out.append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "\""): out.append(contentsOf: quote.utf8)
      case UInt8(ascii: "'"): out.append(contentsOf: apostrophe.utf8)
      default: out.append(byte)
      }
    }
    return out
  }

  private static func replacing(_ character: Unicode.Scalar, in bytes: [UInt8], by text: String) -> [UInt8] {
    bytes.flatMap { $0 == UInt8(ascii: character) ? Array(text.utf8) : [$0] }
  }

  /// The text that every base64 text which contains these bytes must contain (RFC 4648 sections 4 and 5): one core for each of the three positions
  /// that a byte can have in a group. So `base64(id:secret)` is found although the id is not known, with or without padding.
  private static func base64Cores(_ bytes: [UInt8]) -> [[UInt8]] {
    (0..<3).flatMap { shift -> [[UInt8]] in
      let core = base64Core(bytes, shift: shift)
      guard core.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }) else { return [core] }
      let urlSafe = core.map { byte -> UInt8 in
        switch byte {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: byte
        }
      }
      return [core, urlSafe]
    }
  }

  private static let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func base64Core(_ bytes: [UInt8], shift: Int) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 4 / 3 + 1)
    base64Characters(of: bytes[...], shift: shift) { out.append($0) }
    return out
  }

  /// The base64 characters that depend on these bytes alone, when `shift` other bytes are before them in their group of three.
  private static func base64Characters(of bytes: ArraySlice<UInt8>, shift: Int, _ use: (UInt8) -> Void) {
    // The bits of the bytes before that are not in a whole character. Their value does not matter: that character is left out.
    var bits = shift * 8 % 6
    var value = 0
    var isFirst = shift > 0
    for byte in bytes {
      value = value << 8 | Int(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        if !isFirst { use(base64Alphabet[value >> bits & 63]) }
        isFirst = false
      }
      value &= (1 << bits) - 1
    }
    // The bits that are left are in a character that also depends on the bytes after.
  }

  /// A byte of base64, of either alphabet.
  static func isBase64(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "+/-_".utf8.contains(byte)
  }
}
