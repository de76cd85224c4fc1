internal import MCPAuthCore

/// The names of variables that mcpauth suggests for secrets.
package enum SecretVariable {
  /// `LINEAR_CLIENT_SECRET`, or `MCP_GITHUB_CLIENT_SECRET` where the first name is reserved.
  ///
  /// - Parameters:
  ///   - field: what the secret is: `client_secret`, or the name of a header.
  ///   - owner: the server's name.
  package static func name(_ field: String, of owner: String) -> String {
    let words = owner + "-" + field
    let name = String(
      decoding: words.utf8.map { $0.isASCIIAlphanumeric ? upper($0) : UInt8(ascii: "_") }, as: UTF8.self)
    return usable(name)
  }

  /// The name itself, or with `MCP_` before it where a reference cannot use it.
  package static func usable(_ name: String) -> String {
    VariableExpansion.isName(name) && ReservedReference.problem(ofVariable: name) == nil ? name : "MCP_" + name
  }

  private static func upper(_ byte: UInt8) -> UInt8 { byte.isASCIILowercase ? byte - 0x20 : byte }
}
