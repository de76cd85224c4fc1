import MCPAuthYAML
import Testing

@Suite struct YAMLRoundTripTests {
  @Test("YAML: every key and value is read, with the place at which it was written", arguments: 0..<200)
  func places(_ seed: Int) throws {
    var dice = Dice(seed)
    var writer = Writer(dice: dice, newline: dice.maybe() ? "\n" : "\r\n")
    let tree = Self.tree(&dice, depth: 0)
    if dice.maybe() { writer.line("# a comment: \"with a colon") }
    writer.block(tree, indent: 0)
    let document = YAMLReader.read(Array(writer.text.utf8))
    #expect(document.problems.isEmpty, "\(document.problems.map(\.message)) in \(writer.text)")
    let root = try #require(document.root)
    var places = writer.places[...]
    Self.compare(root, tree, &places, writer.text)
    #expect(places.isEmpty)
    try YAMLProperty.check(Array(writer.text.utf8))
  }

  indirect enum Tree {
    case text(String)
    case list([Tree])
    case map([(String, Tree)])
  }

  private static func tree(_ dice: inout Dice, depth: Int) -> Tree {
    switch dice.number(0..<(depth == 0 ? 2 : depth > 4 ? 1 : 4)) {
    case 0 where depth > 0, 3: .text(dice.text())
    case 1: .list((0..<dice.number(1..<4)).map { _ in tree(&dice, depth: depth + 1) })
    default: .map((0..<dice.number(1..<4)).map { (dice.text() + "k\($0)", tree(&dice, depth: depth + 1)) })
    }
  }

  /// Prints block collections and quoted scalars, and stores where each scalar begins and ends.
  struct Writer {
    struct Place: Equatable {
      var line: Int
      var column: Int
      var endColumn: Int
    }

    var dice: Dice
    let newline: String
    private(set) var text = ""
    private(set) var places: [Place] = []
    private var lineNumber = 1
    private var column = 1

    init(dice: Dice, newline: String) {
      self.dice = dice
      self.newline = newline
    }

    mutating func line(_ words: String) {
      put(words)
      end()
    }

    /// Prints a tree. The position must be at the beginning of a line.
    mutating func block(_ tree: Tree, indent: Int) {
      switch tree {
      case .text: preconditionFailure("a scalar is no block")
      case .list(let elements):
        for element in elements {
          put(String(repeating: " ", count: indent) + "-")
          value(element, indent: indent)
        }
      case .map(let entries):
        for (name, value) in entries {
          put(String(repeating: " ", count: indent))
          scalar(name)
          put(dice.maybe(4) ? " :" : ":")
          self.value(value, indent: indent)
        }
      }
    }

    private mutating func value(_ tree: Tree, indent: Int) {
      guard case .text(let text) = tree else {
        if dice.maybe(4) { put(" # here") }
        end()
        if dice.maybe(6) { end() }
        return block(tree, indent: indent + dice.number(1..<4))
      }
      put(String(repeating: " ", count: dice.number(1..<3)))
      scalar(text)
      if dice.maybe(4) { put("  # ' \" : {") }
      end()
    }

    private mutating func scalar(_ text: String) {
      let isSafe = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F }
      let written = isSafe && dice.maybe() ? "'" + text.replacing("'", with: "''") + "'" : YAMLPrint.quoted(text)
      let start = column
      put(written)
      places.append(Place(line: lineNumber, column: start, endColumn: column))
    }

    private mutating func put(_ words: String) {
      text += words
      column += words.unicodeScalars.count
    }

    private mutating func end() {
      text += newline
      lineNumber += 1
      column = 1
    }
  }

  private static func compare(
    _ node: YAMLNode, _ tree: Tree, _ places: inout ArraySlice<Writer.Place>, _ text: String
  ) {
    switch (node.content, tree) {
    case (.scalar(let scalar), .text(let expected)):
      #expect(scalar.text.utf8.elementsEqual(expected.utf8), "\(text)")
      #expect(place(node.mark) == places.popFirst(), "\(text)")
    case (.sequence(let nodes), .list(let trees)) where nodes.count == trees.count:
      for (node, tree) in zip(nodes, trees) { compare(node, tree, &places, text) }
    case (.mapping(let entries), .map(let expected)) where entries.count == expected.count:
      for (entry, (name, tree)) in zip(entries, expected) {
        #expect(entry.name.utf8.elementsEqual(name.utf8), "\(text)")
        #expect(place(entry.mark) == places.popFirst(), "\(text)")
        compare(entry.value, tree, &places, text)
      }
    default: Issue.record("another kind of node in \(text)")
    }
  }

  private static func place(_ mark: YAMLMark) -> Writer.Place? {
    mark.endColumn.map { Writer.Place(line: mark.line, column: mark.column, endColumn: $0) }
  }
}
