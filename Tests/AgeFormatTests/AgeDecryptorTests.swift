import Testing

@testable import AgeFormat

@Suite("age v1: decrypting")
struct AgeDecryptorTests {
  private static let foreignFiles: [(String, AgeProblem)] = [
    ("-> scrypt rF0/NwblUHHTpgQgRpe5CQ 10\n\n", AgeProblem.unsupportedRecipients([.scrypt])),
    ("-> mlkem768x25519 AAAA\n\n", .unsupportedRecipients([.mlkem768x25519])),
    ("-> p256tag AAAA AAAA\n\n-> mlkem768p256tag A A\n\n", .unsupportedRecipients([.mlkem768p256tag, .p256tag])),
    ("-> ssh-ed25519 AAAA\n\n-> grease\n\n-> ssh-ed25519 B\n\n", .unsupportedRecipients([.sshEd25519])),
    ("-> piv-p256 AAAA\n\n", .unsupportedRecipients([.pivP256])), ("-> example.com/enigma\n\n", .noIdentityMatched),
    ("-> x25519 A\n\n", .noIdentityMatched), ("-> SCRYPT A\n\n", .noIdentityMatched),
    ("-> scrypt A 1\n\n-> grease\n\n", .header(.scryptNotAlone)), ("-> X25519\n\n", .header(.x25519Share)),
    ("-> X25519 AAAA B\n\n", .header(.x25519Share)), ("-> X25519 AAAA\n\n", .header(.x25519Share)),
    ("-> X25519 AAB\n\n", .header(.base64(.notCanonical))),
    ("-> X25519 \(String(repeating: "A", count: 43))\nAAAA\n", .header(.x25519Body)),
    (
      "-> X25519 \(String(repeating: "A", count: 43))\n\(String(repeating: "A", count: 43))\n",
      .header(.zeroSharedSecret)
    ),
  ]

  private static let plain = bytes("a secret of some forty bytes, more or less")

