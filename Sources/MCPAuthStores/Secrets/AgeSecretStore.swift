import AgeFormat
package import MCPAuthCore

/// Secret records as age files beside the inventory, to be committed (SecretStores#Age): `<stem>.secrets/NAME.<version>.age`, ASCII armor.
///
/// Every user of the inventory can write records. An identity is needed only to read them. The files are ciphertext that all users may read: 0644,
/// in folders of 0755. A git checkout would use these modes in any case.
package typealias AgeSecretStore = FileSecretStore<AgeCodec>

extension FileSecretStore<AgeCodec> {
  /// - Parameters:
  ///   - inventoryPath: as the user gave it.
  ///   - recipients: `age1…`, as in the inventory.
  ///   - location: the location of the store in the inventory.
  ///   - environment: the variables that give the identity.
  /// - Throws: `invalid-value` for a path that cannot be the path of an inventory, and for an invalid recipient or identity; `secret-unreadable`
  ///   for an identity file that cannot be read. Nothing else on the disk is read.
  package init(
    inventoryPath: String, recipients: [String], location: SourceLocation? = nil, environment: [String: String]
  ) throws(Diagnostic) {
    let place = try InventoryPlace(inventoryPath)
    self.init(
      folder: FolderPath(base: place.folder, below: [place.stem + ".secrets"]),
      codec: try AgeCodec(recipients: recipients, location: location, environment: environment), disk: .real)
  }

  /// The same store, only for reading with the identities that are available. It is used when the inventory no longer names the recipients.
  ///
  /// - Throws: `secret-unreadable` where there is no identity; otherwise the same errors as the other initializer.
  package init(inventoryPath: String, readingWith environment: [String: String]) throws(Diagnostic) {
    let codec = try AgeCodec(readingWith: environment)
    let place = try InventoryPlace(inventoryPath)
    self.init(
      folder: FolderPath(base: place.folder, below: [place.stem + ".secrets"]), codec: codec, disk: .real)
  }
}

/// Records that are encrypted to the inventory's recipients.
package struct AgeCodec: RecordCodec {
  let recipients: [AgeRecipient]
  /// If there is none, the store can only write.
  let identities: [AgeIdentity]

  package var store: String { "age" }
  package var ending: String { RecordName.age.ending }
  package var fileMode: UInt32 { 0o644 }
  package var folderMode: UInt32 { 0o755 }
  package var isPrivate: Bool { false }
  package var canRead: Bool { !identities.isEmpty }
  package var help: [String] { ["restore it from version control"] }

  static let identityHelp = [
    "set \(AgeIdentitySource.key) to the secret key, or \(AgeIdentitySource.file) to a file that holds it"
  ]

  /// Only for reading, with the identities that are available.
  init(readingWith environment: [String: String]) throws(Diagnostic) {
    let identities = try AgeIdentitySource(environment).identities()
    guard !identities.isEmpty else {
      throw Diagnostic(
        .error, .secretUnreadable, "the age store cannot be read here: there is no identity",
        help: Self.identityHelp)
    }
    self.init(recipients: identities.map(\.recipient), identities: identities)
  }

  init(recipients: [AgeRecipient], identities: [AgeIdentity]) {
    self.recipients = recipients
    self.identities = identities
  }

  init(
    recipients texts: [String], location: SourceLocation?, environment: [String: String]
  ) throws(Diagnostic) {
    var recipients: [AgeRecipient] = []
    for (index, text) in texts.enumerated() {
      do throws(AgeProblem) {
        let recipient = try AgeRecipient(text)
        if !recipients.contains(recipient) { recipients.append(recipient) }
      } catch {
        // The text may be a secret key that was pasted into the wrong place. It is never shown.
        throw Diagnostic(
          .error, .invalidValue, "recipient \(index + 1) of the age store: \(error.message)", at: location,
          help: ["mcpauth secrets keygen prints an identity and its recipient"])
      }
    }
    guard (1...AgeLimits.stanzas).contains(recipients.count) else {
      throw Diagnostic(
        .error, .invalidValue, "the age store: \(AgeProblem.recipientCount(recipients.count).message)", at: location,
        help: ["mcpauth secrets keygen prints an identity and its recipient"])
    }
    self.init(recipients: recipients, identities: try AgeIdentitySource(environment).identities())
  }

  package func encode(_ plain: [UInt8]) throws(CodecProblem) -> [UInt8] {
    do throws(AgeProblem) {
      return try AgeEncryptor.encrypt(plain, to: recipients, armored: true)
    } catch {
      throw CodecProblem(message: error.message)
    }
  }

  package func decode(_ stored: [UInt8]) throws(CodecProblem) -> [UInt8] {
    guard canRead else {
      throw CodecProblem(
        message:
          "it is encrypted, and there is no identity: neither \(AgeIdentitySource.key) nor \(AgeIdentitySource.file) is set",
        help: Self.identityHelp)
    }
    do throws(AgeProblem) {
      // Only armored files are accepted. A file that mcpauth did not write is not used as a record.
      return try AgeDecryptor.decrypt(stored, with: identities, as: .armored)
    } catch .noIdentityMatched {
      throw CodecProblem(
        message: AgeProblem.noIdentityMatched.message,
        help: [
          "set \(AgeIdentitySource.key) or \(AgeIdentitySource.file) to an identity of one of the recipients in the inventory"
        ],
        isOfIdentity: true)
    } catch {
      throw CodecProblem(message: error.message)
    }
  }
}
