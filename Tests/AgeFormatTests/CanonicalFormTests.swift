import Testing

@testable import AgeFormat

/// Every input that is accepted is exactly what the encoder would write. Tested on files with random edits, most of them in the text.
@Suite("age v1: every accepted input has exactly one form")
struct CanonicalFormTests {
  private static let alphabet = bytes("AZaz09+/=->x \n\r\t!~.") + [0, 0x0B, 0x7F, 0x80, 0xFF]

  @Test("a header that parses serializes to the same bytes", arguments: 1...4)
  func header(seed: UInt64) throws {
    var numbers = FixedNumbers(seed)
    let file = try AgeEncryptor.encrypt(
      bytes("plain"), to: try AgeWorld.identities(2).map(\.recipient), armored: false, using: &numbers)
    // Stanzas of other types, which have fewer restrictions than X25519 stanzas.
    let free = bytes("-> a b !~\n\n-> c\n\(String(repeating: "Q", count: 64))\nAAAA\n-> d\nAA\n")
    let whole = AgeHeader.version + free + file.dropFirst(AgeHeader.version.count)
    var taken = 0
    for _ in 0..<2000 {
      let edited = edit(whole, within: free.count + 100, using: &numbers)
      var parser = AgeHeaderParser(edited)
      guard let header = try? parser.parse() else { continue }
      taken += 1
      let again = AgeHeader.version + header.stanzas.flatMap { $0.serialized() } + bytes("---")
      #expect(again == Array(header.authenticated))
      #expect(
        Array(edited[..<parser.position]) == again + bytes(" ") + Base64.encode(header.mac, padded: false) + bytes("\n")
      )
    }
    // Many edits of arguments and bodies are still well-formed. If none were, this test would prove nothing.
    #expect(taken > 100)
  }

  @Test(
    "armor that is accepted encodes to the same text, except for CRLF and surrounding white space",
    arguments: 1...4)
  func armor(seed: UInt64) throws {
    var numbers = FixedNumbers(seed)
    let whole = AgeArmor.encode(AgeWorld.plaintext(100))
    var taken = 0
    for _ in 0..<2000 {
      let edited = edit(whole, within: whole.count, using: &numbers)
      guard let plain = try? AgeArmor.decode(edited) else { continue }
      taken += 1
      let lines = text(edited).replacing("\r\n", with: "\n").drop { $0.isWhitespace }
      let end = try #require(lines.firstRange(of: "-----END AGE ENCRYPTED FILE-----")?.upperBound)
      #expect(text(AgeArmor.encode(plain)) == lines[..<end] + "\n")
    }
    #expect(taken > 30)
  }

  @Test("a file with random edits never decrypts, unless the edits restore the same file", arguments: 1...4)
  func file(seed: UInt64) throws {
    var numbers = FixedNumbers(seed)
    let identities = try AgeWorld.identities(2)
    let plain = AgeWorld.plaintext(100)
    let whole = try AgeEncryptor.encrypt(plain, to: identities.map(\.recipient), armored: false, using: &numbers)
    for _ in 0..<1000 {
      let edited = edit(whole, within: whole.count, using: &numbers)
      guard let opened = try? AgeDecryptor.decrypt(edited, with: identities) else { continue }
      #expect(edited == whole && opened == plain)
    }
  }

  /// Replaces, removes, inserts or doubles one to three bytes.
  private func edit(_ file: [UInt8], within count: Int, using numbers: inout FixedNumbers) -> [UInt8] {
    var edited = file
    for _ in 0..<Int.random(in: 1...3, using: &numbers) {
      let place = Int.random(in: 0..<min(count, edited.count), using: &numbers)
      let byte = Self.alphabet[Int.random(in: Self.alphabet.indices, using: &numbers)]
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: edited[place] = byte
      case 1: edited.remove(at: place)
      case 2: edited.insert(byte, at: place)
      default: edited.insert(edited[place], at: place)
      }
    }
    return edited
  }
}
