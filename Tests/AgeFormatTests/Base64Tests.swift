import Testing

@testable import AgeFormat

@Suite("age v1, conventions: base64")
struct Base64Tests {
  private static let refusals: [(String, Bool, Base64Fault)] = [
    ("Zh", false, Base64Fault.notCanonical), ("Zm9", false, .notCanonical), ("Zh==", true, .notCanonical),
    ("Zm9=", true, .notCanonical), ("Zg==", false, .padding), ("Zm8=", false, .padding), ("Zg", true, .padding),
    ("Zm8", true, .padding), ("Z", false, .length), ("Zm9vY", false, .length), ("Z===", true, .character),
    ("====", true, .character), ("Zg=g", true, .character), ("Zm 9", false, .character), ("Zm9v\n", true, .padding),
    ("Zm-_", false, .character), ("Zg==Zg==", true, .character), ("\u{0}AAA", false, .character),
  ]

  @Test(
    "RFC 4648 section 10: encoding and decoding, with padding and without",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, encoded: String) throws {
    #expect(text(Base64.encode(bytes(plain), padded: true)) == encoded)
    #expect(try Base64.decode(bytes(encoded)[...], padded: true) == bytes(plain))
    let unpadded = String(encoded.prefix { $0 != "=" })
    #expect(text(Base64.encode(bytes(plain), padded: false)) == unpadded)
    #expect(try Base64.decode(bytes(unpadded)[...], padded: false) == bytes(plain))
  }

  @Test("every byte value at every position is decoded to the same value")
  func allBytes() throws {
    for offset in 0..<3 {
      let plain = [UInt8](repeating: 7, count: offset) + (0...255).map { UInt8($0) }
      #expect(try Base64.decode(Base64.encode(plain, padded: true)[...], padded: true) == plain)
      #expect(try Base64.decode(Base64.encode(plain, padded: false)[...], padded: false) == plain)
    }
  }

  @Test(
    "decoders MUST reject non-canonical encodings, and padding where none is expected",
    arguments: refusals)
  func refused(encoded: String, padded: Bool, fault: Base64Fault) {
    #expect(throws: fault) { try Base64.decode(bytes(encoded)[...], padded: padded) }
  }
}
