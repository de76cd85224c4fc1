@testable import AgeFormat

/// The age format: armor, header, keys. Accepted input is canonical: writing it again gives the same bytes.
enum AgeProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    try checkFile(bytes)
    try checkArmor(bytes)
    try checkKeys(bytes)
    for padded in [true, false] { try checkBase64(bytes, padded: padded) }
  }

  private static func checkFile(_ bytes: [UInt8]) throws(Violation) {
    for encoding in [AgeDecryptor.Encoding.detected, .binary, .armored] {
      let file: AgeFile
      do throws(AgeProblem) {
        file = try AgeFile(bytes, as: encoding)
      } catch {
        try require(!error.message.isEmpty && !error.message.contains("\n"), "the message \(error.message)")
        continue
      }
      var header = AgeHeader.version
      for stanza in file.header.stanzas {
        try require(!stanza.arguments.isEmpty, "a stanza without a type")
        header += stanza.serialized()
      }
      header += Array("---".utf8)
      try require(header.elementsEqual(file.header.authenticated), "the header is not canonical")
      try require(file.header.mac.count == 32 && file.nonce.count == 16, "MAC or nonce")
      try require(file.recipientCount <= AgeLimits.stanzas, "\(file.recipientCount) recipients")
      guard let identity else { throw Violation("there is no identity") }
      // No key can decrypt a mutated file.
      if let plaintext = try? AgeDecryptor.decrypt(bytes, with: [identity], as: encoding) {
        let known = [Array("a record\n".utf8), Array(repeating: UInt8(ascii: "x"), count: 70)]
        try require(known.contains(plaintext), "another plaintext came out")
      }
    }
  }

  /// Armor has one form, except for the white space around it and the line ends.
  private static func checkArmor(_ bytes: [UInt8]) throws(Violation) {
    if let binary = try? AgeArmor.decode(bytes) {
      func stripped(_ text: [UInt8]) -> [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text.filter { $0 != 0x0D }
      }
      try require(stripped(AgeArmor.encode(binary)) == stripped(bytes), "armor that is not canonical was taken")
      try require(AgeArmor.isArmored(bytes), "armor is not known for armor")
    }
    let armored = AgeArmor.encode(bytes)
    guard let again = try? AgeArmor.decode(armored) else { throw Violation("our own armor is refused") }
    try require(again == bytes, "other bytes come out of our own armor")
  }

  private static func checkKeys(_ bytes: [UInt8]) throws(Violation) {
    var identities: [AgeIdentity] = []
    do throws(AgeProblem) {
      identities = try AgeIdentityFile.parse(bytes)
    } catch {
      if case .identity(_, let line?) = error {
        try require((1...bytes.count { $0 == 0x0A } + 1).contains(line), "line \(line)")
      }
    }
    for identity in identities {
      try require((try? AgeIdentity(identity.open()))?.recipient == identity.recipient, "another identity")
      try require("\(identity)" == "<redacted>", "an identity is shown")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if let recipient = try? AgeRecipient(text) {
      try require(recipient.description == text, "\(text) became \(recipient)")
    }
    if let decoded = try? Bech32.decode(text) {
      let again = Bech32.encode(prefix: decoded.prefix.lowercased(), decoded.bytes)
      try require(again == text.lowercased(), "\(text) became \(again)")
    }
  }

  private static func checkBase64(_ bytes: [UInt8], padded: Bool) throws(Violation) {
    if let decoded = try? Base64.decode(bytes[...], padded: padded) {
      try require(Base64.encode(decoded, padded: padded) == bytes, "base64 that is not canonical was taken")
    }
    guard let again = try? Base64.decode(Base64.encode(bytes, padded: padded)[...], padded: padded) else {
      throw Violation("our own base64 is refused")
    }
    try require(again == bytes, "other bytes come out of our own base64")
  }

  /// The identity of the seeds only. Its secret is the numbers from 1 to 32.
  static let identity: AgeIdentity? = {
    var numbers = CountingNumbers()
    return try? AgeIdentity.generate(using: &numbers)
  }()

  private struct CountingNumbers: RandomNumberGenerator {
    private var last: UInt8 = 0

    mutating func next() -> UInt64 {
      var value: UInt64 = 0
      for shift in 0..<8 {
        last &+= 1
        value |= UInt64(last) << UInt64(8 * shift)
      }
      return value
    }
  }
}
