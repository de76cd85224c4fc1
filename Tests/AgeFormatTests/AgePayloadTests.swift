import Crypto
import Testing

@testable import AgeFormat

@Suite("age v1, payload: STREAM")
struct AgePayloadTests {
  private let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))

  private func seal(_ plaintext: [UInt8]) throws -> [UInt8] {
    var out: [UInt8] = []
    try AgePayload.seal(plaintext, key: key, into: &out)
    return out
  }

  private func unseal(_ sealed: [UInt8]) -> (plaintext: [UInt8], problem: AgeProblem?) {
    var out: [UInt8] = []
    do {
      try AgePayload.unseal(sealed[...], key: key, into: &out)
      return (out, nil)
    } catch {
      return (out, error)
    }
  }

  @Test("a nonce is an 11-byte big-endian counter and the flag of the final chunk")
  func nonce() {
    #expect(AgePayload.nonce(0, isFinal: false) == [UInt8](repeating: 0, count: 12))
    #expect(AgePayload.nonce(0x0102, isFinal: true) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1])
    #expect(AgePayload.nonce(.max, isFinal: false) == [0, 0, 0] + [UInt8](repeating: 255, count: 8) + [0])
  }

  @Test("the final chunk is not empty unless the payload is empty", arguments: AgeWorld.sizes)
  func sizes(size: Int) throws {
    let plain = AgeWorld.plaintext(size)
    let sealed = try seal(plain)
    #expect(sealed.count == size + 16 * max(1, (size + 65_535) / 65_536))
    let (opened, problem) = unseal(sealed)
    #expect(opened == plain && problem == nil)
  }

  @Test("chunks that are cut off, swapped, doubled, removed or added are refused")
  func chunks() throws {
    let plain = AgeWorld.plaintext(3 * AgePayload.chunk)
    let sealed = try seal(plain)
    let pieces = (0..<3).map { Array(sealed[($0 * AgePayload.sealedChunk)..<(($0 + 1) * AgePayload.sealedChunk)]) }
    func expect(_ chunks: [[UInt8]], _ fault: AgePayloadFault, seen: Int, line: SourceLocation = #_sourceLocation) {
      let (opened, problem) = unseal(chunks.flatMap { $0 })
      #expect(problem == .payload(fault), sourceLocation: line)
      #expect(opened == Array(plain[..<(seen * AgePayload.chunk)]), sourceLocation: line)
    }
    expect([], .truncated, seen: 0)
    expect([pieces[0]], .truncated, seen: 1)
    expect([pieces[0], pieces[1]], .truncated, seen: 2)
    expect([pieces[0], pieces[1], Array(pieces[2].prefix(15))], .truncated, seen: 2)
    expect([pieces[0], pieces[1], pieces[2].dropLast()], .damaged, seen: 2)
    expect([pieces[1], pieces[0], pieces[2]], .damaged, seen: 0)
    expect([pieces[0], pieces[0], pieces[2]], .damaged, seen: 1)
    expect([pieces[0], pieces[2]], .damaged, seen: 1)
    expect([pieces[2]], .damaged, seen: 0)
    expect(pieces + [[0]], .trailingData, seen: 3)
    expect(pieces + [pieces[2]], .trailingData, seen: 3)
    var empty: [UInt8] = []
    try AgeCipher.seal([], key: key, nonce: AgePayload.nonce(2, isFinal: true), into: &empty)
    expect([pieces[0], pieces[1], empty], .emptyFinalChunk, seen: 2)
  }
}
