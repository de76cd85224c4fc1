internal import MCPAuthCore

/// Text that a consumer replaces within the values that it reads: names of variables, files or commands.
struct ExportExpansion: Sendable, Equatable {
  /// The text that begins such a name.
  var opener: String
  /// Whether a name or a brace must follow: `$HOME` is replaced, the `$` in `a$` is not.
  var needsName = false

  func isIn(_ text: String) -> Bool {
    // Compares bytes, because the opener may be part of the same Character as the scalar before or after it.
    let (bytes, head) = (Array(text.utf8), Array(opener.utf8))
    return bytes.indices.contains { start in
      let rest = bytes[start...]
      guard rest.starts(with: head) else { return false }
      guard needsName else { return true }
      guard let next = rest.dropFirst(head.count).first else { return false }
      return next == UInt8(ascii: "_") || next == UInt8(ascii: "{") || next.isASCIIAlphanumeric
    }
  }
}

extension ExportTarget {
  /// The expansions that the consumer's documentation describes (Consumers#Text-that-a-consumer-replaces). No consumer in this table documents an
  /// escape for such a text. Terraform does: `HCLText` escapes `${` and `%{`.
  var expansions: [ExportExpansion] {
    switch self {
    // Variables of the environment, and placeholders for the user.
    case .librechat: [.init(opener: "${"), .init(opener: "{{")]
    case .claudeCode: [.init(opener: "${")]
    // Variables of the environment, and also inputs, settings and commands of the editor.
    case .vscode, .cursor: [.init(opener: "${")]
    case .gemini, .goose: [.init(opener: "$", needsName: true)]
    // Copilot CLI replaces `$NAME`, `${NAME}` and `${NAME:-default}` (copilot-cli#903), and it reads `.mcp.json` too.
    case .copilotCLI, .mcpJSON: [.init(opener: "$", needsName: true)]
    case .opencode: [.init(opener: "{env:"), .init(opener: "{file:")]
    case .litellm: [.init(opener: "os.environ/")]
    // The name of a secret in toolhive's own store.
    case .toolhive: [.init(opener: ",target=")]
    // python-dotenv replaces it in all kinds of quotes.
    case .dotenv: [.init(opener: "${")]
    case .coder, .coderTerraform, .codex, .kubernetes, .json: []
    }
  }

  /// - Returns: the text that the consumer would replace; nil if it reads the text unchanged.
  func replaced(in text: String) -> String? { expansions.first { $0.isIn(text) }?.opener }
}

extension ExportedServer {
  /// Every text that a target may write, for a target or a server, and the values of secrets.
  var texts: [(field: ExportField, name: String, text: String)] {
    var texts: [(field: ExportField, name: String, text: String)] = []
    func add(_ field: ExportField, _ values: [String?], as name: String? = nil) {
      for case let value? in values { texts.append((field, name ?? field.rawValue, value)) }
    }
    add(.url, [url])
    for header in headers {
      switch header.value {
      case .literal(let text): add(.headers, [text], as: "header \(header.name)")
      case .secret(let slot): add(.headers, [slot.value?.open()], as: "header \(header.name)")
      }
    }
    add(.displayName, [displayName])
    add(.summary, [summary])
    add(.iconURL, [iconURL])
    add(.toolAllowList, toolAllowList ?? [])
    add(.toolDenyList, toolDenyList ?? [])
    guard let client else { return texts }
    add(.clientID, [client.id])
    add(.clientSecret, [client.secret?.value?.open()])
    add(.authorizationEndpoint, [client.authorizationEndpoint])
    add(.tokenEndpoint, [client.tokenEndpoint])
    add(.registrationEndpoint, [client.registrationEndpoint])
    add(.revocationEndpoint, [client.revocationEndpoint])
    add(.tokenEndpointAuthMethod, [client.authMethod] + client.grantTypes)
    add(.issuer, [client.issuer])
    add(.metadataURL, [client.metadataURL])
    add(.resource, [client.resource])
    add(.scopes, client.scopes)
    add(.redirectURIs, client.redirectURIs)
    return texts
  }
}

extension Exporter {
  /// Leaves out servers with a text that the target would replace: a text of a server must not make a consumer read a file or a variable.
  func leavingOutReplaced(_ servers: [ExportedServer], _ warnings: inout [Diagnostic]) -> [ExportedServer] {
    servers.filter { server in
      for (field, name, text) in server.texts where options.target.held.contains(field) {
        guard let opener = options.target.replaced(in: text) else { continue }
        let isSecret = field == .clientSecret || field == .headers
        warnings.append(
          Diagnostic(
            .error, .exportUnsafe,
            "'\(server.name)' is left out: \(options.target.rawValue) replaces what begins with '\(opener)', and its \(name) contains that",
            at: server.location,
            help: isSecret && options.secrets == .inline && options.target.hasReferences
              ? ["export it as a reference: --secrets reference"] : []))
        return false
      }
      return true
    }
  }
}
