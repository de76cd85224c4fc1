import Foundation

/// One file of the age test kit (CCTV): lines `key: value`, an empty line, then the age file, which may be compressed.
struct TestkitVector {
  enum Expectation: String, CaseIterable {
    case success
    case armorFailure = "armor failure"
    case headerFailure = "header failure"
    case noMatch = "no match"
    case macFailure = "HMAC failure"
    case payloadFailure = "payload failure"
  }

  struct Malformed: Error {
    var why: String
  }

  var name: String
  var expectation: Expectation
  /// SHA-256 in hexadecimal of the plaintext, or of the part that can be decrypted before the fault in the payload.
  var payload: String?
  var identities: [String] = []
  var hasPassphrase = false
  var isArmored = false
  var file: [UInt8]

  init(name: String, _ bytes: [UInt8]) throws {
    self.name = name
    guard let end = bytes.indices.dropLast().first(where: { bytes[$0] == 10 && bytes[$0 + 1] == 10 }) else {
      throw Malformed(why: "\(name): no empty line")
    }
    var expectation: Expectation?
    var isCompressed = false
    for line in String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n") {
      guard let colon = line.firstRange(of: ": ") else { throw Malformed(why: "\(name): \(line)") }
      let value = String(line[colon.upperBound...])
      switch line[..<colon.lowerBound] {
      case "expect": expectation = Expectation(rawValue: value)
      case "payload": payload = value
      case "identity": identities.append(value)
      case "passphrase": hasPassphrase = true
      case "armored": isArmored = value == "yes"
      case "compressed":
        guard value == "zlib" else { throw Malformed(why: "\(name): \(line)") }
        isCompressed = true
      case "file key", "comment": break
      default: throw Malformed(why: "\(name): \(line)")
      }
    }
    guard let expectation else { throw Malformed(why: "\(name): unknown expectation") }
    self.expectation = expectation
    let rest = Array(bytes[(end + 2)...])
    file = isCompressed ? try Inflate.zlib(rest) : rest
  }

  /// The folder of the kit: `AGE_TESTKIT`, or a folder next to the project.
  static var folder: URL {
    if let path = ProcessInfo.processInfo.environment["AGE_TESTKIT"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("../shared/age-testkit").standardizedFileURL
  }

  /// The vectors in the order of their names; nil if the kit is not there.
  static func all() throws -> [TestkitVector]? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return nil }
    return try names.filter { !$0.contains(".") }.sorted().map { name in
      try TestkitVector(name: name, Array(Data(contentsOf: folder.appendingPathComponent(name))))
    }
  }
}
