import Foundation
import Testing

@testable import AgeFormat

/// Interoperation in both directions with Debian's `age` (FiloSottile's, in Go).
@Suite(
  "SecretStores#Age: interoperation with the age command",
  .enabled(if: AgeCommand.isThere, "age and age-keygen are not in PATH"))
struct AgeCommandTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("age-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  }

  @Test("both directions, one to five recipients, armored and not", arguments: 1...5)
  func bothWays(count: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let identities = try (0..<count).map { _ in try AgeIdentity.generate() }
    let recipients = identities.map(\.recipient)
    let keys = try identities.enumerated().map { try write("key\($0)", bytes("# a key\n\($1.open())\n")) }
    for (index, size) in AgeWorld.sizes.enumerated() {
      let plain = AgeWorld.plaintext(size)
      for armored in [false, true] {
        let place = (index + (armored ? 1 : 0)) % count
        // A file of this package, decrypted by age with one of the keys.
        let ours = try write("ours", AgeEncryptor.encrypt(plain, to: recipients, armored: armored))
        #expect(
          try AgeCommand.run("age", ["-d", "-i", keys[place], ours]) == plain, "ours: \(size) bytes, armored \(armored)"
        )
        // A file of age, decrypted by this package.
        let input = try write("plain", plain)
        let arguments = (armored ? ["-a"] : []) + recipients.flatMap { ["-r", $0.description] } + [input]
        let theirs = try AgeCommand.run("age", arguments)
        #expect(AgeArmor.isArmored(theirs) == armored)
        #expect(
          try AgeDecryptor.decrypt(theirs, with: [identities[place]]) == plain,
          "theirs: \(size) bytes, armored \(armored)")
        #expect(try AgeFile(theirs).header.stanzas.filter { $0.arguments[0] == X25519Stanza.type }.count == count)
      }
    }
  }

  @Test("identities of age-keygen are read; age-keygen computes the same recipient for identities of this package")
  func keys() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for _ in 0..<5 {
      let theirs = try AgeCommand.run("age-keygen", [])
      let identity = try #require(try AgeIdentityFile.parse(theirs).first)
      #expect(text(theirs).contains("# public key: \(identity.recipient)\n"))
      let ours = try AgeIdentity.generate()
      let file = try write("key", bytes(ours.open() + "\n"))
      #expect(try AgeCommand.run("age-keygen", ["-y", file]) == bytes("\(ours.recipient)\n"))
    }
  }

  @Test("a damaged file that age refuses, this package refuses too")
  func refused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let identity = try AgeIdentity.generate()
    let key = try write("key", bytes(identity.open() + "\n"))
    let file = try AgeEncryptor.encrypt(AgeWorld.plaintext(70_000), to: [identity.recipient], armored: false)
    for index in [30, 100, 180, 190, 200, 220, 65_800, file.count - 1] {
      var changed = file
      changed[index] ^= 1
      let damaged = try write("damaged", changed)
      #expect(throws: AgeCommand.Failed.self, "byte \(index)") {
        try AgeCommand.run("age", ["-d", "-i", key, damaged])
      }
      #expect(throws: AgeProblem.self, "byte \(index)") { try AgeDecryptor.decrypt(changed, with: [identity]) }
    }
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return file.path
  }
}

enum AgeCommand {
  struct Failed: Error {
    var status: Int32
    var words: String
  }

  static let isThere = path(of: "age") != nil && path(of: "age-keygen") != nil

  /// Returns what the command wrote to standard output. Its standard input is empty.
  static func run(_ name: String, _ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path(of: name)))
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let out = Pipe()
    let words = Pipe()
    process.standardOutput = out
    process.standardError = words
    try process.run()
    // The command writes little to standard error, so the pipe can hold it until the output is read.
    let bytes = try out.fileHandleForReading.readToEnd() ?? Data()
    let said = try words.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(status: process.terminationStatus, words: String(decoding: said, as: UTF8.self))
    }
    return Array(bytes)
  }

  private static func path(of name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
