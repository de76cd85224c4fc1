import Testing

@testable import AgeFormat

@Suite("age v1, header: parsed by the ABNF")
struct AgeHeaderParserTests {
  /// `{mac}` is a MAC line. `-lf` is without the line feed, `-mark` without `--- `, `-2` without its last two characters. `{64}` is a full line.
  private static let departures: [(String, AgeHeaderFault)] = [
    ("", AgeHeaderFault.notAge), ("x", .notAge), ("\u{FEFF}{v1}", .notAge), (" {v1}", .notAge),
    ("AGE-encryption.org/v1\n", .notAge), ("age-encryption.org", .truncated), ("age-encryption.org/v1", .truncated),
    ("age-encryption.org/v2\n", .version), ("age-encryption.org/v1\r\n", .version),
    ("age-encryption.org/v1 \n", .version),
    ("{v1}", .truncated), ("{v1}{mac}", .noStanza), ("{v1}\n{mac}", .line), ("{v1}x\n", .line),
    ("{v1}-> a\n\n", .truncated), ("{v1}-> a\n", .truncated), ("{v1}-> a", .truncated),
    ("{v1}->\n\n{mac}", .arguments), ("{v1}-> \n\n{mac}", .arguments),
    ("{v1}->a\n\n{mac}", .arguments),
    ("{v1}->  a\n\n{mac}", .arguments), ("{v1}-> a \n\n{mac}", .arguments),
    ("{v1}-> a  b\n\n{mac}", .arguments), ("{v1}-> a\tb\n\n{mac}", .arguments),
    ("{v1}-> a\r\n\n{mac}", .arguments), ("{v1}-> é\n\n{mac}", .arguments),
    ("{v1}-> a\u{7F}\n\n{mac}", .arguments),
    ("{v1}-> a\n{64}A\n\n{mac}", .bodyLine), ("{v1}-> a\n{64}\n{mac}", .base64(.character)),
    ("{v1}-> a\n{mac}", .base64(.character)), ("{v1}-> a\nAA\nAA\n{mac}", .line),
    ("{v1}-> a\nA\n{mac}", .base64(.length)), ("{v1}-> a\nAB\n{mac}", .base64(.notCanonical)),
    ("{v1}-> a\nAA==\n{mac}", .base64(.padding)), ("{v1}-> a\nAAAA\r\n{mac}", .base64(.length)),
    ("{v1}-> a\n\r\n{mac}", .base64(.length)),
    ("{v1}-> a\n\n---\n", .mac), ("{v1}-> a\n\n--- \n", .mac),
    ("{v1}-> a\n\n---{mac-mark}", .mac),
    ("{v1}-> a\n\n---  {mac-mark}", .mac), ("{v1}-> a\n\n{mac-lf} \n", .mac),
    ("{v1}-> a\n\n{mac-lf}\r\n", .mac), ("{v1}-> a\n\n{mac-lf}=\n", .mac),
    ("{v1}-> a\n\n{mac-lf}", .truncated),
    ("{v1}-> a\n\n{mac-2}B\n", .base64(.notCanonical)),
    ("{v1}-> a\n\n{mac-2}*\n", .base64(.character)),
  ]

  private static let mac = "--- " + String(repeating: "A", count: 43) + "\n"
  private static let start = "age-encryption.org/v1\n"
  private static let full = String(repeating: "A", count: 64)

  private static func filled(_ text: String) -> String {
    text.replacing("{v1}", with: start).replacing("{mac}", with: mac).replacing("{mac-lf}", with: mac.dropLast())
      .replacing("{mac-mark}", with: mac.dropFirst(4)).replacing("{mac-2}", with: mac.dropLast(2))
      .replacing("{64}", with: full)
  }

  private func parse(_ text: String) throws(AgeProblem) -> AgeHeader {
    var parser = AgeHeaderParser(bytes(text))
    return try parser.parse()
  }

  @Test("stanzas with arguments and bodies are read; the input of the MAC and the start of the payload are right")
  func whole() throws {
    let file = bytes(Self.start + "-> a b !~\n\n-> c\n\(Self.full)\nAAAA\n" + Self.mac + "payload")
    var parser = AgeHeaderParser(file)
    let header = try parser.parse()
    #expect(
      header.stanzas == [
        AgeStanza(arguments: [bytes("a"), bytes("b"), bytes("!~")], body: []),
        AgeStanza(arguments: [bytes("c")], body: [UInt8](repeating: 0, count: 51)),
      ])
    #expect(header.mac == [UInt8](repeating: 0, count: 32))
    #expect(text(Array(header.authenticated)).hasSuffix("AAAA\n---"))
    #expect(text(Array(file[parser.position...])) == "payload")
  }

  @Test("a serialized header is read back unchanged", arguments: [0, 1, 2, 3, 31, 32, 47, 48, 49, 95, 96, 97, 1000])
  func roundTrip(length: Int) throws {
    let stanza = AgeStanza(arguments: [bytes("x"), bytes("y")], body: AgeWorld.plaintext(length))
    let key = FileKey(AgeWorld.plaintext(16))
    var parser = AgeHeaderParser(AgeHeader.serialized([stanza, stanza], key: key))
    let header = try parser.parse()
    #expect(header.stanzas == [stanza, stanza])
    #expect(key.isValid(header.mac, of: header.authenticated))
    #expect(!FileKey(AgeWorld.plaintext(17)).isValid(header.mac, of: header.authenticated))
  }

  @Test(
    "every deviation from the ABNF is refused",
    arguments: departures)
  func refused(file: String, fault: AgeHeaderFault) {
    #expect(throws: AgeProblem.header(fault)) { try parse(Self.filled(file)) }
  }

  @Test("limits: number of stanzas, bytes of a stanza, bytes of the header")
  func bounds() throws {
    let many = Self.start + String(repeating: "-> a\n\n", count: AgeLimits.stanzas)
    #expect(try parse(many + Self.mac).stanzas.count == AgeLimits.stanzas)
    #expect(throws: AgeProblem.header(.tooLarge)) { try parse(many + "-> a\n\n" + Self.mac) }
    let body = String(repeating: Self.full + "\n", count: AgeLimits.stanza / 65 + 1)
    #expect(throws: AgeProblem.header(.tooLarge)) { try parse(Self.start + "-> a\n" + body + "\n" + Self.mac) }
    let argument = String(repeating: "a", count: AgeLimits.stanza)
    #expect(throws: AgeProblem.header(.tooLarge)) { try parse(Self.start + "-> \(argument)\n\n" + Self.mac) }
    let large = "-> a\n" + String(repeating: Self.full + "\n", count: 240) + "\n"
    let count = AgeLimits.header / large.utf8.count
    #expect(try parse(Self.start + String(repeating: large, count: count) + Self.mac).stanzas.count == count)
    #expect(throws: AgeProblem.header(.tooLarge)) {
      try parse(Self.start + String(repeating: large, count: count + 1) + Self.mac)
    }
    // The parser does not search a line without an end to the end of the file.
    #expect(throws: AgeProblem.header(.tooLarge)) { try parse(Self.start + String(repeating: "-", count: 1 << 20)) }
  }
}
