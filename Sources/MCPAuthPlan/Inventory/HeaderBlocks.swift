internal import MCPAuthCore
internal import MCPAuthYAML

extension InventoryServer {
  /// Whether an inventory must have a reference, and not a text, as the value of a header (InventoryReference#Secret-references).
  package static func isSecretHeader(_ name: String) -> Bool { InventoryContext.isSecretHeader(name) }
}

/// The blocks of `auth: api_key` and `auth: custom_headers`.
extension InventoryContext {
  mutating func readAPIKey(
    _ entry: YAMLEntry, of server: String, _ places: inout KeyPlaces
  ) -> InventoryServer.Mode? {
    guard let fields = fields(entry.value, called: "'api_key'", at: place(entry), as: APIKeyKey.self) else {
      return nil
    }
    for (key, entry) in fields.present { places.add("api_key." + key.rawValue, location(entry.mark)) }
    let missing = APIKeyKey.allCases.filter { fields[$0] == nil }.map(\.rawValue)
    if !missing.isEmpty {
      report(
        .missingKey, "'api_key' lacks \(missing.joined(separator: " and "))", at: entry.mark,
        help: ["write api_key: {header: X-API-Key, value: {env: NAME}}"])
    }
    let header = fields[.header].flatMap { header in
      written(header.value, called: header.name, at: place(header)).flatMap { text in
        isHeaderName(text, at: place(header)) ? text : nil
      }
    }
    let value = fields[.value].flatMap { secretReference($0, owner: server) }
    guard let header, let value else { return nil }
    return .apiKey(header: header, value: value)
  }

  mutating func readCustomHeaders(
    _ entry: YAMLEntry, of server: String, _ places: inout KeyPlaces
  ) -> InventoryServer.Mode? {
    warnOfIgnoredHeaders(entry)
    guard let entries = entries(entry.value, called: "'custom_headers'", at: place(entry)) else { return nil }
    guard !entries.isEmpty else { return wrong(entry, "'custom_headers' names no header") }
    var headers: [(name: String, value: InventoryServer.HeaderValue)] = []
    var seen: [String: YAMLMark] = [:]
    for member in entries {
      places.add("custom_headers." + member.name, location(member.mark))
      guard isHeaderName(member.name, at: member.mark) else { continue }
      if let first = seen.updateValue(member.mark, forKey: member.name.lowercased()) {
        report(
          .duplicateKey,
          "the header '\(member.name)' is given twice: upper and lower case are equal in names of headers",
          at: member.mark,
          notes: ["first given at " + shown(first)], help: ["remove one of the two"])
      }
      if let value = headerValue(member, owner: server) { headers.append((member.name, value)) }
    }
    return headers.count == entries.count ? .customHeaders(headers) : nil
  }

  private mutating func headerValue(_ entry: YAMLEntry, owner: String) -> InventoryServer.HeaderValue? {
    if Self.isSecretHeader(entry.name) {
      return secretReference(entry, owner: owner).map(InventoryServer.HeaderValue.reference)
    }
    if case .mapping = entry.value.content {
      return secretReference(entry, owner: owner).map(InventoryServer.HeaderValue.reference)
    }
    guard let text = text(entry) else { return nil }
    let words = text.split(separator: " ")
    if words.count == 2, words[0].lowercased() == "bearer" {
      reportBearerToken(entry, owner: owner)
      return nil
    }
    return .literal(text)
  }

  /// RFC 9110 section 5.1
  private mutating func isHeaderName(_ text: String, at mark: YAMLMark) -> Bool {
    let isToken =
      !text.isEmpty && text.utf8.allSatisfy { VariableExpansion.isNameByte($0) || "!#$%&'*+-.^`|~".utf8.contains($0) }
    if !isToken {
      report(.invalidValue, "'\(Self.shown(key: text))' cannot be the name of a header", at: mark)
    }
    return isToken
  }

  /// Keys that begin with `x-` are ignored at every level. For headers this is unexpected, so it gives a warning.
  private mutating func warnOfIgnoredHeaders(_ entry: YAMLEntry) {
    guard case .mapping(let entries) = entry.value.content else { return }
    for member in entries where member.name.hasPrefix("x-") {
      let name = Self.shown(key: member.name)
      report(
        .unknownKey, "the header '\(name)' is not sent: keys that begin with 'x-' are ignored", at: member.mark,
        severity: .warning, help: ["write 'X-\(name.dropFirst(2))'"])
    }
  }
}
