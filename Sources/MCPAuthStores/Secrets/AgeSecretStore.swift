import AgeFormat
package import MCPAuthCore

/// Secret records as age files beside the inventory, to be committed (SecretStores#Age): `<stem>.secrets/NAME.<version>.age`, ASCII armor.
///
/// Whoever has the inventory can write; an identity is needed only to read. The files are ciphertext for everybody to see: 0644, in
/// folders of 0755, as git makes them anew in any case.
package typealias AgeSecretStore = FileSecretStore<AgeCodec>

extension FileSecretStore<AgeCodec> {
  /// - Parameters:
  ///   - inventoryPath: as the user gave it.
  ///   - recipients: `age1…`, as in the inventory.
  ///   - location: of the store in the inventory.
  ///   - environment: where the identity comes from.
  /// - Throws: `invalid-value` for a path that cannot be an inventory's, a recipient or an identity that is none; `secret-unreadable` for a file
  ///   of identities that cannot be read. Nothing else is looked at on the disk.
  package init(
    inventoryPath: String, recipients: [String], location: SourceLocation? = nil, environment: [String: String]
  ) throws(Diagnostic) {
    let place = try InventoryPlace(inventoryPath)
    self.init(
      folder: FolderPath(base: place.folder, below: [place.stem + ".secrets"]),
      codec: try AgeCodec(recipients: recipients, location: location, environment: environment), disk: .real)
  }

  /// The same, only to be read, by the identities that are there: the inventory names its recipients no longer.
  ///
  /// - Throws: `secret-unreadable` where there is no identity; otherwise as the other.
  package init(inventoryPath: String, readingWith environment: [String: String]) throws(Diagnostic) {
    let identities = try AgeIdentitySource(environment).identities()
    guard !identities.isEmpty else {
      throw Diagnostic(
        .error, .secretUnreadable, "the age store cannot be read here: there is no identity",
        help: AgeCodec.identityHelp)
    }
    let place = try InventoryPlace(inventoryPath)
    self.init(
      folder: FolderPath(base: place.folder, below: [place.stem + ".secrets"]),
      codec: AgeCodec(recipients: identities.map(\.recipient), identities: identities), disk: .real)
  }
}

/// Records encrypted to the inventory's recipients.
package struct AgeCodec: RecordCodec {
  let recipients: [AgeRecipient]
  /// None: only writing is possible.
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
        // The text may be a secret key that was pasted into the wrong place: never shown.
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
      // Only armor: what we did not write is not taken for ours.
      return try AgeDecryptor.decrypt(stored, with: identities, as: .armored)
    } catch .noIdentityMatched {
      throw CodecProblem(
        message: AgeProblem.noIdentityMatched.message,
        help: [
          "read it with the identity that it was written for"
        ])
    } catch {
      throw CodecProblem(message: error.message)
    }
  }
}
