internal import MCPAuthCore
internal import MCPAuthYAML

/// Redirect URIs in which `{server}` is not replaced yet (InventoryReference#Values).
struct RedirectURIs {
  /// As written, with variables expanded.
  let templates: [String]
  /// The application type that they imply; nil when they are mixed (Registration#Requests, `application_type`).
  let inferredType: ApplicationType?
  /// Each template, split at `{server}`.
  private let parts: [[String]]

  init(templates: [String]) {
    self.templates = templates
    self.parts = templates.map(Self.cut)
    // The server's name contains only unreserved characters, so the result for one name is valid for all names.
    self.inferredType = ApplicationType.inferred(from: parts.map { $0.joined(separator: "server") })
  }

  /// These URIs, followed by those of the consumers, each once; nil where there are none.
  init?(_ own: RedirectURIs?, adding consumers: [ConsumerUse]) {
    var templates = own?.templates ?? []
    for uri in consumers.flatMap(\.redirectURIs) where !templates.contains(uri) { templates.append(uri) }
    guard !templates.isEmpty else { return nil }
    // The URIs of the `client` block are not parsed again for each server.
    if let own, own.templates.count == templates.count {
      self = own
    } else {
      self.init(templates: templates)
    }
  }

  func resolved(for server: String) -> [String] { parts.map { $0.joined(separator: server) } }

  static func cut(_ template: String) -> [String] {
    var parts: [String] = []
    var rest = template[...]
    while let range = rest.firstRange(of: "{server}") {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}

extension InventoryContext {
  mutating func redirectURIs(_ entry: YAMLEntry) -> RedirectURIs? {
    guard let elements = list(entry, least: 1) else { return nil }
    let templates = all(elements) { context, element in
      context.redirectURI(element, called: entry.name, at: context.place(element, in: entry))
    }
    return templates.map(RedirectURIs.init(templates:))
  }

  private mutating func redirectURI(_ node: YAMLNode, called name: String, at mark: YAMLMark) -> String? {
    guard let written = written(node, called: name, at: mark) else { return nil }
    guard let text = text(node, called: name, at: mark, isTemplate: true) else { return nil }
    let parts = RedirectURIs.cut(text)
    guard !parts.contains(where: { $0.utf8.contains { "{}<>".utf8.contains($0) } }) else {
      let shown = Self.placeholder(in: written).map { " \($0)" } ?? ""
      report(
        .unresolvedPlaceholder, "a redirect URI has a placeholder\(shown) that is not replaced", at: mark,
        help: ["{server} becomes the server's name, ${NAME} a variable; write everything else in full"])
      return nil
    }
    let sample = parts.joined(separator: "server")
    let scheme = sample.prefix { $0 != ":" }.lowercased()
    guard scheme != "https", scheme != "http" else {
      return checkedURL(sample, called: name, at: mark, written: node).map { _ in text }
    }
    guard let problem = Self.problem(customScheme: scheme, of: sample) else { return text }
    report(
      .invalidURL, "'\(name)' has a redirect URI that cannot be used: \(problem)", at: mark,
      help: ValueHints.withScheme(written).map { ["write \($0)"] } ?? [])
    return nil
  }

  /// Checks a private-use scheme (RFC 8252 section 7.1), which must belong to the application. A scheme that a browser executes or opens itself is
  /// refused.
  private static func problem(customScheme scheme: String, of text: String) -> String? {
    guard scheme.utf8.count < text.utf8.count else { return "it is not absolute: it has no scheme" }
    guard scheme.isScheme else { return "its scheme is malformed" }
    guard !["javascript", "data", "vbscript", "file", "blob", "about", "ftp", "ws", "wss"].contains(scheme) else {
      return "'\(scheme)' is not a scheme of an application"
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C }) else {
      return "it contains a character that must be percent-encoded"
    }
    // RFC 6749 section 3.1.2
    return text.utf8.contains(UInt8(ascii: "#")) ? "it has a fragment" : nil
  }

  /// The first `{word}` or `<word>` of the written text. It contains no value of a variable.
  private static func placeholder(in written: String) -> String? {
    for (open, close) in [("{", "}"), ("<", ">")] as [(Character, Character)] {
      for part in written.split(separator: open).dropFirst(written.first == open ? 0 : 1) {
        let word = part.prefix { $0 != close }
        guard word.endIndex < part.endIndex, word != "server", (1...32).contains(word.utf8.count),
          word.utf8.allSatisfy({ $0 == 0x2D || $0 == 0x20 || VariableExpansion.isNameByte($0) })
        else { continue }
        return "\(open)\(word)\(close)"
      }
    }
    return nil
  }
}
