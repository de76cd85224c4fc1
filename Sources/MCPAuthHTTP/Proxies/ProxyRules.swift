import MCPAuthCore

/// Which proxy a URL goes through, by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (InventoryReference#Network).
///
/// Follows curl: a lower-case variable has priority over the upper-case one, an empty value counts as not set, and only `NO_PROXY` exempts
/// a host. Loopback hosts have no exemption either.
struct ProxyRules: Sendable {
  private let secure: Proxy?
  private let plain: Proxy?
  private let exceptions: [Exception]

  /// - Throws: `invalid-value` for an invalid proxy URL. An invalid entry of `NO_PROXY` matches nothing.
  init(_ environment: [String: String]) throws(Diagnostic) {
    func proxy(_ name: String) throws(Diagnostic) -> Proxy? {
      for variable in [name.lowercased(), name] {
        if let value = environment[variable], !value.isEmpty { return try Proxy(value, variable: variable) }
      }
      return nil
    }
    secure = try proxy("HTTPS_PROXY")
    plain = try proxy("HTTP_PROXY")
    let list = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    exceptions = list.split { $0 == "," || $0.isWhitespace }.compactMap(Exception.init)
  }

  /// nil: a direct connection to the host.
  func proxy(for url: CheckedURL) -> Proxy? {
    guard let proxy = url.isSecure ? secure : plain else { return nil }
    let address = HostName.address(url.host)
    return exceptions.contains { $0.matches(url, address: address) } ? nil : proxy
  }

  /// An entry of `NO_PROXY`.
  private struct Exception {
    private enum Hosts {
      case all
      case network(IPNetwork)
      /// The name itself and all names under it.
      case suffix(String)
    }

    private let hosts: Hosts
    private let port: Int?

    /// `*`, `example.com`, `.example.com`, `10.0.0.0/8`, `[fd00::]/8`, `::1`. All except networks may have a `:port`.
    init?(_ entry: Substring) {
      let text = entry.lowercased()
      if text == "*" {
        (hosts, port) = (.all, nil)
        return
      }
      let bare = text.filter { $0 != "[" && $0 != "]" }
      let isNetwork = text.contains("/") || text.filter { $0 == ":" }.count > 1 && !text.contains("]:")
      if isNetwork {
        guard let network = IPNetwork(bare) else { return nil }
        (hosts, port) = (.network(network), nil)
        return
      }
      guard let (host, port) = Proxy.hostAndPort(text[...]) else { return nil }
      self.port = port
      if let network = IPNetwork(host) {
        hosts = .network(network)
      } else {
        let name = HostName.canonical(host.hasPrefix("*.") ? String(host.dropFirst(2)) : host)
        let suffix = name.hasPrefix(".") ? String(name.dropFirst()) : name
        guard !suffix.isEmpty else { return nil }
        hosts = .suffix(suffix)
      }
    }

    func matches(_ url: CheckedURL, address: IPAddress?) -> Bool {
      if let port, port != url.port { return false }
      switch hosts {
      case .all: return true
      case .network(let network): return address.map(network.contains) ?? false
      case .suffix(let suffix):
        let host = HostName.canonical(url.host)
        return host == suffix || host.hasSuffix("." + suffix)
      }
    }
  }
}
