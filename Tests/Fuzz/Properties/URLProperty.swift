import FoundationEssentials

@testable import MCPAuthCore

/// The URL checks. The first line of the input is a URL, the second the `Location` of its answer, the third a `resource`.
enum URLProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let lines = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    for line in lines {
      let shown = CheckedURL.shown(line)
      try require(!shown.unicodeScalars.contains(where: ForeignText.isHarmful), "shown: \(shown.debugDescription)")
      let secure = try parse(line, .refused)
      let any = try parse(line, .loopback)
      if let secure { try require(secure.isSecure && any == secure, "http passed where it is refused: \(line)") }
    }
    guard let first = lines.first, let url = try parse(first, .loopback) else { return }
    if lines.count > 1 { try checkRedirect(url, to: lines[1]) }
    if lines.count > 2 { try checkResource(lines[2], of: url, written: first) }
    for candidate in WellKnownURL.protectedResource(of: url) { try checkSibling(candidate.url, of: url) }
    for candidate in WellKnownURL.authorizationServer(of: url) { try checkSibling(candidate, of: url) }
  }

  private static func parse(_ text: String, _ plaintext: CheckedURL.Plaintext) throws(Violation) -> CheckedURL? {
    let url: CheckedURL
    do throws(CheckedURL.Problem) {
      url = try CheckedURL(text, plaintext: plaintext)
    } catch {
      try require(
        !error.reason.unicodeScalars.contains(where: ForeignText.isHarmful),
        "refused with what is not printable: \(error.reason.debugDescription)")
      return nil
    }
    try require(url.text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x5C }, "not visible ASCII: \(url.text)")
    try require(!url.host.isEmpty && url.host == url.host.lowercased(), "the host \(url.host)")
    try require((1...65_535).contains(url.port), "port \(url.port)")
    try require(url.path.isEmpty || url.path.hasPrefix("/"), "the path \(url.path)")
    try require(!url.host.contains("@") && !url.text.contains("#"), "user info or a fragment in \(url.text)")
    guard let again = try? CheckedURL(url.text, plaintext: plaintext) else {
      throw Violation("\(url.text) is not taken again, which came from \(text)")
    }
    try require(again == url, "\(text) became \(url.text) became \(again.text)")
    guard let origin = try? CheckedURL(url.origin, plaintext: plaintext) else {
      throw Violation("the origin \(url.origin) is no URL")
    }
    try require(
      origin.host == url.host && origin.port == url.port && origin.isSecure == url.isSecure && origin.path.isEmpty,
      "the origin of \(url.text) is \(url.origin)")
    try checkHost(url)
    try checkRedacted(url)
    return url
  }

  /// A host that mcpauth accepts as loopback is also loopback for the resolver, so plain HTTP goes only to loopback.
  private static func checkHost(_ url: CheckedURL) throws(Violation) {
    if url.isLoopback, url.host != "localhost" {
      try require(SystemAddress.kind(of: url.host) == .loopback, "\(url.host) is taken for loopback")
    }
    if !url.isSecure { try require(url.isLoopback, "http to \(url.host)") }
    // The sender may parse the text with Foundation's URL, which must give the same host and port.
    // The transport connects only to names and literals (`HostName`). Foundation parses hosts with `%` and similar characters differently.
    let isName = url.host.utf8.allSatisfy {
      (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-._".utf8.contains($0)
    }
    guard isName || SystemAddress.kind(of: url.host) != .name else { return }
    guard let system = URL(string: url.text), let host = system.host() else { return }
    let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    try require(bare.lowercased() == url.host, "Foundation sees the host \(host) in \(url.text)")
    try require(
      system.port == nil || system.port == url.port, "Foundation sees port \(system.port ?? 0) in \(url.text)")
    try require(system.user == nil && system.password == nil, "Foundation sees a user in \(url.text)")
  }

  private static func checkRedacted(_ url: CheckedURL) throws(Violation) {
    let redacted = url.redacted
    try require(redacted.utf8.count <= ForeignText.limit + "…".utf8.count, "\(redacted.utf8.count) bytes")
    for pair in (url.query ?? "").split(separator: "&").prefix(8) {
      guard let sign = pair.firstIndex(of: "=") else { continue }
      let value = pair[pair.index(after: sign)...]
      // A value that is also in another part of the URL may be shown.
      guard value.utf8.count > 3, url.text.ranges(of: value).count == 1 else { continue }
      try require(!redacted.contains(value), "\(redacted) shows a value of \(url.text)")
    }
  }

  private static func checkSibling(_ sibling: CheckedURL, of url: CheckedURL) throws(Violation) {
    try require(sibling.origin == url.origin, "\(sibling.text) is of another origin than \(url.text)")
    guard let again = try? CheckedURL(sibling.text, plaintext: .loopback) else {
      throw Violation("\(sibling.text) is no URL")
    }
    try require(again == sibling, "\(sibling.text) became \(again.text)")
  }

  /// A redirect may only change the path or port of the same host, and never go from https to http (Discovery#Redirects).
  private static func checkRedirect(_ url: CheckedURL, to location: String) throws(Violation) {
    let target: CheckedURL
    do throws(RedirectRefusal) {
      target = try url.redirected(to: location, plaintext: .loopback)
    } catch {
      try require(
        !error.reason.unicodeScalars.contains(where: ForeignText.isHarmful),
        "refused with what is not printable: \(error.reason.debugDescription)")
      return
    }
    try require(target.host == url.host, "\(location) leads from \(url.host) to \(target.host)")
    try require(target.isSecure || !url.isSecure, "\(location) leads from https to http")
    if let plain = try? CheckedURL(location, plaintext: .loopback) {
      try require(plain == target, "the absolute \(location) became \(target.text)")
    }
  }

  private static func checkResource(
    _ resource: String, of url: CheckedURL, written: String
  ) throws(Violation) {
    let (match, _) = ResourceMatch.of(resource, ServerTrust(url, written: written, allowPrivate: []))
    switch match {
    case .mismatch(let why):
      try require(!resource.utf8.elementsEqual(written.utf8), "a URL does not cover itself: \(written)")
      try require(
        !why.unicodeScalars.contains(where: ForeignText.isHarmful), "not printable: \(why.debugDescription)")
    case .equal, .broader:
      guard let named = try? CheckedURL(resource, plaintext: .loopback) else {
        return try require(resource.equalsButForSlash(written), "\(resource) covers \(written), and is no URL")
      }
      try require(named.origin == url.origin, "\(resource) covers \(url.text)")
    }
  }
}
