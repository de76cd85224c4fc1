import Testing

@testable import AgeFormat

@Suite("age v1: encrypting to X25519 recipients")
struct AgeEncryptorTests {
  @Test("each of one to five recipients can decrypt the file, armored and not", arguments: 1...5)
  func recipients(count: Int) throws {
    let identities = try AgeWorld.identities(count)
    let others = try AgeWorld.identities(2, seed: 99)
    for size in AgeWorld.sizes {
      let plain = AgeWorld.plaintext(size)
      for armored in [false, true] where !armored || size < 100_000 || count == 1 {
        let file = try AgeEncryptor.encrypt(plain, to: identities.map(\.recipient), armored: armored)
        #expect(AgeArmor.isArmored(file) == armored)
        #expect(try AgeFile(file).recipientCount == count)
        for identity in identities {
          #expect(try AgeDecryptor.decrypt(file, with: [others[0], identity]) == plain)
        }
        #expect(throws: AgeProblem.noIdentityMatched) { try AgeDecryptor.decrypt(file, with: others) }
      }
    }
  }

  @Test("two files of one plaintext have different file keys, shares and nonces")
  func fresh() throws {
    let identity = try AgeIdentity.generate()
    let files = try (0..<2).map { _ in
      try AgeEncryptor.encrypt([1], to: [identity.recipient, identity.recipient], armored: false)
    }
    let parts = try files.map { try AgeFile($0) }
    let shares = parts.flatMap { $0.header.stanzas.map { $0.arguments[1] } }
    #expect(Set(shares).count == 4)
    #expect(parts[0].nonce != parts[1].nonce && parts[0].chunks != parts[1].chunks)
  }

  @Test("all random bytes come from the generator: the same numbers give the same file")
  func generator() throws {
    let recipient = try AgeRecipient(AgeWorld.recipientText)
    var files: [[UInt8]] = []
    for seed in [1, 1, 2] as [UInt64] {
      var numbers = FixedNumbers(seed)
      files.append(try AgeEncryptor.encrypt([1, 2, 3], to: [recipient], armored: true, using: &numbers))
    }
    #expect(files[0] == files[1] && files[0] != files[2])
  }

  @Test("no recipient, and more recipients than a header may hold, are refused")
  func counts() throws {
    let recipient = try AgeRecipient(AgeWorld.recipientText)
    #expect(throws: AgeProblem.recipientCount(0)) { try AgeEncryptor.encrypt([], to: [], armored: false) }
    let most = Array(repeating: recipient, count: AgeLimits.stanzas)
    let file = try AgeEncryptor.encrypt([9], to: most, armored: true)
    #expect(try AgeDecryptor.decrypt(file, with: [AgeIdentity(AgeWorld.identityText)]) == [9])
    #expect(throws: AgeProblem.recipientCount(AgeLimits.stanzas + 1)) {
      try AgeEncryptor.encrypt([9], to: most + [recipient], armored: true)
    }
  }
}
