internal import MCPAuthCore
internal import MCPAuthYAML

/// The `client` block: the client metadata that mcpauth registers, before a server's overrides.
struct ClientBlock {
  var name = Setting<String>.absent
  var redirectURIs = Setting<RedirectURIs>.absent
  var metadataURL = Setting<String>.absent
  var consumers = Setting<[ConsumerUse]>.absent
  /// Keys that the block has with another spelling.
  var misspelled: Set<ClientKey> = []
  /// The metadata that no server can override. Its name and redirect URIs are those of the block, or empty.
  var base = ClientMetadata(clientName: "", redirectURIs: [])

  /// The metadata of the block alone; nil where it has no name or no redirect URIs.
  var metadata: ClientMetadata? {
    name.value == nil || base.redirectURIs.isEmpty ? nil : base
  }
}

/// `defaults`: any key of a server's `oauth2` block except secrets, plus `transport`.
struct DefaultsBlock {
  var transport: InventoryServer.Transport?
  let oauth2 = OAuth2Block()
}

extension InventoryContext {
  mutating func readClient(_ entry: YAMLEntry) -> ClientBlock? {
    guard let fields = fields(entry.value, called: "'client'", at: place(entry), as: ClientKey.self) else { return nil }
    var block = ClientBlock()
    block.misspelled = Self.misspelled(in: entry.value, as: ClientKey.self)
    block.name = setting(fields[.name], canUnset: false) { $0.text($1) }
    block.redirectURIs = setting(fields[.redirectURIs], canUnset: false) { $0.redirectURIs($1) }
    block.metadataURL = setting(fields[.metadataURL], canUnset: false) { $0.clientMetadataURL($1) }
    block.base.clientName = block.name.value ?? ""
    block.consumers = setting(fields[.consumers], canUnset: false) { $0.readConsumers($1) }
    block.base.redirectURIs =
      RedirectURIs(block.redirectURIs.value, adding: block.consumers.value ?? [])?.templates ?? []
    block.base.metadataURL = block.metadataURL.value
    block.base.clientURI = fields[.uri].flatMap { url($0)?.text }
    block.base.logoURI = fields[.logoURI].flatMap { url($0)?.text }
    block.base.tosURI = fields[.tosURI].flatMap { url($0)?.text }
    block.base.policyURI = fields[.policyURI].flatMap { url($0)?.text }
    block.base.contacts = fields[.contacts].flatMap { texts($0) } ?? []
    block.base.softwareID = fields[.softwareID].flatMap { text($0) }
    block.base.softwareVersion = fields[.softwareVersion].flatMap { text($0) }
    return block
  }

  /// MCP has deprecated HTTP with SSE since 2025-03-26.
  mutating func noteTransport(_ transport: InventoryServer.Transport, at mark: YAMLMark) {
    guard transport == .sse else { return }
    report(
      .transportDeprecated, "the transport sse is deprecated since MCP 2025-03-26", at: mark, severity: .warning,
      help: ["ask the provider for a URL with streamable HTTP, and leave transport out"])
  }

  mutating func readDefaults(_ entry: YAMLEntry) -> DefaultsBlock? {
    guard let fields = fields(entry.value, called: "'defaults'", at: place(entry), as: DefaultsKey.self) else {
      return nil
    }
    var block = DefaultsBlock()
    for (key, entry) in fields.present {
      switch key {
      case .transport:
        block.transport = choice(entry, InventoryServer.Transport.self)
        if let transport = block.transport { noteTransport(transport, at: place(entry)) }
      case .oauth2(let key):
        block.oauth2.read(key, entry, owner: nil, &self)
        guard key == .initialAccessToken || key == .softwareStatement else { continue }
        // A malicious server must not be able to send secrets to its own endpoint.
        report(
          .tokenWithoutIssuer,
          "'\(entry.name)' is not allowed in defaults: it would be sent to any endpoint that a server names",
          at: entry.mark,
          help: ["give it in the oauth2 block of each server, together with issuer or registration_endpoint"])
      }
    }
    return block
  }
}
