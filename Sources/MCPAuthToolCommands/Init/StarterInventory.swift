import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolRendering

/// The inventory that `mcpauth init` writes: valid, and without a server.
struct StarterInventory: Sendable {
  /// The copy of the schema beside the inventory. An editor finds it in each clone, without a network.
  static let schemaFile = "servers.schema.json"
  static let schemaReference = "$schema=\(schemaFile)"

  var name = InspectedClientOptions.name
  var redirectURIs = [InspectedClientOptions.redirectURI]
  var secrets = SecretsSettings()

  var text: String {
    """
    # yaml-language-server: \(Self.schemaReference)
    # The MCP servers that need OAuth clients. All keys: mcpauth schema servers
    version: 1

    # What is registered at authorization servers.
    client:
      # Users see this name when they consent.
      name: \(PastedText.yaml(name))
      # The address that users return to. {server} becomes the name of the server.
      redirect_uris:
    \(redirectLines)

    \(secretsComment)
    \(SecretMovePage.block(secrets))

    # The servers. A server that registers clients needs only its URL. In place of {}:
    #
    # servers:
    #   linear:
    #     url: https://mcp.linear.app/mcp
    servers: {}

    """
  }

  private var redirectLines: String {
    redirectURIs.map { "    - " + PastedText.yaml($0) }.joined(separator: "\n")
  }

  private var secretsComment: String {
    switch secrets.store {
    case .age:
      """
      # Generated secrets are encrypted to these public keys, and committed in servers.secrets/. To read them, the
      # private key is needed: in MCPAUTH_AGE_KEY, or in a file that MCPAUTH_AGE_KEY_FILE names. Never commit it.
      """
    case .directory, .etcd:
      "# Generated secrets are in this folder, readable by its owner only. They are not committed."
    case .kv2:
      """
      # Generated secrets are kept in this KV version 2 engine of OpenBao or Vault. Without a terminal its credential is
      # sent there only if MCPAUTH_STORE_ADDRESSES names the address. In a CI job, log in with jwt or approle instead.
      """
    case .helper:
      """
      # Generated secrets are kept by this docker credential helper. Without a terminal it runs only if
      # MCPAUTH_STORE_PROGRAMS names it.
      """
    case .exec:
      """
      # Generated secrets are kept by this program. Without a terminal it runs only if MCPAUTH_STORE_PROGRAMS names it.
      """
    }
  }

  /// Why a program cannot be the first word of `secrets.command`; nil: it can.
  static func problem(ofCommand program: String) -> String? {
    if SecretsSettings.isStoreProgram(program) { return nil }
    return "a store program is called mcpauth-store- and letters, digits, '_' and '-'"
  }

  /// Why a text cannot be in the inventory at all; nil: it can.
  static func problem(of text: String) -> String? {
    if text.isEmpty { return "it is empty" }
    return text.unicodeScalars.contains(where: ForeignText.isHarmful) ? "it has a control character" : nil
  }

  /// What is wrong with the values, as the reader of inventories says it; without a place, because the file does not exist yet.
  func problems(in context: ToolContext) -> [Diagnostic] {
    let variables = InventoryVariables(environment: [:])
    switch context.readInventory(Array(text.utf8), Inventory.defaultFile, variables) {
    case .success: return []
    case .failure(let mistakes): return mistakes.withoutPlaces
    }
  }
}
