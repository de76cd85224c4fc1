import MCPAuthCore

/// Which proxy a URL goes through, by the environment.
struct ProxyRules: Sendable {
  init(_ environment: [String: String]) throws(Diagnostic) {}
  func proxy(for url: CheckedURL) -> Proxy? { nil }
}
