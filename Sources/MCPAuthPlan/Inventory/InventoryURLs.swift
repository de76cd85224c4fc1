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
    guard let text = text(node, called: name, at: mark), let checked = checkedURL(text, called: name, at: mark)
    else { return nil }
    return WrittenURL(text: text, checked: checked)
  }

  /// `client.metadata_url` (Registration#Client-ID-Metadata-Documents): https, with a path, without dot segments.
  mutating func clientMetadataURL(_ entry: YAMLEntry) -> String? {
    let mark = place(entry)
    guard let text = text(entry), let url = checkedURL(text, called: entry.name, at: mark) else { return nil }
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

  mutating func checkedURL(_ text: String, called name: String, at mark: YAMLMark) -> CheckedURL? {
    do throws(CheckedURL.Problem) {
      return try CheckedURL(text, plaintext: .loopback)
    } catch {
      report(error, called: name, at: mark)
      return nil
    }
  }

  mutating func report(_ problem: CheckedURL.Problem, called name: String, at mark: YAMLMark) {
    switch problem {
    case .invalid(let reason):
      report(.invalidURL, "'\(name)' is not a URL that can be used: \(reason)", at: mark)
    case .insecure:
      report(
        .insecureURL, "'\(name)' is not https: \(problem.reason)", at: mark,
        help: ["write https:// if the server supports it"])
    }
  }
}
