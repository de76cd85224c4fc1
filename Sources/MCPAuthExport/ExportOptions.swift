package import MCPAuthCore

/// The options of an export.
package struct ExportOptions: Sendable, Equatable {
  package var target: ExportTarget
  package var secrets: SecretHandling
  /// The servers to export; empty: all.
  package var only: Set<String>
  /// The file that is updated; nil: a new one is written.
  package var existing: [UInt8]?
  /// The name of that file, for messages.
  package var existingFile: String

  /// - Parameter secrets: how secrets are written; nil: the default of the target.
  package init(
    _ target: ExportTarget, secrets: SecretHandling? = nil, only: Set<String> = [], existing: [UInt8]? = nil,
    existingFile: String = "the file"
  ) {
    self.target = target
    self.secrets = secrets ?? .standard(for: target)
    self.only = only
    self.existing = existing
    self.existingFile = existingFile
  }
}

/// The result of an export.
package struct ExportResult: Sendable, Equatable {
  /// The whole text of the file.
  package var text: [UInt8]
  /// The text before, if a file is updated.
  package var updated: [UInt8]?
  /// The servers in it, in the order of the inventory.
  package var servers: [String]
  /// Information that needs no action, for example that a disabled server was left out.
  package var notes: [String]
  package var warnings: [Diagnostic]
  /// Whether a secret's value is in the text.
  package var holdsSecrets: Bool
}
