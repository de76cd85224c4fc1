import Foundation
import Testing

@testable import AgeFormat
@testable import MCPAuthCore

/// Encodings and times, compared with another implementation if there is one.
@Suite struct CodeRoundTripTests {
  @Test("RFC 4648: base64 is equal to Foundation's, and other text is refused", arguments: 0..<100)
  func base64(_ seed: Int) throws {
    var dice = Dice(seed)
    let bytes = dice.bytes(0..<70)
    let text = Base64.encode(bytes, padded: true)
    #expect(String(decoding: text, as: UTF8.self) == Data(bytes).base64EncodedString())
    #expect(try Base64.decode(text[...], padded: true) == bytes)
    #expect(try Base64.decode(Base64.encode(bytes, padded: false)[...], padded: false) == bytes)
    try AgeProperty.check(text)
  }

  @Test("BIP 173: one wrong character is always detected", arguments: 0..<60)
  func bech32(_ seed: Int) throws {
    var dice = Dice(seed)
    let bytes = dice.bytes(0..<60)
    let text = Bech32.encode(prefix: dice.one(of: ["age", "a", "age-secret-key-", "1", "!~"]), bytes)
    let decoded = try Bech32.decode(text)
    #expect(decoded.bytes == bytes)
    #expect(try Bech32.decode(text.uppercased()).bytes == bytes)
    let digits = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    var characters = Array(text)
    let place = dice.number(decoded.prefix.count + 1..<characters.count)
    let old = characters[place]
    characters[place] = dice.one(of: digits.filter { $0 != old })
    #expect(throws: Bech32Fault.self) { try Bech32.decode(String(characters)) }
  }

  @Test("age: encrypted text is decrypted, with and without armor; a changed byte is an error", arguments: 0..<20)
  func age(_ seed: Int) throws {
    var dice = Dice(seed)
    let identity = try AgeIdentity.generate(using: &dice)
    let plaintext = dice.bytes(0..<300)
    let armored = dice.maybe()
    var file = try AgeEncryptor.encrypt(plaintext, to: [identity.recipient], armored: armored, using: &dice)
    #expect(try AgeDecryptor.decrypt(file, with: [identity]) == plaintext)
    try AgeProperty.check(file)
    let place = dice.number(0..<(armored ? file.count - 1 : file.count))
    file[place] ^= UInt8(1 << dice.number(0..<8))
    // In armor, a line end after the last line may become other white space.
    if let changed = try? AgeDecryptor.decrypt(file, with: [identity]) { #expect(changed == plaintext && armored) }
  }

  @Test("RFC 6749 appendix B: encoded forms decode to the original", arguments: 0..<100)
  func forms(_ seed: Int) {
    var dice = Dice(seed)
    // Foundation removes a byte order mark at the beginning.
    let text = "x" + dice.text()
    let encoded = FormEncoding.encode(text)
    #expect(encoded.removingPercentEncoding?.utf8.elementsEqual(text.utf8) == true, "\(encoded)")
    var parts = URLComponents()
    parts.percentEncodedQuery = String(decoding: FormEncoding.body([("a", text), ("b", "")]), as: UTF8.self)
    #expect(parts.queryItems?.first?.value?.utf8.elementsEqual(text.utf8) == true)
  }

  @Test("RFC 3339 and RFC 9110 section 5.6.7: times are equal to Foundation's", arguments: 0..<100)
  func times(_ seed: Int) throws {
    var dice = Dice(seed)
    let seconds = Int64(dice.number(-62_135_596_800..<253_402_300_800))
    let text = Timestamp(seconds: seconds).rfc3339
    #expect(Timestamp(rfc3339: text)?.seconds == seconds)
    let date = Date(timeIntervalSince1970: Double(seconds))
    // The proleptic Gregorian calendar, from 1583. For earlier years, Foundation uses the Julian calendar.
    if seconds > -12_000_000_000 {
      #expect(text == date.formatted(.iso8601))
      let format = DateFormatter()
      format.locale = Locale(identifier: "en_US_POSIX")
      format.timeZone = TimeZone(secondsFromGMT: 0)
      format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
      #expect(RetryAfter.instant(format.string(from: date))?.seconds == seconds)
    }
  }

  @Test(
    "SecretStores#Records: shown text is harmless and short, and is the same when shown again", arguments: 0..<150)
  func shown(_ seed: Int) throws {
    var dice = Dice(seed)
    try TextProperty.check(Array(dice.text(0..<400).utf8))
    try TextProperty.check(dice.bytes(0..<200))
  }
}
