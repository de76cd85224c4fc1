import MCPAuthCore

/// The server URLs under which a credential helper stores values of mcpauth (SecretStores#Helper). Each part must match its pattern, so that no
/// part needs escaping. A part that begins with a dot is neither a lineage nor a server.
enum HelperURL {
  private static let base = "https://mcpauth/"
  private static let stored = base + ".stored/"

  /// `https://mcpauth/<lineage>/NAME/<version>`; nil when a part does not match its pattern.
  static func record(lineage: String, server: String, version: String) -> String? {
    guard RecordName.isVersion(lineage), RecordName.isServer(server), RecordName.isVersion(version) else { return nil }
    return "\(base)\(lineage)/\(server)/\(version)"
  }

  /// The reverse of `record`, for one lineage; nil for every other URL in the helper.
  static func parse(_ url: String, lineage: String) -> (server: String, version: String)? {
    let prefix = "\(base)\(lineage)/"
    guard url.hasPrefix(prefix) else { return nil }
    let parts = url.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, RecordName.isServer(parts[0]), RecordName.isVersion(parts[1]) else { return nil }
    return (parts[0], parts[1])
  }

  /// `https://mcpauth/<lineage>/.orphans/<hash>`
  static func orphan(lineage: String, issuer: String, clientID: String) -> String? {
    orphan(lineage: lineage, named: RecordName.hash(issuer: issuer, clientID: clientID))
  }

  static func orphan(lineage: String, named name: String) -> String? {
    guard RecordName.isVersion(lineage), RecordName.isHash(name) else { return nil }
    return "\(base)\(lineage)/.orphans/\(name)"
  }

  /// The hash in an orphan's URL, for one lineage.
  static func orphanName(of url: String, lineage: String) -> String? {
    let prefix = "\(base)\(lineage)/.orphans/"
    guard url.hasPrefix(prefix) else { return nil }
    let name = String(url.dropFirst(prefix.count))
    return RecordName.isHash(name) ? name : nil
  }

  /// `https://mcpauth/.stored/KEY`, without a lineage: values are set before a lineage exists. They belong to the user, as the helper does.
  static func stored(_ key: String) -> String? { RecordName.isServer(key) ? stored + key : nil }

  static func storedKey(of url: String) -> String? {
    guard url.hasPrefix(stored) else { return nil }
    let key = String(url.dropFirst(stored.count))
    return RecordName.isServer(key) ? key : nil
  }

  static func proof() -> String { "\(base).proof/\(RandomName.hex(bytes: 8))" }

  /// The client ID, where it is safe: helpers use the username in file names. Any other text from a server is not used.
  static func username(_ clientID: String) -> String {
    let isHarmless =
      (1...128).contains(clientID.utf8.count) && clientID.utf8.first != UInt8(ascii: ".")
      && clientID.utf8.first != UInt8(ascii: "-")
      && clientID.utf8.allSatisfy { $0.isASCIIAlphanumeric || "._-".utf8.contains($0) }
    return isHarmless ? clientID : nobody
  }

  static let nobody = "mcpauth"
}
