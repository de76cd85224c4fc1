internal import MCPAuthCore

/// The names of secrets for consumers (Consumers#Names).
enum ExportNames {
  /// `MCPAUTH_LINEAR_CLIENT_SECRET`.
  static func clientSecret(of server: String) -> String { variable(server, "client_secret") }

  /// `MCPAUTH_SEARCH_API_KEY`.
  static func apiKey(of server: String) -> String { variable(server, "api_key") }

  /// `MCPAUTH_LEGACY_AUTHORIZATION`.
  static func header(_ header: String, of server: String) -> String { variable(server, header) }

  /// The name of the server's Kubernetes Secret: `mcpauth-linear`.
  ///
  /// A DNS-1123 subdomain: between dots there are letters and digits, with `-` only inside.
  static func kubernetes(_ server: String) -> String {
    let name = server.replacing("_", with: "-")
    if isSubdomain("mcpauth-" + name) { return "mcpauth-" + name }
    var plain = name.replacing(".", with: "-")
    while plain.hasSuffix("-") { plain.removeLast() }
    return "mcpauth-" + plain
  }

  private static func variable(_ server: String, _ what: String) -> String {
    "MCPAUTH_" + upperCase(server) + "_" + upperCase(what)
  }

  /// In upper case, with `_` for everything except letters and digits. Names of servers and headers are ASCII.
  private static func upperCase(_ text: String) -> String {
    String(
      decoding: text.utf8.map { byte -> UInt8 in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte & 0xDF
        default: UInt8(ascii: "_")
        }
      }, as: UTF8.self)
  }

  /// A DNS-1123 subdomain of at most 253 characters: labels with letters and digits at both ends.
  static func isSubdomain(_ name: String) -> Bool {
    name.utf8.count <= 253
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        guard let first = label.utf8.first, let last = label.utf8.last else { return false }
        return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
          && label.utf8.allSatisfy { $0.isASCIIDigit || $0.isASCIILowercase || $0 == UInt8(ascii: "-") }
      }
  }

  /// - Parameter names: the exported name of each server, in the order of the inventory.
  /// - Throws: `export-name-collision` for the first two equal names.
  static func refuseCollision(_ names: [(server: ExportedServer, name: String)]) throws(Diagnostic) {
    var owners: [String: ExportedServer] = [:]
    for (server, name) in names {
      if let other = owners[name] {
        let servers =
          other.name == server.name ? "two secrets of '\(server.name)'" : "'\(other.name)' and '\(server.name)'"
        throw Diagnostic(
          .error, .exportNameCollision, "\(servers) would both be '\(name)'", at: server.location,
          help: [
            "rename one of them; moved_from keeps a server's client", "or export them separately, with --only NAME",
          ])
      }
      owners[name] = server
    }
  }
}
