import Testing

@testable import AgeFormat

@Suite("age v1, X25519: recipients")
struct AgeRecipientTests {
  private static let refusals: [(String, AgeKeyFault)] = [
    ("", AgeKeyFault.notAKey), ("alice", .notAKey), (" " + AgeWorld.recipientText, .notAKey),
    (AgeWorld.identityText, .identityGiven), (AgeWorld.identityText.lowercased(), .identityGiven),
    ("AGE-PLUGIN-YUBIKEY-1Q", .identityGiven),
    (AgeWorld.recipientText.uppercased(), .wrongCase),
    (AgeWorld.recipientText + "\n", .bech32(.character)), (AgeWorld.recipientText + "q", .bech32(.checksum)),
    (String(AgeWorld.recipientText.dropLast()), .bech32(.checksum)),
    ("age1" + AgeWorld.recipientText.dropFirst(4).uppercased(), .bech32(.mixedCase)),
    ("age1", .bech32(.separator)),
    ("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y", .unsupported(.mlkem768x25519)),
    ("age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e", .unsupported(.p256tag)),
    ("age1tagpq1m3e4wvp6hzcrn9exhy0ae3xfx2sjymp594k3tg7", .unsupported(.mlkem768p256tag)),
    ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", .unsupported(.pivP256)),
    ("age1se1qgg72x2qfk9wg3wh0qg9u0v7l5dkq4jx69fv80p6wdus3ftg6flwg5dz2dp", .unsupported(.plugin)),
    ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", .unsupported(.sshEd25519)), ("ssh-rsa AAAA", .unsupported(.sshRSA)),
    (Bech32.encode(prefix: "age", [UInt8](repeating: 9, count: 31)), .length),
    (Bech32.encode(prefix: "age", [UInt8](repeating: 9, count: 33)), .length),
    (Bech32.encode(prefix: "age", []), .length),
  ]

  @Test("InventoryReference#Servers: the example of a recipient in the inventory is a valid recipient")
  func example() throws {
    let example = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    #expect(try AgeRecipient(example).description == example)
  }

  @Test("the recipient of the specification is printed as the same text")
  func roundTrip() throws {
    #expect(try AgeRecipient(AgeWorld.recipientText).description == AgeWorld.recipientText)
    #expect(try AgeRecipient(AgeWorld.recipientText) == AgeIdentity(AgeWorld.identityText).recipient)
  }

  @Test(
    "text that is not an X25519 recipient is refused, with the reason",
    arguments: refusals)
  func refused(text: String, fault: AgeKeyFault) {
    #expect(throws: AgeProblem.recipient(fault)) { try AgeRecipient(text) }
  }

  /// The seven encodings below 2^255 of points whose order divides 8, and two encodings of numbers above the prime.
  @Test(
    "RFC 7748 section 6.1: a key of low order is refused, because its shared secret is always zero",
    arguments: [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
  func lowOrder(hex: String) {
    let digits = Array(hex)
    let point = stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    #expect(point.count == 32)
    #expect(throws: AgeProblem.recipient(.lowOrder)) { try AgeRecipient(Bech32.encode(prefix: "age", point)) }
  }
}
