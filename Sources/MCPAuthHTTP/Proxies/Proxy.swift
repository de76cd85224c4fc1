import AsyncHTTPClient
import MCPAuthCore

/// An HTTP proxy. The client requests a tunnel (CONNECT) from it for every host.
struct Proxy: Sendable, Hashable {
  var host: String
  var port: Int
  /// The user from the proxy's URL, percent-decoded. It is sent to the proxy as `Proxy-Authorization: Basic`.
  var user: String?
  var password: String?

  /// `proxy.example:3128`, `[::1]:3128`: the part of the URL that may be shown.
  var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  var configuration: HTTPClient.Configuration.Proxy {
    .server(host: host, port: port, authorization: authorization)
  }

  var authorization: HTTPClient.Authorization? {
    user.map { .basic(username: $0, password: password ?? "") }
  }

  /// Reads `http://user:password@proxy.example:3128`, or the same without a scheme. The default port is 80.
  ///
  /// - Parameters:
  ///   - text: the variable's value. It may contain a password, so no part of it is shown.
  ///   - variable: the variable's name, for the error.
  /// - Throws: `invalid-value`.
  init(_ text: String, variable: String) throws(Diagnostic) {
    func invalid(_ problem: String) -> Diagnostic {
      Diagnostic(
        .error, .invalidValue, "\(variable) \(problem)", help: ["write http://proxy.example:3128, or unset \(variable)"]
      )
    }
    var rest = text[...]
    if let scheme = rest.firstRange(of: "://") {
      guard rest[..<scheme.lowerBound].lowercased() == "http" else {
        throw invalid("names a proxy that is not reached over http, which is not supported")
      }
      rest = rest[scheme.upperBound...]
    }
    rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let user = Self.percentDecoded(parts[0]),
        let password = parts.count > 1 ? Self.percentDecoded(parts[1]) : ""
      else { throw invalid("holds a user name or password that is not percent-encoded correctly") }
      self.user = user
      self.password = password
      rest = rest[rest.index(after: at)...]
    }
    guard let (host, port) = Self.hostAndPort(rest), HostName.isConnectable(host) else {
      throw invalid("is not a proxy URL")
    }
    self.host = host
    self.port = port ?? 80
  }

  /// `host`, `host:port`, `[::1]`, `[::1]:port`. nil for anything else.
  static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
    let host: Substring
    let after: Substring
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[..<close].dropFirst()
      after = text[close...].dropFirst()
    } else {
      host = text.prefix { $0 != ":" }
      after = text[host.endIndex...]
    }
    guard !host.isEmpty else { return nil }
    if after.isEmpty || after == ":" { return (String(host), nil) }
    guard after.hasPrefix(":"), let port = UInt16(after.dropFirst()), port > 0 else { return nil }
    return (String(host), Int(port))
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let decoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
