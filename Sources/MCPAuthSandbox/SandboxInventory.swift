/// A `servers.yaml` for a sandbox's servers.
public enum SandboxInventory {
  /// The text of the inventory for a running sandbox.
  /// - Parameters:
  ///   - servers: names as `Sandbox.url(_:)` accepts them. nil: the servers that give a client, the numbered ones, and those that need no client.
  ///   - redirectURI: the redirect URI of the `client` block.
  public static func text(
    for sandbox: Sandbox, servers: [String]? = nil, redirectURI: String = "http://127.0.0.1:7777/callback/{server}"
  ) -> String {
    text(
      (servers ?? sandbox.servers).map { ($0, sandbox.site($0)) }, all: servers != nil, origin: sandbox.origin,
      redirectURI: redirectURI)
  }

  /// The same text for a sandbox that will be started with this configuration and port.
  /// - Parameters:
  ///   - port: must not be 0.
  ///   - all: also includes the kinds that do not give a client.
  public static func text(
    for configuration: SandboxConfiguration, port: Int, all: Bool = false,
    redirectURI: String = "http://127.0.0.1:7777/callback/{server}"
  ) -> String {
    let origin = "http://127.0.0.1:\(port)"
    let kinds = configuration.kinds.map { kind in
      let own = kind.home == .ownOrigin ? Sandbox.ownPort(of: kind.name, from: port) : nil
      return (kind.name, Site(kind: kind, origin: own.map { "http://127.0.0.1:\($0)" } ?? origin))
    }
    let numbers = configuration.numbers.map { ("n-" + $0, Site(kind: .numbered, origin: origin, number: $0)) }
    return text(kinds + numbers, all: all, origin: origin, redirectURI: redirectURI)
  }

  private static func text(_ servers: [(name: String, site: Site)], all: Bool, origin: String, redirectURI: String)
    -> String
  {
    var text = """
      version: 1

      client:
        name: Sandbox client
        redirect_uris:
          - "\(redirectURI)"
        metadata_url: \(origin)/client.json

      servers:

      """
    for (name, site) in servers {
      let kind = site.kind
      guard all || kind.endsWith == "client" || !kind.inventoryLines.isEmpty else { continue }
      text += "  \(name):\(kind.name == SandboxKind.numbered.name ? "" : "  # \(kind.summary)")\n"
      text += "    url: \(site.resource)\n"
      for line in kind.inventoryLines { text += "    \(site.template.fill(line))\n" }
    }
    return text
  }
}
