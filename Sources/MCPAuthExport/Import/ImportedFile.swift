package import MCPAuthCore
internal import MCPAuthPlan

/// The files that servers are imported from. The raw value is the word after `--from`.
package enum ImportFormat: String, Sendable, CaseIterable {
  case claudeCode = "claude-code"
  case vscode, cursor, codex, librechat, coder
  /// `server.json` of the MCP registry.
  case registry
}

/// A server of a consumer's file, as an inventory can have it.
package struct ImportedServer: Sendable {
  /// A value of the file that goes into the secret store.
  package struct StoredValue: Sendable {
    /// The key in the store, which the server refers to.
    package var key: String
    package var value: Secret
  }

  /// Its name in the file.
  package var source: String
  package var server: NewServer
  package var secrets: [StoredValue] = []
  /// What is different in the inventory, and what has to be done for it.
  package var notes: [String] = []
  package var line: Int?

  /// The variables that the server refers to.
  package var variables: [String] {
    let references: [SecretReference] =
      switch server.credentials {
      case .none: []
      case .apiKey(_, let value): [value]
      case .headers(let headers):
        headers.compactMap { header -> SecretReference? in
          guard case .reference(let reference) = header.value else { return nil }
          return reference
        }
      case .client(let client): client.secret.map { [$0] } ?? []
      }
    return references.compactMap { reference -> String? in
      guard case .env(let name) = reference else { return nil }
      return name
    }
  }
}

/// A server of the file that an inventory cannot have.
package struct LeftOutServer: Sendable, Equatable {
  package var source: String
  package var reason: String
  package var line: Int?

  package init(source: String, reason: String, line: Int?) {
    self.source = source
    self.reason = reason
    self.line = line
  }
}

/// The servers of a consumer's file.
package struct ImportedFile: Sendable {
  /// The greatest size of a file, in bytes.
  package static let limit = 16 << 20
  /// The most servers of a file.
  package static let maximumServers = 1000

  package var servers: [ImportedServer] = []
  package var leftOut: [LeftOutServer] = []

  /// - Parameter file: the path as the user gave it, for messages.
  /// - Throws: `import-unreadable` for a file that is not of the format.
  package init(_ bytes: [UInt8], as format: ImportFormat, file: String) throws(Diagnostic) {
    var reader = ConsumerReader(format: format, document: try ConsumerDocument(bytes, format, file: file))
    try reader.read()
    servers = reader.servers
    leftOut = reader.leftOut
  }
}

extension Diagnostic {
  static func importUnreadable(
    _ file: String, _ format: ImportFormat, _ problem: String, line: Int? = nil
  ) -> Diagnostic {
    let place = line.map { ", line \($0)" } ?? ""
    return Diagnostic(
      .error, .importUnreadable,
      "'\(ForeignText.printable(file))'\(place) cannot be read as a file of \(format.rawValue): \(problem)",
      help: [
        "correct it, or name its format: --from " + ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")
      ])
  }
}
