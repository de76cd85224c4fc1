import Synchronization

/// The lines of a file that diagnostics refer to.
package struct SourceText: Sendable {
  package let file: String
  /// Without line ends. They are split when the first of them is shown: most runs show none.
  private let split: Lazy<[[Unicode.Scalar]]>
  var lines: [[Unicode.Scalar]] { split.value }

  package static func none(_ file: String) -> SourceText { SourceText(file: file, bytes: []) }

  /// Lines end as in YAML 1.1: at a line feed, a carriage return, both together, NEL, LS and PS.
  package init(file: String, bytes: [UInt8]) {
    self.file = file
    split = Lazy { Self.lines(of: bytes) }
  }

  private static func lines(of bytes: [UInt8]) -> [[Unicode.Scalar]] {
    var lines: [[Unicode.Scalar]] = []
    var line: [Unicode.Scalar] = []
    var previous: Unicode.Scalar = " "
    var text = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
    // A byte order mark is not a column.
    if text.first == "\u{FEFF}" { text.removeFirst() }
    for scalar in text {
      switch scalar {
      case "\n" where previous == "\r": break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        lines.append(line)
        line = []
      default: line.append(scalar)
      }
      previous = scalar
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  /// Lines count from 1; nil after the end of the file.
  func line(_ number: Int) -> [Unicode.Scalar]? {
    let lines = lines
    return lines.indices.contains(number - 1) ? lines[number - 1] : nil
  }
}

/// A value that is made when it is used for the first time.
final class Lazy<Value: Sendable>: Sendable {
  private let kept = Mutex<Value?>(nil)
  private let make: @Sendable () -> Value

  init(_ make: @escaping @Sendable () -> Value) {
    self.make = make
  }

  var value: Value {
    kept.withLock { kept in
      if let kept { return kept }
      let value = make()
      kept = value
      return value
    }
  }
}
