import Testing

@testable import AgeFormat

@Suite("age v1, X25519: identities")
struct AgeIdentityTests {
  private static let refusals: [(String, AgeKeyFault)] = [
    ("", AgeKeyFault.notAKey), (AgeWorld.recipientText, .recipientGiven),
    (AgeWorld.identityText.lowercased(), .wrongCase), (AgeWorld.identityText + "\n", .bech32(.character)),
    (AgeWorld.identityText + "Q", .bech32(.checksum)), ("AGE-SECRET-KEY-1", .bech32(.separator)),
    ("AGE-SECRET-KEY-1" + AgeWorld.identityText.dropFirst(16).lowercased(), .bech32(.mixedCase)),
    (
      "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR",
      .unsupported(.mlkem768x25519)
    ),
    ("AGE-PLUGIN-YUBIKEY-1QGRHZ", .unsupported(.plugin)), ("age-encryption.org/v1", .unsupported(.encryptedIdentity)),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", .unsupported(.pem)),
    (Bech32.encode(prefix: "age-secret-key-", [UInt8](repeating: 9, count: 31)).uppercased(), .length),
    (Bech32.encode(prefix: "age-secret-key-", [UInt8](repeating: 9, count: 33)).uppercased(), .length),
    (Bech32.encode(prefix: "age-secret-key-1x", [UInt8](repeating: 9, count: 32)).uppercased(), .notAKey),
  ]

  @Test("the identity of the specification has the recipient of the specification, and is printed as the same text")
  func specification() throws {
    let identity = try AgeIdentity(AgeWorld.identityText)
    #expect(identity.recipient.description == AgeWorld.recipientText)
    #expect(identity.open() == AgeWorld.identityText)
  }

  @Test("a generated identity is read back unchanged")
  func generated() throws {
    let identity = try AgeIdentity.generate()
    let again = try AgeIdentity(identity.open())
    #expect(again.recipient == identity.recipient && again.open() == identity.open())
    #expect(try AgeIdentity.generate().recipient != identity.recipient)
  }

  @Test("SecretStores#Age: it prints as <redacted> in every way of printing")
  func redacted() throws {
    let identity = try AgeIdentity(AgeWorld.identityText)
    var dumped = ""
    dump(identity, to: &dumped)
    dump([identity], to: &dumped)
    dumped += "\(identity) \(String(reflecting: identity)) \([identity]) \(Optional(identity) as Any)"
    let secretBytes = try Bech32.decode(AgeWorld.identityText).bytes
    #expect(dumped.contains("<redacted>"))
    #expect(!dumped.contains(AgeWorld.identityText.dropFirst(16).prefix(8)))
    #expect(!dumped.contains("\(secretBytes[0]), \(secretBytes[1])") && !dumped.contains("PrivateKey"))
    #expect(Mirror(reflecting: identity).children.isEmpty)
    #expect(!((identity as Any) is any Encodable))
  }

  @Test(
    "text that is not an X25519 identity is refused, with the reason",
    arguments: refusals)
  func refused(text: String, fault: AgeKeyFault) {
    #expect(throws: AgeProblem.identity(fault, line: nil)) { try AgeIdentity(text) }
  }

  @Test("no error contains any part of the given text")
  func silent() {
    let mistyped = AgeWorld.identityText.dropLast() + "Q"
    for text in [String(mistyped), AgeWorld.identityText.lowercased(), "SECRET-" + AgeWorld.identityText] {
      let problem = #expect(throws: AgeProblem.self) { try AgeIdentity(text) }
      let asRecipient = #expect(throws: AgeProblem.self) { try AgeRecipient(text) }
      for shown in ["\(problem as Any)", String(reflecting: problem), asRecipient?.message ?? ""] {
        #expect(!shown.uppercased().contains("GFPYY"))
      }
    }
  }
}
