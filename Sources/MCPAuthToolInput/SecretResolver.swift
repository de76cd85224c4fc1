package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthToolOutput

/// Reads the value of a secret reference when it is needed (InventoryReference#Values). No value is ever in a diagnostic.
package struct SecretResolver: Sendable {
  /// The greatest size of a `{file}` in bytes: a key, a token or a software statement.
  package static let limit = 1 << 16

  let environment: [String: String]
  /// Reads a file. It must not follow a link at the last component.
  let readFile: @Sendable (_ path: String, _ limit: Int) throws(BoundedFile.Problem) -> [UInt8]
  let files: SecretFileFinder
  /// Reads a stored secret of the inventory's secret store.
  let readStored: @Sendable (_ key: String) async throws(Diagnostic) -> Secret

  package init(
    environment: [String: String], files: SecretFileFinder,
    readFile: @escaping @Sendable (_ path: String, _ limit: Int) throws(BoundedFile.Problem) -> [UInt8],
    readStored: @escaping @Sendable (_ key: String) async throws(Diagnostic) -> Secret
  ) {
    self.environment = environment
    self.files = files
    self.readFile = readFile
    self.readStored = readStored
  }

  /// - Throws: `reference-refused`, `secret-missing`, `secret-unreadable`, `secret-mismatch`, `store-failed`.
  package func resolve(_ reference: SecretReference) async throws(Diagnostic) -> Secret {
    switch reference {
    case .env(let name): try environmentSecret(name)
    case .file(let path): try fileSecret(path)
    case .stored(let key): try await readStored(key)
    }
  }

  private func environmentSecret(_ name: String) throws(Diagnostic) -> Secret {
    guard let value = environment[name], !value.isEmpty else {
      let state = environment[name] == nil ? "not set" : "empty"
      throw Diagnostic(
        .error, .secretMissing, "the environment variable '\(Printable.line(name))' is \(state)",
        help: ["set it for this run, in CI as a secret of the job"])
    }
    return Secret(value)
  }

  private func fileSecret(_ path: String) throws(Diagnostic) -> Secret {
    let shown = Printable.line(path)
    let found = try files.find(path)
    let bytes: [UInt8]
    do throws(BoundedFile.Problem) {
      bytes = try readFile(found, Self.limit)
    } catch {
      throw Diagnostic(
        .error, error == .missing ? .secretMissing : .secretUnreadable,
        "the secret file '\(shown)' cannot be read: \(error.reason)",
        help: ["a {file} is relative to the inventory's folder"])
    }
    guard var text = String(validating: bytes, as: UTF8.self) else {
      throw Diagnostic(.error, .secretUnreadable, "the secret file '\(shown)' is not UTF-8 text")
    }
    // `echo secret > file` writes a line end that is not part of the secret. CR LF is one Character.
    if text.last?.isNewline == true { text.removeLast() }
    guard !text.isEmpty else {
      throw Diagnostic(.error, .secretMissing, "the secret file '\(shown)' is empty")
    }
    return Secret(text)
  }
}
