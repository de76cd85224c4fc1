extension CheckedURL {
  /// The target of a redirect (RFC 9110 section 10.2.2): the `Location`, resolved against this URL by RFC 3986 section 5.2, as text.
  ///
  /// - Throws: the reason why it is refused, for a note.
  func redirected(to location: String?, plaintext: Plaintext) throws(RedirectRefusal) -> CheckedURL {
    guard let location, !location.isEmpty else { throw RedirectRefusal("it has no Location") }
    let target: CheckedURL
    do throws(Problem) {
      target = try CheckedURL(absolute(location), plaintext: plaintext)
    } catch {
      // The message must report the downgrade, not that http is not allowed in general.
      if case .insecure = error, isSecure { throw RedirectRefusal("it leads from https to http") }
      throw RedirectRefusal("its Location '\(Self.shown(location))' cannot be used: \(error.reason)")
    }
    if isSecure, !target.isSecure { throw RedirectRefusal("it leads from https to http") }
    guard target.host == host else { throw RedirectRefusal("it leads to another host, \(target.host)") }
    return target
  }

  private func absolute(_ reference: String) -> String {
    let scheme = isSecure ? "https:" : "http:"
    if reference.hasPrefix("//") { return scheme + reference }
    let pathEnd = reference.firstIndex { $0 == "?" || $0 == "#" } ?? reference.endIndex
    let (path, tail) = (reference[..<pathEnd], reference[pathEnd...])
    if let colon = path.firstIndex(of: ":"), path[..<colon].allSatisfy({ $0 != "/" }) { return reference }
    if path.isEmpty { return origin + self.path + (tail.hasPrefix("?") ? "" : query.map { "?" + $0 } ?? "") + tail }
    let base = self.path[..<(self.path.lastIndex(of: "/") ?? self.path.startIndex)]
    return origin + Self.withoutDotSegments(path.hasPrefix("/") ? String(path) : base + "/" + path) + tail
  }

  /// RFC 3986 section 5.2.4, for a path that starts with a slash.
  private static func withoutDotSegments(_ path: String) -> String {
    var out: [Substring] = []
    let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { out.append("") }
      case "..":
        _ = out.popLast()
        if isLast { out.append("") }
      default: out.append(segment)
      }
    }
    return "/" + out.joined(separator: "/")
  }
}

/// Why a redirect is not followed (Discovery#Redirects, Redirects).
struct RedirectRefusal: Error, Equatable {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
