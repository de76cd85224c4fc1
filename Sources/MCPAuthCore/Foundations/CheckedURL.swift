/// An absolute http or https URL that passed the rules of Discovery#Requests.
///
/// The default port is removed, and scheme and host are in lower case. Everything else is kept byte for byte. Never use it to compare
/// issuers, resources or redirect URIs: those are Strings and stay as they were written.
public struct CheckedURL: Sendable, Hashable {
  /// Why a text is not a valid URL for a request.
  public enum Problem: Error, Sendable, Equatable {
    /// `invalid-url`: the text says what is wrong.
    case invalid(String)
    /// `insecure-url`: http where https is required.
    case insecure(host: String)

    /// `invalid-url` or `insecure-url`.
    public var code: DiagnosticCode {
      switch self {
      case .invalid: .invalidURL
      case .insecure: .insecureURL
      }
    }

    /// What is wrong. The text continues a message that ends with "cannot be used: ".
    public var reason: String {
      switch self {
      case .invalid(let reason): reason
      case .insecure: "http is only allowed between loopback addresses"
      }
    }
  }

  /// Which http URLs are allowed.
  public enum Plaintext: Sendable {
    case refused
    /// http if the host is loopback. For the inventory's own URL, and for URLs that were discovered from a loopback server.
    case loopback
  }

  /// The whole URL as it is sent, without a fragment.
  public let text: String
  /// Whether it is https.
  public let isSecure: Bool
  /// In lower case. An IPv6 literal is without its brackets.
  public let host: String
  /// The effective port: 443 or 80 if the URL has none.
  public let port: Int
  /// The raw path from the first slash on. Empty if there is none.
  public let path: String
  /// The raw query without the `?`. nil if there is none.
  public let query: String?

  /// `https://host` or `https://host:8443`: scheme, host and port. A default port is left out.
  public var origin: String {
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let isDefault = port == (isSecure ? 443 : 80)
    return (isSecure ? "https://" : "http://") + shownHost + (isDefault ? "" : ":\(port)")
  }

  /// Whether the host is loopback by its name or as a literal. No name is resolved.
  public var isLoopback: Bool { Self.isLoopback(host) }

