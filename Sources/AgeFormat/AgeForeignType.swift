/// Types of recipients, identities and stanzas that exist but that mcpauth does not support. The error message names the type.
package enum AgeForeignType: String, Sendable, Equatable, CaseIterable {
  case scrypt
  case mlkem768x25519
  case p256tag
  case mlkem768p256tag
  case sshEd25519 = "ssh-ed25519"
  case sshRSA = "ssh-rsa"
  case pivP256 = "piv-p256"
  /// A key of a plugin (`age1NAME1…`, `AGE-PLUGIN-…`).
  case plugin
  /// An identity file that is encrypted.
  case encryptedIdentity = "encrypted identity"
  /// A PEM private key.
  case pem = "PEM"

  package var name: String {
    switch self {
    case .scrypt: "scrypt (a passphrase)"
    case .mlkem768x25519: "mlkem768x25519 (hybrid, post-quantum)"
    case .p256tag, .mlkem768p256tag: "\(rawValue) (a hardware key)"
    case .sshEd25519, .sshRSA: "\(rawValue) (an SSH key)"
    case .pivP256: "piv-p256 (a YubiKey)"
    case .plugin: "a plugin's key"
    case .encryptedIdentity: "an encrypted identity file"
    case .pem: "a PEM private key"
    }
  }

  /// Detects the type by the first argument of a stanza.
  init?(stanza argument: [UInt8]) {
    let stanzas: [AgeForeignType] = [
      .scrypt, .mlkem768x25519, .p256tag, .mlkem768p256tag, .sshEd25519, .sshRSA, .pivP256,
    ]
    guard let type = stanzas.first(where: { argument.elementsEqual($0.rawValue.utf8) }) else { return nil }
    self = type
  }

  /// Detects the type by the beginning of a text that was given as a recipient.
  init?(recipient text: String) {
    let prefixes: [(String, AgeForeignType)] = [
      ("age1pq1", .mlkem768x25519), ("age1tag1", .p256tag), ("age1tagpq1", .mlkem768p256tag),
      ("ssh-ed25519 ", .sshEd25519), ("ssh-rsa ", .sshRSA), ("age1yubikey1", .pivP256),
    ]
    if let known = prefixes.first(where: { text.hasPrefix($0.0) }) {
      self = known.1
    } else if text.hasPrefix("age1"), text.dropFirst(4).contains("1") {
      // The data of bech32 never contains `1`, so the part before the last `1` is a name.
      self = .plugin
    } else {
      return nil
    }
  }

  /// Detects the type by the beginning of a text that was given as an identity.
  init?(identity text: String) {
    let prefixes: [(String, AgeForeignType)] = [
      ("AGE-SECRET-KEY-PQ-1", .mlkem768x25519), ("AGE-PLUGIN-", .plugin), ("age-encryption.org/", .encryptedIdentity),
      ("-----BEGIN AGE ENCRYPTED FILE", .encryptedIdentity), ("-----BEGIN ", .pem),
    ]
    guard let known = prefixes.first(where: { text.hasPrefix($0.0) }) else { return nil }
    self = known.1
  }
}
