extension ApplicationType {
  /// The type that follows from the redirect URIs (OpenID Connect Dynamic Client Registration 1.0 section 2, RFC 8252 section 7): native if
  /// all are loopback or custom schemes, web if all are https, nil if they are mixed (Registration#Requests, `application_type`).
  public static func inferred(from redirectURIs: [String]) -> ApplicationType? {
    let kinds = redirectURIs.map(RedirectURIKind.init)
    guard !kinds.isEmpty else { return nil }
    if kinds.allSatisfy({ $0 == .loopback || $0 == .secureLoopback || $0 == .customScheme }) { return .native }
    if kinds.allSatisfy({ $0 == .secure || $0 == .secureLoopback }) { return .web }
    return nil
  }
}

/// The kind of application that a redirect URI belongs to.
private enum RedirectURIKind {
  case secure, loopback, secureLoopback, customScheme
  /// http to a host that is not loopback, or not a valid URI. Neither type may have it.
  case other

  init(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else {
      self = .other
      return
    }
    let scheme = text[..<colon].lowercased()
    switch scheme {
    case "https", "http":
      do throws(CheckedURL.Problem) {
        let url = try CheckedURL(text, plaintext: .loopback)
        self = url.isLoopback ? (url.isSecure ? .secureLoopback : .loopback) : .secure
      } catch {
        self = .other
      }
    default:
      self = scheme.isScheme ? .customScheme : .other
    }
  }
}
