package import AgeFormat
package import MCPAuthCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the identity of an age store comes from (SecretStores#Age): `MCPAUTH_AGE_KEY`, which holds the key itself or the text of an identity file;
/// otherwise the file that `MCPAUTH_AGE_KEY_FILE` names.
package struct AgeIdentitySource: Sendable {
  package static let key = "MCPAUTH_AGE_KEY"
  package static let file = "MCPAUTH_AGE_KEY_FILE"

  private let environment: [String: String]

  package init(_ environment: [String: String]) {
    self.environment = environment
  }

  /// - Returns: an empty list where neither variable has a value. In a CI job that may not see a secret, the variable is empty.
  /// - Throws: `invalid-value` for text that is not an identity; `secret-unreadable` for a file that cannot be read. The message contains nothing
  ///   of the text.
  package func identities() throws(Diagnostic) -> [AgeIdentity] {
    if let text = environment[Self.key], text.contains(where: { !$0.isWhitespace }) {
      return try Self.parse(Array(text.utf8), from: Self.key)
    }
    guard let path = environment[Self.file], !path.isEmpty else { return [] }
    let from = "\(Self.file) ('\(ForeignText.printable(path, limit: 256))')"
    return try Self.parse(try Self.read(path, from: from), from: from)
  }

  private static func parse(_ bytes: [UInt8], from source: String) throws(Diagnostic) -> [AgeIdentity] {
    do throws(AgeProblem) {
      return try AgeIdentityFile.parse(bytes)
    } catch {
      throw Diagnostic(
        .error, .invalidValue, "\(source): \(error.message)",
        help: ["it must have what mcpauth secrets keygen or age-keygen printed: AGE-SECRET-KEY-1…"])
    }
  }

  /// Links are followed, and a pipe is allowed: the user gave the path, and `<(pass show key)` is a useful value.
  private static func read(_ path: String, from source: String) throws(Diagnostic) -> [UInt8] {
    func failed(_ why: String) -> Diagnostic {
      Diagnostic(
        .error, .secretUnreadable, "\(source) cannot be read: \(why)",
        help: ["without an identity everything works that reads no secret: unset the variable"])
    }
    guard !path.utf8.contains(0) else { throw failed("it is not a path") }
    let raw = retrying { open(path, O_RDONLY | O_CLOEXEC) }
    guard raw >= 0 else { throw failed(FileProblem.last(path).explanation) }
    let descriptor = Descriptor(raw, path: path)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= AgeLimits.identityFile {
      let count = chunk.withUnsafeMutableBytes { systemRead(descriptor.raw, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failed(FileProblem.last(path).explanation)
      }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}

/// `read(2)`. Inside the type, the method with the same name hides the function.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
