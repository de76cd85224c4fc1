import MCPAuthCore
import MCPAuthPlan

/// The keys of one inventory in etcd (Reliability#Keys). Names of servers, versions and hashes hold no slash.
struct EtcdKeys: Sendable {
  /// Without a slash at the end.
  let prefix: String

  enum Folder: String, Sendable, CaseIterable {
    case entries, intents, claims, issuers, runners, orphans, deletions, secrets, stored, proofs
    case orphanSecrets = "orphan-secrets"
  }

  /// Folders of which keys are deleted all the time. Each has few keys.
  static let brief: [Folder] = [.claims, .deletions, .intents, .issuers, .proofs, .runners]

  /// All keys of the inventory begin with it.
  var everything: String { prefix + "/" }

  /// All keys. Secrets are read when they are needed, so they are without their values.
  var spans: [EtcdSpan] {
    let (orphans, secrets) = (folder(.orphanSecrets), folder(.secrets))
    // `0` is the character after the slash.
    let (afterOrphans, end) = (prefix + "/orphan-secrets0", prefix + "0")
    return [
      EtcdSpan(from: everything, to: orphans), EtcdSpan(from: orphans, to: afterOrphans, keysOnly: true),
      EtcdSpan(from: afterOrphans, to: secrets), EtcdSpan(from: secrets, to: end, keysOnly: true),
    ]
  }
  var meta: String { prefix + "/meta" }
  /// The command of an exec store.
  var secretsCommand: String { prefix + "/secrets-command" }
  var recipients: String { prefix + "/recipients" }

  /// The folder of a key and its name there. The folder is empty for a key beside the folders.
  func split(_ key: String) -> (folder: Substring, name: Substring) {
    let rest = key.dropFirst(prefix.utf8.count + 1)
    guard let slash = rest.firstIndex(of: "/") else { return (rest.prefix(0), rest) }
    return (rest[..<slash], rest[rest.index(after: slash)...])
  }

  func folder(_ folder: Folder) -> String { prefix + "/" + folder.rawValue + "/" }
  func entry(_ server: String) -> String { folder(.entries) + server }
  func intent(_ server: String) -> String { folder(.intents) + server }
  func claim(_ server: String) -> String { folder(.claims) + server }
  func runner(_ id: String) -> String { folder(.runners) + id }
  func record(_ server: String, _ version: String) -> String { folder(.secrets) + server + "/" + version }
  func orphanRecord(_ name: String) -> String { folder(.orphanSecrets) + name }
  func stored(_ key: String) -> String { folder(.stored) + key }
  func issuer(_ issuer: String, slot: Int) -> String {
    folder(.issuers) + Fingerprint.of(Array(issuer.utf8)) + "/\(slot)"
  }

  /// An orphan is known by what `Orphan.isAbout(sameAs:)` compares.
  func orphan(_ orphan: Orphan) -> String { folder(.orphans) + Self.id(of: orphan) }
  func deletion(_ issuer: String, _ clientID: String) -> String {
    folder(.deletions) + RecordName.hash(issuer: issuer, clientID: clientID)
  }

  private static func id(of orphan: Orphan) -> String {
    let parts: [JSON] = [
      .string(orphan.server), .string(orphan.issuer), .string(orphan.clientID ?? ""),
      .string(orphan.clientID == nil ? orphan.since.rfc3339 : ""),
    ]
    return Fingerprint.of(.array(parts))
  }
}