  @Test("a file with any single bit flipped is refused", arguments: [1, 2])
  func bits(recipients: Int) throws {
    let identities = try AgeWorld.identities(recipients)
    let file = try AgeEncryptor.encrypt(Self.plain, to: identities.map(\.recipient), armored: false)
    for index in file.indices {
      for bit in 0..<8 {
        var changed = file
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: AgeProblem.self, "bit \(bit) of byte \(index)") {
          try AgeDecryptor.decrypt(changed, with: identities)
        }
      }
    }
  }

  @Test("a file that is truncated, or lacks a byte, or has a byte twice, is refused")
  func cuts() throws {
    let identities = try AgeWorld.identities(1)
    let file = try AgeEncryptor.encrypt(Self.plain, to: identities.map(\.recipient), armored: false)
    for index in file.indices {
      #expect(throws: AgeProblem.self, "cut at \(index)") {
        try AgeDecryptor.decrypt(Array(file[..<index]), with: identities)
      }
      // Removing one of two equal bytes has the same result as removing the other one. It never gives the whole file again.
      var shorter = file
      shorter.remove(at: index)
      #expect(throws: AgeProblem.self, "without \(index)") { try AgeDecryptor.decrypt(shorter, with: identities) }
      var longer = file
      longer.insert(file[index], at: index)
      #expect(throws: AgeProblem.self, "twice \(index)") { try AgeDecryptor.decrypt(longer, with: identities) }
    }
    for extra in [[0], bytes("\n"), file] as [[UInt8]] {
      #expect(throws: AgeProblem.self) { try AgeDecryptor.decrypt(file + extra, with: identities) }
    }
  }

  @Test("armor is not malleable: only the last line feed may be missing")
  func armored() throws {
    let identities = try AgeWorld.identities(1)
    let file = try AgeEncryptor.encrypt(Self.plain, to: identities.map(\.recipient), armored: true)
    for index in file.indices {
      for bit in 0..<8 {
        var changed = file
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: AgeProblem.self, "bit \(bit) of byte \(index)") {
          try AgeDecryptor.decrypt(changed, with: identities)
        }
      }
      if index == file.count - 1 {
        #expect(try AgeDecryptor.decrypt(Array(file[..<index]), with: identities) == Self.plain)
      } else {
        #expect(throws: AgeProblem.self, "cut at \(index)") {
          try AgeDecryptor.decrypt(Array(file[..<index]), with: identities)
        }
      }
    }
  }

  @Test("a header that was made for another file key has the wrong MAC")
  func foreignHeader() throws {
    let identity = try AgeIdentity(AgeWorld.identityText)
    let file = try AgeEncryptor.encrypt(Self.plain, to: [identity.recipient], armored: false)
    // One more stanza. An attacker can write it, but cannot authenticate it.
    let added = AgeHeader.version + bytes("-> grease\n\n") + file.dropFirst(AgeHeader.version.count)
    #expect(throws: AgeProblem.headerMACFailed) { try AgeDecryptor.decrypt(added, with: [identity]) }
  }

  @Test(
    "a file for recipient types that are not supported is refused, with the names of the types",
    arguments: foreignFiles)
  func foreign(stanzas: String, problem: AgeProblem) throws {
    let file =
      AgeHeader.version + bytes(stanzas + "--- \(String(repeating: "A", count: 43))\n")
      + [UInt8](repeating: 0, count: 32)
    let identity = try AgeIdentity(AgeWorld.identityText)
    #expect(throws: problem) { try AgeDecryptor.decrypt(file, with: [identity]) }
    #expect(!problem.message.isEmpty && !problem.message.contains("\n") && problem.message.first?.isUppercase != true)
  }

  @Test("a malformed X25519 stanza is refused even if another stanza would match: the file is not valid")
  func strict() throws {
    let identity = try AgeIdentity(AgeWorld.identityText)
    var numbers = FixedNumbers(3)
    let keyBytes = RandomBytes.make(16, using: &numbers)
    let good = try X25519Stanza.wrap(keyBytes, to: identity.recipient, using: &numbers)
    let bad = AgeStanza(arguments: [X25519Stanza.type], body: [])
    let file = AgeHeader.serialized([good, bad], key: FileKey(keyBytes)) + [UInt8](repeating: 0, count: 32)
    #expect(throws: AgeProblem.header(.x25519Share)) { try AgeDecryptor.decrypt(file, with: [identity]) }
  }

  @Test("a file that the age command 1.1.1 wrote, to two recipients")
  func golden() throws {
    let file = """
      -----BEGIN AGE ENCRYPTED FILE-----
      YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBJUW52N0JHNjFCK0JKMFdj
      VW5PbkQ4QnM4RjFXWWJDdG9lVlZiaStaZEE4CjlVTVA1MHVodWRXNHRlUUlPOHVY
      eUJPZGY2RXRwZk1zakdPVC80Y0dOWncKLT4gWDI1NTE5IDZuQ1M0dlNrR0hyRldO
      TUE3cUduL0hmTTE5Y1pFbVdFb3Fsa0R0S1l5VzQKazRTeHZaRzVTdUk3WDUrSXVS
      SzZaTFpmelpnYStLM2svZzh1eEk3RW0xYwotLS0gRXpwaHVXbXd0QzJpV3lhVE0v
      eElnejB5NUdBWHhxeFVKOEdURnZkU3gvcwoyQJYN8dYB32abmyskpD8CC0vXzvY0
      eBINB53nSlBoxhj+QM0dDKrVkmWjo4k3vtCrhFju5Q==
      -----END AGE ENCRYPTED FILE-----
      """
    let identity = try AgeIdentity(AgeWorld.identityText)
    #expect(try AgeDecryptor.decrypt(bytes(file), with: [identity]) == bytes("written by age 1.1.1\n"))
  }

  @Test("without an identity no decryption is attempted")
  func none() {
    #expect(throws: AgeProblem.noIdentity) { try AgeDecryptor.decrypt([], with: []) }
  }

  @Test("random bytes are refused, also after a valid beginning")
  func noise() throws {
    let identities = try AgeWorld.identities(1)
    var numbers = FixedNumbers(5)
    for prefix in [
      "", "age-encryption.org/v1\n", "age-encryption.org/v1\n-> X25519 ", "-----BEGIN AGE ENCRYPTED FILE-----\n",
    ] {
      for length in 0..<200 {
        let file = bytes(prefix) + RandomBytes.make(length, using: &numbers)
        #expect(throws: AgeProblem.self) { try AgeDecryptor.decrypt(file, with: identities) }
      }
    }
  }
}
