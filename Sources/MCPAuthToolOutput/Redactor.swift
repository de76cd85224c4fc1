package import MCPAuthCore
import Synchronization

/// Stores every secret of the run and replaces it in everything that is printed (SecretStores#Redaction). It searches for the value, so it also finds
/// a secret that a server returns in an error.
package final class Redactor: Sendable {
  static let replacement = "<redacted>"

  private let index = Mutex(Index())

  package init() {}

  /// From now on the secret is replaced by `<redacted>` in all its forms, if it has at least eight characters.
  package func learn(_ secret: Secret) {
    let value = secret.open()
    guard !index.withLock({ $0.known.contains(value) }) else { return }
    // Not under the lock: many records are read at the same time.
    let bytes = Array(value.utf8)
    guard SecretForms.isNeverEscaped(bytes) else {
      let forms = SecretForms.of(value)
      return index.withLock { index in
        guard index.known.insert(value).inserted else { return }
        for form in forms { index.add(form) }
      }
    }
    // A run of 10,000 servers learns as many secrets, and prints little. So a pattern is made only when a text has its first eight bytes.
    guard bytes.count >= SecretForms.shortest else { return }
    let heads = SecretForms.Form.allCases.map { form in (form: form, head: SecretForms.head(of: bytes, form)) }
    index.withLock { index in
      guard index.known.insert(value).inserted else { return }
      for (form, head) in heads { index.add(value, form, at: head) }
    }
  }

  /// Whether the text contains a known secret, in any form that is replaced.
  package func finds(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return redact(bytes) != bytes
  }

  package func redact(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let redacted = redact(bytes)
    return redacted == bytes ? text : String(decoding: redacted, as: UTF8.self)
  }

  package func redact(_ bytes: [UInt8]) -> [UInt8] {
    index.withLock { $0.redact(bytes) }
  }

  /// Redacts every string in the document. Names of members are chosen by mcpauth and stay.
  package func redact(_ json: JSON) -> JSON {
    switch json {
    case .null, .bool, .number: json
    case .string(let text): .string(redact(text))
    case .array(let elements): .array(elements.map(redact))
    case .object(let object):
      .object(JSONObject(object.members.map { .init($0.name, redact($0.value)) }))
    }
  }

  /// Patterns by their first eight bytes, so that the text is read only once for any number of secrets.
  private struct Index {
    var known: Set<String> = []
    private var byHead: [UInt64: Bucket] = [:]
    /// Which pairs of first bytes occur. At most positions of a text only this check is needed.
    private var firstPairs = [Bool](repeating: false, count: 1 << 16)

    mutating func add(_ pattern: SecretForms.Pattern) {
      guard pattern.bytes.count >= SecretForms.shortest else { return }
      firstPairs[Self.pair(pattern.bytes, 0)] = true
      let head = Self.head(pattern.bytes, 0)
      if byHead[head]?.add(pattern) == nil { byHead[head] = .one(pattern) }
    }

    /// - Parameter head: that of the form's pattern.
    mutating func add(_ secret: String, _ form: SecretForms.Form, at head: UInt64) {
      firstPairs[Int(head >> 48)] = true
      if byHead[head]?.add(Bucket.pattern(of: secret, form)) == nil { byHead[head] = .secret(secret, form) }
    }

    func redact(_ text: [UInt8]) -> [UInt8] {
      guard !byHead.isEmpty, text.count >= SecretForms.shortest else { return text }
      var out: [UInt8] = []
      var copied = 0
      var at = 0
      while at + SecretForms.shortest <= text.count {
        guard firstPairs[Self.pair(text, at)], let bucket = byHead[Self.head(text, at)],
          let found = bucket.match(text, at: at)
        else {
          at += 1
          continue
        }
        let range =
          found.isInsideBase64 ? Self.base64Run(around: found.range, in: text, notBefore: copied) : found.range
        out.append(contentsOf: text[copied..<range.lowerBound])
        out.append(contentsOf: Redactor.replacement.utf8)
        copied = range.upperBound
        at = copied
      }
      guard copied > 0 else { return text }
      out.append(contentsOf: text[copied...])
      return out
    }

    private static func base64Run(around range: Range<Int>, in text: [UInt8], notBefore: Int) -> Range<Int> {
      var (start, end) = (range.lowerBound, range.upperBound)
      while start > notBefore, SecretForms.isBase64(text[start - 1]) { start -= 1 }
      while end < text.count, SecretForms.isBase64(text[end]) || text[end] == UInt8(ascii: "=") { end += 1 }
      return start..<end
    }

    private static func pair(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }

    private static func head(_ bytes: [UInt8], _ at: Int) -> UInt64 {
      bytes[at..<at + SecretForms.shortest].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  /// Patterns with the same first eight bytes.
  private enum Bucket {
    /// As for random secrets: the pattern is made when it is needed. A run can have tens of thousands of them, and a dictionary for each would be most
    /// of its memory.
    case secret(String, SecretForms.Form)
    /// As for random secrets that other formats escape.
    case one(SecretForms.Pattern)
    /// As for the secrets of one provider, which begin with the same word.
    case several(Patterns)

    static func pattern(of secret: String, _ form: SecretForms.Form) -> SecretForms.Pattern {
      SecretForms.pattern(of: Array(secret.utf8), form)
    }

    mutating func add(_ pattern: SecretForms.Pattern) {
      var patterns = Patterns()
      switch self {
      case .secret(let secret, let form): patterns.add(Self.pattern(of: secret, form))
      case .one(let first): patterns.add(first)
      case .several(let present):
        patterns = present
        // Now `patterns` is the only reference, and adding to it copies nothing.
        self = .one(pattern)
      }
      patterns.add(pattern)
      self = .several(patterns)
    }

    func match(_ text: [UInt8], at: Int) -> (range: Range<Int>, isInsideBase64: Bool)? {
      switch self {
      case .several(let patterns): return patterns.match(text, at: at)
      case .one(let pattern): return Self.match(pattern, text, at: at)
      case .secret(let secret, let form): return Self.match(Self.pattern(of: secret, form), text, at: at)
      }
    }

    private static func match(
      _ pattern: SecretForms.Pattern, _ text: [UInt8], at: Int
    ) -> (range: Range<Int>, isInsideBase64: Bool)? {
      if text[at...].starts(with: pattern.bytes) { return (at..<at + pattern.bytes.count, pattern.isInsideBase64) }
      let cut = Patterns.cut(text, at: at, longest: pattern.bytes.count) { pattern.bytes.starts(with: $0) }
      return cut.map { ($0, false) }
    }
  }

  private struct Patterns {
    /// Each pattern, and whether it is a part of a base64 text.
    private var patterns: [ArraySlice<UInt8>: Bool] = [:]
    /// The longest first.
    private var lengths: [Int] = []

    private static let mark = Array("…".utf8)

    mutating func add(_ pattern: SecretForms.Pattern) {
      let bytes = pattern.bytes
      // If it is both, use the plain form: it hides less of the text around it.
      if let isInside = patterns[bytes[...]] {
        patterns[bytes[...]] = isInside && pattern.isInsideBase64
        return
      }
      patterns[bytes[...]] = pattern.isInsideBase64
      if !lengths.contains(bytes.count) {
        lengths.insert(bytes.count, at: lengths.firstIndex { $0 < bytes.count } ?? lengths.endIndex)
      }
    }

    func match(_ text: [UInt8], at: Int) -> (range: Range<Int>, isInsideBase64: Bool)? {
      for length in lengths where at + length <= text.count {
        if let isInside = patterns[text[at..<at + length]] { return (at..<at + length, isInside) }
      }
      let cut = Self.cut(text, at: at, longest: lengths.first ?? 0) { beginning in
        patterns.keys.contains { $0.starts(with: beginning) }
      }
      return cut.map { ($0, false) }
    }

    /// Text that was cut may end within a secret: then the text before the mark `…` is the beginning of a secret.
    ///
    /// - Parameter isBeginning: whether a pattern begins with these bytes.
    static func cut(
      _ text: [UInt8], at: Int, longest: Int, _ isBeginning: (ArraySlice<UInt8>) -> Bool
    ) -> Range<Int>? {
      let end = min(text.count, at + longest + mark.count)
      var found = at + SecretForms.shortest
      while found + mark.count <= end {
        if text[found] == mark[0], text[found...].starts(with: mark) {
          return isBeginning(text[at..<found]) ? at..<found : nil
        }
        found += 1
      }
      return nil
    }
  }
}
