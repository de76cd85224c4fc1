internal import MCPAuthCore
internal import MCPAuthYAML

/// A URL of the inventory, as written, and its checked form.
struct WrittenURL {
  /// The text as written. Only variables are expanded.
  var text: String
  /// Two URLs are equal when their `checked.text` is equal: the default port is removed, and scheme and host are in lower case.
  var checked: CheckedURL
}

extension InventoryContext {
  /// https, or http on loopback (Discovery#Requests).
  mutating func url(_ entry: YAMLEntry) -> WrittenURL? {
    url(entry.value, called: entry.name, at: place(entry))
  }

  mutating func url(_ node: YAMLNode, called name: String, at mark: YAMLMark) -> WrittenURL? {
    guard let text = text(node, called: name, at: mark),
      let checked = checkedURL(text, called: name, at: mark, written: node),
      !reportSecret(in: checked, called: name, at: mark, written: node)
    else { return nil }
    return WrittenURL(text: text, checked: checked)
  }

  /// `client.metadata_url` (Registration#Client-ID-Metadata-Documents): https, with a path, without dot segments.
  mutating func clientMetadataURL(_ entry: YAMLEntry) -> String? {
    let mark = place(entry)
    guard let text = text(entry), let url = checkedURL(text, called: entry.name, at: mark, written: entry.value),
      !reportSecret(in: url, called: entry.name, at: mark, written: entry.value)
    else { return nil }
    let help = [
      "the document's URL is the client's id: https, with a path, as in https://example.com/oauth/client.json"
    ]
    guard !url.path.isEmpty, url.path != "/" else {
      report(.invalidURL, "'\(entry.name)' has no path", at: mark, help: help)
      return nil
    }
    let segments = url.path.split(separator: "/").map { $0.lowercased().replacing("%2e", with: ".") }
    guard !segments.contains("."), !segments.contains("..") else {
      report(.invalidURL, "'\(entry.name)' has a dot segment in its path", at: mark, help: help)
      return nil
    }
    return text
  }

  /// Reports a key or a token in a query (InventoryReference#Secret-references): a URL is committed with the inventory and with the lock file.
  private mutating func reportSecret(
    in url: CheckedURL, called name: String, at mark: YAMLMark, written: YAMLNode
  ) -> Bool {
    guard let query = url.query else { return false }
    let parameters = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
    guard let parameter = parameters.first(where: { $0.count == 2 && Self.soundsSecret(String($0[0])) }) else {
      return false
    }
    let key = String(parameter[0])
    report(
      .inlineSecret, "the query of '\(name)' has the secret '\(Self.shown(key: key))', and a URL is committed",
      at: Self.place(ofParameter: key, in: written, mark),
      help: [
        name == "url"
          ? "send it in a header: auth: api_key with api_key: {header: X-API-Key, value: {env: NAME}}"
          : "remove it from the URL",
        "a variable, ${NAME}, does not help: its value is written to the lock file",
        "if this file was ever committed, have a new secret issued",
      ])
    return true
  }

  /// The position of the value of a query parameter. If it cannot be found in the written text, the position of the whole URL.
  private static func place(ofParameter key: String, in node: YAMLNode, _ mark: YAMLMark) -> YAMLMark {
    guard case .scalar(let scalar) = node.content, let end = mark.endColumn,
      let found = scalar.text.firstRange(of: "?\(key)=") ?? scalar.text.firstRange(of: "&\(key)=")
    else { return mark }
    let scalars = scalar.text.unicodeScalars
    let quotes = end - mark.column - scalars.count
    // With escapes or line ends, columns of the text are not columns of the file.
    guard quotes == 0 || (quotes == 2 && scalar.style == .quoted) else { return mark }
    let start = mark.column + quotes / 2 + scalars.distance(from: scalars.startIndex, to: found.upperBound)
    let length = scalars[found.upperBound...].prefix { $0 != "&" }.count
    return YAMLMark(line: mark.line, column: start, endColumn: start + length)
  }

  /// - Parameter written: the node of the text. A help text repeats it with another scheme.
  mutating func checkedURL(
    _ text: String, called name: String, at mark: YAMLMark, written: YAMLNode
  ) -> CheckedURL? {
    do throws(CheckedURL.Problem) {
      return try CheckedURL(text, plaintext: .loopback)
    } catch {
      var better: String?
      if case .scalar(let scalar) = written.content { better = ValueHints.withScheme(scalar.text) }
      switch error {
      case .invalid(let reason):
        report(
          .invalidURL, "'\(name)' is not a URL that can be used: \(reason)", at: mark,
          help: better.map { ["write \($0)"] } ?? [])
      case .insecure:
        report(
          .insecureURL, "'\(name)' is not https: \(error.reason)", at: mark,
          help: ["write \(better ?? "https://") if the server supports it"])
      }
      return nil
    }
  }
}
