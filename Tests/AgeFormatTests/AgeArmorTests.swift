import Testing

@testable import AgeFormat

@Suite("age v1, ASCII armor: strict PEM")
struct AgeArmorTests {
  /// `{begin}` and `{end}` are complete lines. `-lf` means: without the line feed. `{64}` is a full line of 64 characters.
  private static let departures: [(String, AgeArmorFault, Int)] = [
    ("", AgeArmorFault.beginLine, 1), ("\n\n", .beginLine, 2), (" {begin}AAAA\n{end}", .beginLine, 1),
    ("{begin-lf}", .endLine, 2), ("{begin}", .endLine, 2), ("\n{begin}AAAA\n", .endLine, 4),
    ("{begin}AAAA\n{begin}", .endLine, 3), ("{begin}AAAA\n-----END\n", .endLine, 3),
    ("{begin-lf} \nAAAA\n{end}", .beginLine, 1), ("{begin}AAAA\n{end-lf}-\n", .endLine, 3),
    ("{begin}AAAA\n{end-lf} x\n", .endLine, 3), ("{begin}AAAA\n{end-lf} \n", .endLine, 3),
    ("\r{begin}AAAA\n{end}", .beginLine, 1), ("{begin}AAAA\n{end}x", .trailingData, 4),
    ("{begin}AAAA\n{end}{begin}AAAA\n{end}", .trailingData, 4),
    ("{begin}\nAAAA\n{end}", .lineLength, 2), ("{begin}AAAA\n\n{end}", .lineLength, 3),
    ("{begin}AAAA\nAAAA\n{end}", .lineLength, 3), ("{begin}AA==\nAAAA\n{end}", .lineLength, 3),
    ("{begin}{64}AAAA\n{end}", .lineLength, 2),
    ("{begin}{63}=\n{64}\n{end}", .lineLength, 3),
    ("{begin}AAA\n{end}", .base64(.padding), 2), ("{begin}AAB=\n{end}", .base64(.notCanonical), 2),
    ("{begin}AAAA \n{end}", .base64(.padding), 2), ("{begin} AAA\n{end}", .base64(.character), 2),
    ("{begin}AAA\r\r\n{end}", .base64(.character), 2), ("{begin}A\r\rA\n{end}", .base64(.character), 2),
  ]

  private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----\n"
  private static let end = "-----END AGE ENCRYPTED FILE-----\n"
  private static let full = String(repeating: "A", count: 64)

  private static func filled(_ text: String) -> String {
    text.replacing("{begin}", with: begin).replacing("{begin-lf}", with: begin.dropLast())
      .replacing("{end}", with: end).replacing("{end-lf}", with: end.dropLast())
      .replacing("{64}", with: full).replacing("{63}", with: full.dropLast())
  }

  @Test(
    "encoded text decodes to the same bytes; lines have 64 columns",
    arguments: [0, 1, 2, 3, 47, 48, 49, 95, 96, 97, 4096])
  func roundTrip(length: Int) throws {
    let plain = AgeWorld.plaintext(length)
    let armored = AgeArmor.encode(plain)
    #expect(try AgeArmor.decode(armored) == plain)
    let lines = text(armored).split(separator: "\n").dropFirst().dropLast()
    #expect(lines.dropLast().allSatisfy { $0.utf8.count == 64 })
    #expect(text(armored).hasPrefix(Self.begin) && text(armored).hasSuffix("\n" + Self.end))
    let crlf = text(armored).split(separator: "\n").joined(separator: "\r\n")
    #expect(try AgeArmor.decode(bytes("\u{B}\r\n \n" + crlf + "\r\n \r\n\u{C}")) == plain)
  }

  @Test(
    "any other text is refused, with the line number",
    arguments: departures)
  func refused(armor: String, fault: AgeArmorFault, line: Int) {
    #expect(throws: AgeProblem.armor(fault, line: line)) { try AgeArmor.decode(bytes(Self.filled(armor))) }
  }

  @Test("text that begins with hyphens after white space is armor; a binary file never is")
  func detection() {
    #expect(AgeArmor.isArmored(bytes(" \r\n" + Self.begin)))
    #expect(AgeArmor.isArmored(bytes("----- BEGIN")))
    #expect(
      !AgeArmor.isArmored(AgeHeader.version) && !AgeArmor.isArmored([]) && !AgeArmor.isArmored(bytes("x" + Self.begin)))
  }
}
