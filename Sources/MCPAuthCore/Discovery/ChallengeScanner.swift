/// Reads the challenges of one `WWW-Authenticate` field from beginning to end, without going back.
///
/// In addition to the grammar, it accepts what real servers send (RealServers#35): values that are not tokens and have no quotes, single
/// quotes, and parameters without a comma between them.
struct ChallengeScanner {
  private let bytes: [UInt8]
  private var at = 0
  /// No closing single quote can follow after this position. This keeps the search for a quote linear.
  private var singleQuotesEnd: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    singleQuotesEnd = bytes.count
  }

  mutating func read(into challenges: inout [AuthenticationChallenge], limit: Int) {
    /// The challenge that the next parameters belong to. nil before the first scheme.
    var current: Int?
    while at < bytes.count, challenges.count <= limit {
      skip { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
      guard at < bytes.count else { return }
      let name = token()
      guard !name.isEmpty else {
        skipJunk()
        continue
      }
      let mark = at
      skip(Self.isSpace)
      if peek == UInt8(ascii: "=") {
        at += 1
        skip(Self.isSpace)
        guard let value = value() else { return }
        if let current, challenges[current].parameters.count < limit {
          challenges[current].parameters.append(.init(name.lowercased(), value))
        }
        continue
      }
      guard challenges.count < limit else { return }
      challenges.append(AuthenticationChallenge(scheme: name.lowercased()))
      current = challenges.count - 1
      // There is a space between a token68 and its scheme.
      if at > mark { challenges[challenges.count - 1].token68 = token68() }
    }
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skip(_ condition: (UInt8) -> Bool) {
    while at < bytes.count, condition(bytes[at]) { at += 1 }
  }

  private mutating func token() -> String {
    let start = at
    skip(Self.isTokenCharacter)
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// `token68` (RFC 9110 section 11.2), if only the end or a comma follows. Otherwise the text was a parameter or another scheme.
  private mutating func token68() -> String? {
    let start = at
    skip(Self.isToken68Character)
    guard at > start else { return nil }
    skip { $0 == UInt8(ascii: "=") }
    let end = at
    skip(Self.isSpace)
    guard at == bytes.count || bytes[at] == UInt8(ascii: ",") else {
      at = start
      return nil
    }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// The value of a parameter. nil if its closing quote is missing; then the rest of the field cannot be read.
  private mutating func value() -> String? {
    switch peek {
    case UInt8(ascii: "\""): return quoted()
    case UInt8(ascii: "'"):
      if let text = singleQuoted() { return text }
    default: break
    }
    let start = at
    skip { !Self.isSpace($0) && $0 != UInt8(ascii: ",") }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// `quoted-string` (RFC 9110 section 5.6.4).
  private mutating func quoted() -> String? {
    at += 1
    var out: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard at < bytes.count else { return nil }
        out.append(bytes[at])
        at += 1
      default: out.append(byte)
      }
    }
    return nil
  }

  private mutating func singleQuoted() -> String? {
    let start = at + 1
    guard start < singleQuotesEnd,
      let close = bytes[start..<singleQuotesEnd].firstIndex(of: UInt8(ascii: "'"))
    else {
      singleQuotesEnd = min(singleQuotesEnd, start)
      return nil
    }
    at = close + 1
    return String(decoding: bytes[start..<close], as: UTF8.self)
  }

  /// Skips text that is neither a scheme nor a parameter, because it does not begin with a token character: a whole quoted string, or one byte.
  private mutating func skipJunk() {
    if peek == UInt8(ascii: "\"") {
      _ = quoted()
    } else {
      at += 1
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isTokenCharacter(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }

  private static func isToken68Character(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "-._~+/".utf8.contains(byte)
  }
}
