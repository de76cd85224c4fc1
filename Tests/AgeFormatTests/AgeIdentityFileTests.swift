import Testing

@testable import AgeFormat

@Suite("identity files, as age-keygen writes them")
struct AgeIdentityFileTests {
  private static let refusals: [(String, AgeProblem)] = [
    ("\n# c\n\(AgeWorld.recipientText)\n", AgeProblem.identity(.recipientGiven, line: 3)),
    ("\(AgeWorld.identityText)\nAGE-PLUGIN-X-1Q\n", .identity(.unsupported(.plugin), line: 2)),
    ("age-encryption.org/v1\n-> scrypt x 18\n", .identity(.unsupported(.encryptedIdentity), line: 1)),
    ("-----BEGIN AGE ENCRYPTED FILE-----\n", .identity(.unsupported(.encryptedIdentity), line: 1)),
    ("\(AgeWorld.identityText) # a comment", .identity(.bech32(.character), line: 1)),
    ("key: x", .identity(.notAKey, line: 1)), ("", .noIdentity), ("# nothing\n\n", .noIdentity),
  ]

  @Test(
    "comments, blank lines, CRLF, surrounding blanks, a last line without a line feed",
    arguments: [
      "\(AgeWorld.identityText)", "\(AgeWorld.identityText)\n", "\(AgeWorld.identityText)\r\n",
      "# created: 2024-01-01T00:00:00Z\n# public key: \(AgeWorld.recipientText)\n\(AgeWorld.identityText)\n",
      "\n\n  \t\r\n#\n   # indented\n  \(AgeWorld.identityText)  \r\n\n# end",
    ])
  func one(file: String) throws {
    #expect(try AgeIdentityFile.parse(file).map { $0.open() } == [AgeWorld.identityText])
  }

  @Test("several identities are read in the order of their lines")
  func several() throws {
    let texts = try AgeWorld.identities(3).map { $0.open() }
    let file = texts.joined(separator: "\r\n# another\r\n\r\n")
    #expect(try AgeIdentityFile.parse(bytes(file)).map { $0.open() } == texts)
  }

  @Test(
    "a line that is not an identity is reported with its number",
    arguments: refusals)
  func refused(file: String, problem: AgeProblem) {
    #expect(throws: problem) { try AgeIdentityFile.parse(file) }
  }

  @Test("limits: a file over 1 MiB, and more than 1,024 identities, are refused")
  func bounds() {
    #expect(throws: AgeProblem.identityFileTooLarge) {
      try AgeIdentityFile.parse([UInt8](repeating: 0x23, count: AgeLimits.identityFile + 1))
    }
    let many = Array(repeating: AgeWorld.identityText, count: AgeLimits.identities + 1).joined(separator: "\n")
    #expect(throws: AgeProblem.identityFileTooLarge) { try AgeIdentityFile.parse(many) }
  }

  @Test("bytes that are not text are not an identity")
  func garbage() {
    #expect(throws: AgeProblem.identity(.notAKey, line: 1)) { try AgeIdentityFile.parse([0xFF, 0xFE, 0]) }
  }
}
