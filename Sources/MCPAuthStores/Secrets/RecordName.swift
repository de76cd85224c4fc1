import MCPAuthCore
import MCPAuthPlan

/// The names of a secret store's files (SecretStores#Names-and-folders). Text that does not match its pattern never becomes part of a path.
struct RecordName: Sendable {
  /// For example `.json`.
  let ending: String

  static let json = RecordName(ending: ".json")
  static let age = RecordName(ending: ".age")

  /// `NAME.<version>.json`; nil when either part does not match its pattern.
  func file(server: String, version: String) -> String? {
    Self.isServer(server) && Self.isVersion(version) ? "\(server).\(version)\(ending)" : nil
  }

  /// The reverse of `file(server:version:)`. A server's name may contain dots: the version is the part after the last dot. nil for any other file.
  func parse(_ file: String) -> (server: String, version: String)? {
    guard file.hasSuffix(ending) else { return nil }
    let stem = file.dropLast(ending.count)
    guard let dot = stem.lastIndex(of: ".") else { return nil }
    let server = String(stem[..<dot])
    let version = String(stem[stem.index(after: dot)...])
    return Self.isServer(server) && Self.isVersion(version) ? (server, version) : nil
  }

  /// `KEY.json` for a `{stored: KEY}`; nil when the key does not match its pattern.
  func file(storedKey key: String) -> String? { Self.isServer(key) ? key + ending : nil }

  func storedKey(of file: String) -> String? {
    guard file.hasSuffix(ending) else { return nil }
    let key = String(file.dropLast(ending.count))
    return Self.isServer(key) ? key : nil
  }

  func file(orphanOf issuer: String, clientID: String) -> String {
    Self.hash(issuer: issuer, clientID: clientID) + ending
  }

  /// The hash in the name of an orphan's file; nil for any other file.
  func orphanName(of file: String) -> String? {
    guard file.hasSuffix(ending) else { return nil }
    let name = String(file.dropLast(ending.count))
    return Self.isHash(name) ? name : nil
  }

  /// Whether the text has the form of a `hash` result.
  static func isHash(_ name: String) -> Bool {
    name.utf8.count == 64 && name.utf8.allSatisfy(RandomName.digits.contains)
  }

  /// Issuers and client IDs are text from servers and can have any length, so they are hashed. Neither contains NUL, so two different pairs never
  /// give the same input.
  static func hash(issuer: String, clientID: String) -> String {
    Fingerprint.of(Array(issuer.utf8) + [0] + Array(clientID.utf8))
  }

  static func isServer(_ name: String) -> Bool { ServerName.isValid(name) }

  /// `[A-Za-z0-9_-]{1,64}`: the ID of an intent.
  static func isVersion(_ version: String) -> Bool {
    (1...64).contains(version.utf8.count)
      && version.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == 0x5F || $0 == 0x2D }
  }
}
