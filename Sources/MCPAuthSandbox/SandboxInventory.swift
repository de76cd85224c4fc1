/// A `servers.yaml` for a sandbox's servers.
public enum SandboxInventory {
  /// The text of the inventory.
  /// - Parameters:
  ///   - servers: as `Sandbox.url(_:)` takes them; nil: those that end with a client, the numbered ones, and those that need none.
  ///   - redirectURI: of the `client` block.
  public static func text(
    for sandbox: Sandbox, servers: [String]? = nil, redirectURI: String = "http://127.0.0.1:7777/callback/{server}"
  ) -> String {
    let servers =
      servers
      ?? sandbox.servers.filter { server in
        let kind = sandbox.site(server).kind
        return kind.endsWith == "client" || !kind.inventoryLines.isEmpty
      }
    var text = """
      version: 1

      client:
        name: Sandbox client
        redirect_uris:
          - "\(redirectURI)"
        metadata_url: \(sandbox.origin)/client.json

      servers:

      """
    for server in servers {
      let site = sandbox.site(server)
      text += "  \(server):\(site.kind.name == SandboxKind.numbered.name ? "" : "  # \(site.kind.summary)")\n"
      text += "    url: \(site.resource)\n"
      for line in site.kind.inventoryLines { text += "    \(site.template.fill(line))\n" }
    }
    return text
  }
}
