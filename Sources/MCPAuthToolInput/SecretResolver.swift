package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthToolOutput

/// Reads the value of a secret reference when it is needed (InventoryReference#Values). No value is ever in a diagnostic.
package struct SecretResolver: Sendable {
  /// The greatest size of a `{file}` in bytes: a key, a token or a software statement.
  package static let limit = 1 << 16

  let environment: [String: String]
  /// The folder of the inventory; `{file}` is relative to it. Empty: the working directory.
  let folder: String
  let readFile: @Sendable (_ path: String, _ limit: Int) throws(BoundedFile.Problem) -> [UInt8]
  /// Resolves a path to an absolute one without links.
  let realPath: @Sendable (_ path: String) -> String
  /// Real paths of the files and folders in which mcpauth itself keeps secrets.
  let keptApart: [String]
  /// Reads a stored secret of the inventory's secret store.
  let readStored: @Sendable (_ key: String) async throws(Diagnostic) -> Secret

  package init(
    environment: [String: String], folder: String,
    readFile: @escaping @Sendable (_ path: String, _ limit: Int) throws(BoundedFile.Problem) -> [UInt8],
    realPath: @escaping @Sendable (_ path: String) -> String, keptApart: [String],
    readStored: @escaping @Sendable (_ key: String) async throws(Diagnostic) -> Secret
  ) {
    self.environment = environment
    self.folder = folder
    self.readFile = readFile
    self.realPath = realPath
    self.keptApart = keptApart
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

  private func problem(of resolved: String) -> String? {
    keptApart.contains { resolved == $0 || resolved.hasPrefix($0 + "/") } ? "mcpauth itself keeps secrets there" : nil
  }

  private func fileSecret(_ path: String) throws(Diagnostic) -> Secret {
    let shown = Printable.line(path)
    // A link, or `..`, may lead to a file that a reference must not name.
    let resolved = realPath(FilePath.resolve(path, in: folder))
    if let problem = ReservedReference.problem(ofFile: resolved) ?? problem(of: resolved) {
      throw Diagnostic(
        .error, .referenceRefused, "the secret file '\(shown)' is not read: \(problem)",
        help: ["keep the secret in a file of its own"])
    }
    let bytes: [UInt8]
    do throws(BoundedFile.Problem) {
      bytes = try readFile(resolved, Self.limit)
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
