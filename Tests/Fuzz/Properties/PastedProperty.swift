import MCPAuthYAML

@testable import MCPAuthCore

/// Text that a person copies into a shell or a YAML file (ThreatModel#Text-of-a-server): it is read there as exactly the same text.
enum PastedProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let text = String(decoding: bytes, as: UTF8.self)
    try checkShell(text)
    try checkYAML(text)
  }

  private static func checkShell(_ text: String) throws(Violation) {
    let word = PastedText.shell(text)
    for (line, place) in [(word, 0), ("mcpauth apply \(word) --yes", 2), ("cp -p \(word) \(word).own", 2)] {
      guard let words = ShellWords.split(line) else { throw Violation("a shell does more than to split \(line)") }
      try require(words.indices.contains(place) && words[place].isExactly(text), "\(line) became \(words)")
    }
  }

  private static func checkYAML(_ text: String) throws(Violation) {
    let word = PastedText.yaml(text)
    try require(word.unicodeScalars.allSatisfy(isReadable), "not printable ASCII or a letter: \(word)")
    for line in ["key: \(word)", "key: \(word)  # a comment", "{key: \(word)}", "{key: \(word), other: \(word)}"] {
      let root = try read(line)
      guard case .mapping(let entries) = root.content, let first = entries.first, first.name == "key" else {
        throw Violation("no mapping: \(line)")
      }
      for entry in entries { try checkScalar(entry.value, text, line) }
    }
    for line in ["- \(word)", "[\(word)]", "[\(word), \(word)]"] {
      guard case .sequence(let elements) = try read(line).content, !elements.isEmpty else {
        throw Violation("no sequence: \(line)")
      }
      for element in elements { try checkScalar(element, text, line) }
    }
  }

  /// No mark on another character, nothing invisible, and nothing that is written from right to left.
  private static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
    (0x20..<0x7F).contains(scalar.value) || (scalar.value < 0x590 && scalar.properties.isAlphabetic)
  }

  private static func read(_ line: String) throws(Violation) -> YAMLNode {
    let document = YAMLReader.read(Array((line + "\n").utf8))
    guard document.problems.isEmpty, let root = document.root else {
      throw Violation("it is not read: \(document.problems.map(\.message)) in \(line)")
    }
    return root
  }

  private static func checkScalar(_ node: YAMLNode, _ text: String, _ line: String) throws(Violation) {
    guard case .scalar(let scalar) = node.content else { throw Violation("no scalar: \(line)") }
    // In an inventory, `$$` is a dollar.
    var written = String.UnicodeScalarView()
    for character in text.unicodeScalars {
      if character == "$" { written.append(character) }
      written.append(character)
    }
    try require(scalar.value == .string && scalar.text.isExactly(String(written)), "\(line) became \(scalar)")
  }
}

/// Splits a command as a shell does, if that is all that a shell does with it.
enum ShellWords {
  /// - Returns: nil where a character outside of quotes means more than itself: an expansion, a pattern, a comment, another command.
  static func split(_ line: String) -> [String]? {
    var words: [[UInt8]] = []
    var word: [UInt8]?
    var rest = Array(line.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x20:
        if let word { words.append(word) }
        word = nil
      case UInt8(ascii: "'"):
        guard let end = rest.firstIndex(of: UInt8(ascii: "'")) else { return nil }
        word = (word ?? []) + rest[..<end]
        rest = rest[(end + 1)...]
      case UInt8(ascii: "\\"):
        guard let next = rest.popFirst(), next != 0x0A else { return nil }
        word = (word ?? []) + [next]
      // zsh replaces `=NAME` with the path of a program.
      case UInt8(ascii: "=") where word == nil: return nil
      default:
        guard isPlain(byte) else { return nil }
        word = (word ?? []) + [byte]
      }
    }
    if let word { words.append(word) }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "@%+=:,./-_".utf8.contains(byte)
  }
}
