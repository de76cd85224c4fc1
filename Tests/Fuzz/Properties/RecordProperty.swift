import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// Secret records: what is taken is written back the same, for ever. What is refused is refused without a value of the text.
enum RecordProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let record: SecretRecord
    do throws(LockShapeError) {
      record = try SecretRecord(decoding: bytes)
    } catch {
      return try checkRefusal(error.message, bytes)
    }
    let written = record.encoded()
    let again: SecretRecord
    do throws(LockShapeError) {
      again = try SecretRecord(decoding: written)
    } catch {
      throw Violation("what was written is refused: \(error.message)")
    }
    try require(again.encoded() == written, "it is not written the same twice")
    for (one, other) in zip(texts(record), texts(again)) {
      try require(one.isExactly(other), "a text became another one")
    }
    try require(
      JSONWriter.canonical(again.entry.json) == JSONWriter.canonical(record.entry.json), "another entry")
  }

  private static func texts(_ record: SecretRecord) -> [String] {
    var texts = [record.version, record.server, record.lineage, record.issuer, record.clientID]
    texts.append(record.registrationClientURI ?? "")
    texts.append(record.clientSecret?.open() ?? "")
    texts.append(record.registrationAccessToken?.open() ?? "")
    return texts
  }

  private static func checkRefusal(_ message: String, _ bytes: [UInt8]) throws(Violation) {
    try require(
      !message.isEmpty && !message.unicodeScalars.contains(where: ForeignText.isHarmful),
      "the message \(message.debugDescription)")
    try require(message.utf8.count <= 512, "the message has \(message.utf8.count) bytes")
    guard let object = (try? JSONParser.parse(bytes))?.object else { return }
    let names = (object.members + (object["entry"]?.object?.members ?? [])).map(\.name)
    for name in ["client_secret", "registration_access_token"] {
      // A message has words of its own, which have no digits.
      guard let value = object[name]?.string, value.utf8.count >= 8,
        value.utf8.contains(where: { (0x30...0x39).contains($0) }), !"RFC 3339".contains(value)
      else { continue }
      // It may be part of the name of a member just as well.
      guard !names.contains(where: { $0.contains(value) }) else { continue }
      try require(!message.contains(value), "\(name) is told")
    }
  }
}
