import MCPAuthCore
import Synchronization

/// Knows every secret of the run, and takes them out of whatever is printed (product 4): by value, so also out of a server's error text.
final class Redactor: Sendable {
  static let replacement = "<redacted>"

  private let index = Mutex(Index())

  /// From now on the secret, of eight characters and more, comes out as `<redacted>` in all its forms.
  func learn(_ secret: Secret) {
    let value = secret.open()
    index.withLock { index in
      guard index.known.insert(value).inserted else { return }
      for form in SecretForms.of(value) { index.add(form) }
    }
  }

  func redact(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let redacted = redact(bytes)
    return redacted == bytes ? text : String(decoding: redacted, as: UTF8.self)
  }

  func redact(_ bytes: [UInt8]) -> [UInt8] {
    index.withLock { $0.redact(bytes) }
  }

  /// Every string in it; the names of members are ours and stay.
  func redact(_ json: JSON) -> JSON {
    switch json {
    case .null, .bool, .number: json
    case .string(let text): .string(redact(text))
    case .array(let elements): .array(elements.map(redact))
    case .object(let object):
      .object(JSONObject(object.members.map { .init($0.name, redact($0.value)) }))
    }
  }

  /// Patterns by their first eight bytes: one pass over the text, however many secrets there are.
  private struct Index {
    var known: Set<String> = []
    private var patterns: Set<SecretForms.Pattern> = []
    /// The longest first.
    private var byHead: [UInt64: [SecretForms.Pattern]] = [:]
    /// Which pairs of first bytes occur at all: most positions end here.
    private var firstPairs = [Bool](repeating: false, count: 1 << 16)

    mutating func add(_ pattern: SecretForms.Pattern) {
      guard pattern.bytes.count >= SecretForms.shortest, patterns.insert(pattern).inserted else { return }
      firstPairs[Self.pair(pattern.bytes, 0)] = true
      var list = byHead[Self.head(pattern.bytes, 0)] ?? []
      let place = list.firstIndex { $0.bytes.count < pattern.bytes.count } ?? list.endIndex
      list.insert(pattern, at: place)
      byHead[Self.head(pattern.bytes, 0)] = list
    }

    func redact(_ text: [UInt8]) -> [UInt8] {
      guard !byHead.isEmpty, text.count >= SecretForms.shortest else { return text }
      var out: [UInt8] = []
      var copied = 0
      var at = 0
      while at + SecretForms.shortest <= text.count {
        guard firstPairs[Self.pair(text, at)], let candidates = byHead[Self.head(text, at)],
          let range = match(candidates, in: text, at: at, notBefore: copied)
        else {
          at += 1
          continue
        }
        out.append(contentsOf: text[copied..<range.lowerBound])
        out.append(contentsOf: Redactor.replacement.utf8)
        copied = range.upperBound
        at = copied
      }
      guard copied > 0 else { return text }
      out.append(contentsOf: text[copied...])
      return out
    }

    private func match(
      _ candidates: [SecretForms.Pattern], in text: [UInt8], at: Int, notBefore: Int
    ) -> Range<Int>? {
      for pattern in candidates {
        var length = 0
        while length < pattern.bytes.count, at + length < text.count, text[at + length] == pattern.bytes[length] {
          length += 1
        }
        // Text that was cut short may end within a secret; so may one that is followed by the mark of the cut.
        let isWhole = length == pattern.bytes.count
        guard isWhole || text[(at + length)...].starts(with: "…".utf8) else { continue }
        var range = at..<at + length
        if pattern.isInsideBase64 {
          while range.lowerBound > notBefore, SecretForms.isBase64(text[range.lowerBound - 1]) {
            range = range.lowerBound - 1..<range.upperBound
          }
          while range.upperBound < text.count,
            SecretForms.isBase64(text[range.upperBound]) || text[range.upperBound] == UInt8(ascii: "=")
          {
            range = range.lowerBound..<range.upperBound + 1
          }
        }
        return range
      }
      return nil
    }

    private static func pair(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }

    private static func head(_ bytes: [UInt8], _ at: Int) -> UInt64 {
      bytes[at..<at + SecretForms.shortest].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}
