import MCPAuthCore

/// The paths under which a program stores values of mcpauth (SecretStores#Helper, SecretStores#Exec). Each part must match its pattern, so that no
/// part needs escaping. A part that begins with a dot is neither a lineage nor a server.
enum RecordPath {
  private static let stored = ".stored/"

  /// `<lineage>/NAME/<version>`; nil when a part does not match its pattern.
  static func record(lineage: String, server: String, version: String) -> String? {
    guard RecordName.isVersion(lineage), RecordName.isServer(server), RecordName.isVersion(version) else { return nil }
    return "\(lineage)/\(server)/\(version)"
  }

  /// The reverse of `record`, for one lineage; nil for every other path.
  static func parse(_ path: String, lineage: String) -> (server: String, version: String)? {
    let prefix = "\(lineage)/"
    guard path.hasPrefix(prefix) else { return nil }
    let parts = path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, RecordName.isServer(parts[0]), RecordName.isVersion(parts[1]) else { return nil }
    return (parts[0], parts[1])
  }

  /// `<lineage>/.orphans/<hash>`
  static func orphan(lineage: String, issuer: String, clientID: String) -> String? {
    orphan(lineage: lineage, named: RecordName.hash(issuer: issuer, clientID: clientID))
  }

  static func orphan(lineage: String, named name: String) -> String? {
    guard RecordName.isVersion(lineage), RecordName.isHash(name) else { return nil }
    return "\(lineage)/.orphans/\(name)"
  }

  /// The hash in an orphan's path, for one lineage.
  static func orphanName(of path: String, lineage: String) -> String? {
    let prefix = "\(lineage)/.orphans/"
    guard path.hasPrefix(prefix) else { return nil }
    let name = String(path.dropFirst(prefix.count))
    return RecordName.isHash(name) ? name : nil
  }

  /// `.stored/KEY`, without a lineage: values are set before a lineage exists. They belong to the user, as the program does.
  static func stored(_ key: String) -> String? { RecordName.isServer(key) ? stored + key : nil }

  static func storedKey(of path: String) -> String? {
    guard path.hasPrefix(stored) else { return nil }
    let key = String(path.dropFirst(stored.count))
    return RecordName.isServer(key) ? key : nil
  }

  static func proof() -> String { ".proof/\(RandomName.hex(bytes: 8))" }
}
