internal import MCPAuthCore

/// A consumer that an inventory names, with its settings in the inventory.
package struct ConsumerUse: Sendable, Equatable {
  package var consumer: Consumer
  /// The port of its callback. Where the inventory gives none, this is the consumer's default port.
  package var port: Int?
  /// The URL of its installation, without a slash at the end.
  package var url: String?

  package init(_ consumer: Consumer, port: Int? = nil, url: String? = nil) {
    self.consumer = consumer
    if case .loopback(_, _, _, _, let own) = consumer.facts.redirect.value { self.port = port ?? own }
    self.url = url
  }

  /// The redirect URIs that the consumer needs. `{server}` is not replaced yet.
  package var redirectURIs: [String] {
    switch consumer.facts.redirect.value {
    case .loopback(let host, _, let path, _, _): port.map { ["http://\(host):\($0)\(path)"] } ?? []
    case .fixed(let uris): uris
    case .hosted(let path): url.map { [$0 + path] } ?? []
    case .hostedWithID, .unknown: []
    }
  }
}

extension ConsumerFacts.Redirect {
  /// The key that the inventory must give because the consumer has no default for it: a port or a URL.
  var needs: ConsumerKey? {
    switch self {
    case .loopback(_, _, _, _, nil): .callbackPort
    case .hosted, .hostedWithID: .url
    case .loopback, .fixed, .unknown: nil
    }
  }

  /// The keys that the inventory can give for a consumer.
  var keys: [ConsumerKey] {
    switch self {
    case .loopback: [.callbackPort]
    case .hosted, .hostedWithID: [.url]
    case .fixed, .unknown: []
    }
  }

  /// Returns the first of a client's redirect URIs that the consumer sends.
  ///
  /// - Parameters:
  ///   - server: the server's name.
  ///   - installation: the URL of the user's own installation, without a slash at the end, if the inventory gives it.
  package func match(_ uris: [String], server: String, at installation: String? = nil) -> String? {
    uris.first { uri in
      switch self {
      case .loopback(_, let hosts, let path, let takesAnyPath, _):
        guard let url = try? CheckedURL(uri, plaintext: .loopback), !url.isSecure, url.isLoopback else { return false }
        return hosts.contains(url.host) && (takesAnyPath || url.path == path)
      case .fixed(let own): return own.contains(uri)
      case .hosted(let path): return uri.hasSuffix(path.replacing("{server}", with: server))
      case .hostedWithID(let prefix):
        let isThere = installation.map { uri.hasPrefix($0 + prefix) } ?? uri.contains(prefix)
        return isThere && uri.hasSuffix("/oauth2/callback")
      case .unknown: return true
      }
    }
  }

  /// For messages: `http://localhost:PORT/callback`.
  package func shown(server: String, at installation: String? = nil) -> String {
    switch self {
    case .loopback(let host, _, let path, _, _): "http://\(host):PORT\(path)"
    case .fixed(let uris): uris.joined(separator: ", ")
    case .hosted(let path): "https://HOST" + path.replacing("{server}", with: server)
    case .hostedWithID(let prefix): "\(installation ?? "https://HOST")\(prefix)ID/oauth2/callback"
    case .unknown: "not known"
    }
  }
}
