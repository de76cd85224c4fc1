@testable import MCPAuthYAML

/// The YAML reader: every place is in the text, and the printed tree is read as the same tree.
enum YAMLProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let document = YAMLReader.read(bytes)
    let lines = FileLines(bytes)
    for problem in document.problems {
      try lines.check(line: problem.mark.line, column: problem.mark.column, endColumn: problem.mark.endColumn)
      if let earlier = problem.earlier { try lines.check(line: earlier.line, column: earlier.column, endColumn: nil) }
      let words = [problem.message] + problem.help
      try require(
        words.allSatisfy { !$0.isEmpty && $0.utf8.count < 512 && !$0.unicodeScalars.contains { $0.value < 0x20 } },
        "a problem in words that cannot be shown: \(words)")
    }
    guard let root = document.root else { return }
    var budget = 4000
    try checkPlaces(root, in: lines, &budget)
    guard document.problems.isEmpty, budget > 0 else { return }

    let printed = YAMLPrint.text(of: root)
    let again = YAMLReader.read(Array(printed.utf8))
    guard again.problems.isEmpty, let copy = again.root else {
      throw Violation("the print is not read again: \(again.problems.map(\.message)) in \(printed)")
    }
    try checkSame(root, copy, printed)
    try checkLineEnds(bytes, root)
  }

  /// With CRLF, and with a byte order mark, the tree is the same.
  private static func checkLineEnds(_ bytes: [UInt8], _ root: YAMLNode) throws(Violation) {
    if !bytes.contains(0x0D), bytes.contains(0x0A) {
      var crlf: [UInt8] = []
      for byte in bytes { crlf += byte == 0x0A ? [0x0D, 0x0A] : [byte] }
      guard let copy = YAMLReader.read(crlf).root else { throw Violation("with CRLF it is not read") }
      try checkSame(root, copy, "CRLF")
    }
    if !bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      guard let copy = YAMLReader.read([0xEF, 0xBB, 0xBF] + bytes).root else {
        throw Violation("with a byte order mark it is not read")
      }
      try checkSame(root, copy, "byte order mark")
    }
  }

  private static func checkPlaces(_ node: YAMLNode, in lines: FileLines, _ budget: inout Int) throws(Violation) {
    budget -= 1
    // Otherwise, nodes that aliases share would be visited many times.
    guard budget > 0 else { return }
    try lines.check(line: node.mark.line, column: node.mark.column, endColumn: node.mark.endColumn)
    switch node.content {
    case .mapping(let entries):
      for entry in entries {
        try lines.check(line: entry.mark.line, column: entry.mark.column, endColumn: entry.mark.endColumn)
        try checkPlaces(entry.value, in: lines, &budget)
      }
    case .sequence(let elements):
      for element in elements { try checkPlaces(element, in: lines, &budget) }
    case .scalar, .unusable: break
    }
  }

  /// Whether the keys, their order and the values are equal. The style of scalars is ignored.
  static func checkSame(_ a: YAMLNode, _ b: YAMLNode, _ printed: @autoclosure () -> String) throws(Violation) {
    switch (a.content, b.content) {
    case (.mapping(let x), .mapping(let y)):
      try require(
        x.count == y.count && zip(x, y).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) },
        "keys \(x.map(\.name)) became \(y.map(\.name)) in \(printed())")
      for (one, other) in zip(x, y) { try checkSame(one.value, other.value, printed()) }
    case (.sequence(let x), .sequence(let y)):
      try require(x.count == y.count, "\(x.count) elements became \(y.count) in \(printed())")
      for (one, other) in zip(x, y) { try checkSame(one, other, printed()) }
    case (.scalar(let x), .scalar(let y)):
      let isText = x.value == .string || x.value == .number
      try require(
        x.value == y.value && (!isText || x.text.utf8.elementsEqual(y.text.utf8)),
        "\(x) became \(y) in \(printed())")
    default: throw Violation("another kind of node came back from \(printed())")
    }
  }
}

/// A tree as one line of YAML: flow collections, strings in double quotes, all other scalars plain.
enum YAMLPrint {
  static func text(of node: YAMLNode) -> String {
    switch node.content {
    case .mapping(let entries):
      // Only with `?` may a key have any length.
      "{" + entries.map { "? " + quoted($0.name) + " : " + text(of: $0.value) }.joined(separator: ", ") + "}"
    case .sequence(let elements): "[" + elements.map(text).joined(separator: ", ") + "]"
    case .scalar(let scalar):
      switch scalar.value {
      case .null: "null"
      case .bool(let flag): String(flag)
      case .integer(let number): String(number)
      case .number: scalar.style == .plain ? scalar.text : "!!float " + quoted(scalar.text)
      case .string: quoted(scalar.text)
      }
    case .unusable: "null"
    }
  }

  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      default:
        if (0x20...0x7E).contains(scalar.value) {
          out.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          out += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
      }
    }
    return out + "\""
  }
}
