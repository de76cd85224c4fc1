import Crypto
import FoundationEssentials
import Testing

@testable import AgeFormat

@Suite("SecretStores#Age: the vectors of the age test kit")
struct TestkitTests {
  /// The number of vectors of the kit when this was written. A kit with fewer files is not complete.
  private static let known = 143

  @Test("every X25519 vector has the expected outcome; every other is refused with the name of its type")
  func vectors() throws {
    guard let vectors = try TestkitVector.all() else {
      print("age test kit: \(Self.known) vectors skipped: no folder \(TestkitVector.folder.path)")
      return
    }
    #expect(vectors.count >= Self.known)
    var passed: [TestkitVector.Expectation: Int] = [:]
    var foreign: [String: Int] = [:]
    var total: [TestkitVector.Expectation: Int] = [:]
    for vector in vectors {
      if let type = try foreignType(of: vector) {
        if try isRefused(vector, as: type) { foreign[type.rawValue, default: 0] += 1 }
      } else {
        total[vector.expectation, default: 0] += 1
        if try holds(vector) { passed[vector.expectation, default: 0] += 1 }
      }
    }
    for kind in TestkitVector.Expectation.allCases {
      #expect(passed[kind] == total[kind], "\(kind.rawValue)")
      print("age test kit: \(kind.rawValue): \(passed[kind] ?? 0) of \(total[kind] ?? 0) passed")
    }
    for (type, count) in foreign.sorted(by: { $0.key < $1.key }) {
      print("age test kit: not applicable, refused cleanly: \(type): \(count)")
    }
    #expect(passed.values.reduce(0, +) + foreign.values.reduce(0, +) == vectors.count)
  }

  /// The recipient type that a vector needs and that is not supported; nil if the vector is supported.
  private func foreignType(of vector: TestkitVector) throws -> AgeForeignType? {
    if vector.identities.contains(where: { $0.hasPrefix("AGE-SECRET-KEY-1") }) { return nil }
    if vector.hasPassphrase { return .scrypt }
    return vector.identities.isEmpty ? nil : .mlkem768x25519
  }

  private func holds(_ vector: TestkitVector) throws -> Bool {
    var identities: [AgeIdentity] = []
    for text in vector.identities {
      do { identities.append(try AgeIdentity(text)) } catch {
        #expect(error == .identity(.unsupported(.mlkem768x25519), line: nil), "\(vector.name)")
      }
    }
    if identities.isEmpty { identities = [try AgeIdentity.generate()] }
    var plaintext: [UInt8] = []
    let outcome = outcome(vector.file, identities, as: vector.isArmored ? .armored : .binary, into: &plaintext)
    var isRight = outcome.kind == vector.expectation
    #expect(isRight, "\(vector.name): \(outcome)")
    if let payload = vector.payload {
      let hash = SHA256.hash(data: plaintext).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      #expect(hash == payload, "\(vector.name): payload")
      isRight = isRight && hash == payload
    } else {
      #expect(plaintext.isEmpty, "\(vector.name): payload")
    }
    // Detecting the encoding changes nothing, except which error is reported.
    do {
      let whole = try AgeDecryptor.decrypt(vector.file, with: identities)
      #expect(vector.expectation == .success && whole == plaintext, "\(vector.name): detected")
    } catch {
      #expect(vector.expectation != .success, "\(vector.name): detected: \(error)")
    }
    return isRight
  }

  private func isRefused(_ vector: TestkitVector, as type: AgeForeignType) throws -> Bool {
    for text in vector.identities {
      #expect(throws: AgeProblem.identity(.unsupported(type), line: nil), "\(vector.name)") { try AgeIdentity(text) }
    }
    var plaintext: [UInt8] = []
    let outcome = outcome(
      vector.file, [try AgeIdentity.generate()], as: vector.isArmored ? .armored : .binary, into: &plaintext)
    let isRight =
      switch outcome {
      case .failed(.unsupportedRecipients([type])): true
      // The fault is not in the type, or the name of the type is misspelt.
      case .failed: outcome.kind == vector.expectation || vector.name == "hybrid_and_x25519" && outcome.kind == .noMatch
      case .decrypted: false
      }
    #expect(isRight && plaintext.isEmpty, "\(vector.name): \(outcome)")
    return isRight
  }

  private enum Outcome {
    case decrypted
    case failed(AgeProblem)

    var kind: TestkitVector.Expectation? {
      switch self {
      case .decrypted: .success
      case .failed(.armor): .armorFailure
      case .failed(.header): .headerFailure
      case .failed(.noIdentityMatched), .failed(.unsupportedRecipients): .noMatch
      case .failed(.headerMACFailed): .macFailure
      case .failed(.payload): .payloadFailure
      default: nil
      }
    }
  }

  private func outcome(
    _ file: [UInt8], _ identities: [AgeIdentity], as encoding: AgeDecryptor.Encoding, into plaintext: inout [UInt8]
  ) -> Outcome {
    do {
      try AgeDecryptor.decrypt(file, with: identities, as: encoding, into: &plaintext)
      return .decrypted
    } catch {
      return .failed(error)
    }
  }
}