  /// `localhost`, 127.0.0.0/8 in dotted form, or ::1.
  public static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    // Only this exact spelling counts. For a resolver, `127.+0.0.1` and `127.0.0.09` are names and can lead to any address.
    var parts = 0
    var number: Int?
    for byte in host.utf8 {
      if byte == UInt8(ascii: ".") {
        guard let part = number, parts > 0 || part == 127 else { return false }
        parts += 1
        number = nil
      } else {
        // No part has a leading zero.
        guard byte.isASCIIDigit, parts < 4, number != 0 else { return false }
        let next = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
        guard next <= 255 else { return false }
        number = next
      }
    }
    return parts == 3 && number != nil
  }

  /// The URL without its query values, for reports (ErrorCodes#What-a-failure-says). It is cut like all text of servers.
  public var redacted: String { ForeignText.printable(withoutQueryValues) }

  private var withoutQueryValues: String {
    guard let query, !query.isEmpty else { return text }
    let names = query.split(separator: "&").map { pair in
      guard let sign = pair.firstIndex(of: "=") else { return String(pair) }
      return pair[..<sign] + "=…"
    }
    return origin + path + "?" + names.joined(separator: "&")
  }

  /// Another document at the same origin. `path` starts with a slash.
  package func sibling(path: String, query: String? = nil) -> CheckedURL {
    CheckedURL(isSecure: isSecure, host: host, port: port, path: path, query: query)
  }

  /// A host that no resolver can resolve (RFC 6761 section 6.4).
  static let nowhere = CheckedURL(isSecure: true, host: "invalid", port: 443, path: "", query: nil)

  /// - Parameter text: the whole URL, if it is known.
  private init(isSecure: Bool, host: String, port: Int, path: String, query: String?, text: String? = nil) {
    self.isSecure = isSecure
    self.host = host
    self.port = port
    self.path = path
    self.query = query
    if let text {
      self.text = text
      return
    }
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let isDefault = port == (isSecure ? 443 : 80)
    self.text =
      (isSecure ? "https://" : "http://") + shownHost + (isDefault ? "" : ":\(port)") + path
      + (query.map { "?" + $0 } ?? "")
  }

  /// - Parameters:
  ///   - text: the URL as it was written or received.
  ///   - plaintext: which http URLs are allowed.
  /// - Throws: `Problem`.
  public init(_ text: String, plaintext: Plaintext) throws(Problem) {
    if let scalar = Self.firstRefused(in: text) { throw .invalid(Self.refusal(of: scalar)) }
    // Only visible ASCII is left, so each byte is a character. Reading Characters instead takes ten times as long.
    let bytes = Array(text.utf8)
    guard let schemeEnd = bytes.firstIndex(of: UInt8(ascii: ":")) else {
      throw .invalid("it is not absolute: it has no scheme")
    }
    let scheme = Self.lowercased(bytes[..<schemeEnd])
    guard scheme == "https" || scheme == "http" else { throw .invalid("its scheme is neither https nor http") }
    let afterScheme = bytes[(schemeEnd + 1)...]
    guard afterScheme.starts(with: "//".utf8) else { throw .invalid("it has no host") }
    let rest = afterScheme.dropFirst(2)
    guard !rest.contains(UInt8(ascii: "#")) else { throw .invalid("it has a fragment") }
    let authorityEnd = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let (host, port) = try Self.authority(rest[..<authorityEnd])
    let tail = rest[authorityEnd...]
    let queryMark = tail.firstIndex(of: UInt8(ascii: "?"))
    let secure = scheme == "https"
    if !secure, plaintext == .refused || !Self.isLoopback(host) { throw .insecure(host: host) }
    let defaultPort = secure ? 443 : 80
    self.init(
      isSecure: secure, host: host, port: port ?? defaultPort,
      path: Self.string(tail[..<(queryMark ?? tail.endIndex)]),
      query: queryMark.map { Self.string(tail[($0 + 1)...]) },
      text: Self.isNormal(bytes[..<authorityEnd], port: port, defaultPort: defaultPort) ? text : nil)
  }

  /// Whether a URL is sent as it is written, as nearly all are: it has no upper case before its path, no empty port, no default port, and no
  /// port with leading zeros.
  private static func isNormal(_ beforePath: ArraySlice<UInt8>, port: Int?, defaultPort: Int) -> Bool {
    guard isLowercase(beforePath) else { return false }
    guard let port else { return beforePath.last != UInt8(ascii: ":") }
    let colon = beforePath.lastIndex(of: UInt8(ascii: ":")) ?? beforePath.startIndex
    return port != defaultPort && beforePath[colon...].dropFirst().first != UInt8(ascii: "0")
  }

  private static func isLowercase(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.contains { (0x41...0x5A).contains($0) }
  }

  /// The first character that a URL may not contain. nil if there is none.
  private static func firstRefused(in text: String) -> Unicode.Scalar? {
    let isAllowed = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
    if isAllowed { return nil }
    return text.unicodeScalars.first { !(0x21...0x7E).contains($0.value) || $0 == "\\" }
  }

  /// The message is shown to users, so a character that is invisible or hides the text around it is named by its number.
  private static func refusal(of scalar: Unicode.Scalar) -> String {
    if scalar == "\\" { return "it contains a backslash" }
    if scalar == " " { return "it contains a space" }
    if scalar.properties.generalCategory == .control { return "it contains a control character" }
    let shown = ForeignText.isHarmful(scalar) ? "U+" + scalar.value.hex(width: 4) : "'\(scalar)'"
    return "it contains \(shown), which must be percent-encoded"
  }

  private static func authority(_ bytes: ArraySlice<UInt8>) throws(Problem) -> (host: String, port: Int?) {
    guard !bytes.contains(UInt8(ascii: "@")) else { throw .invalid("it contains a user name or password") }
    let host: ArraySlice<UInt8>
    var portDigits: ArraySlice<UInt8>?
    if bytes.first == UInt8(ascii: "[") {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .invalid("its address lacks a ']'") }
      host = bytes[..<close].dropFirst()
      let after = bytes[(close + 1)...]
      guard after.isEmpty || after.first == UInt8(ascii: ":") else { throw .invalid("its port is malformed") }
      portDigits = after.isEmpty ? nil : after.dropFirst()
      guard host.contains(UInt8(ascii: ":")), host.allSatisfy({ isHexDigit($0) || ":.".utf8.contains($0) }) else {
        throw .invalid("its address is not an IPv6 address")
      }
    } else {
      let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
      host = bytes[..<(colon ?? bytes.endIndex)]
      portDigits = colon.map { bytes[($0 + 1)...] }
      guard host.allSatisfy({ $0.isASCIIAlphanumeric || "-._~%!$&'()*+,;=".utf8.contains($0) }) else {
        throw .invalid("its host is malformed")
      }
    }
    guard !host.isEmpty else { throw .invalid("it has no host") }
    guard let portDigits, !portDigits.isEmpty else { return (lowercased(host), nil) }
    guard portDigits.allSatisfy(\.isASCIIDigit), let port = Int(string(portDigits)), (1...65_535).contains(port) else {
      throw .invalid("its port is not a number from 1 to 65535")
    }
    return (lowercased(host), port)
  }

  private static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
    isLowercase(bytes) ? string(bytes) : string(bytes).lowercased()
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool { byte.isASCIIDigit || (0x61...0x66).contains(byte | 0x20) }
}
