import MCPAuthYAML
import Testing

@Suite struct YAMLReaderTests {
  @Test(
    "InventoryReference#Values: the tree follows YAML 1.2",
    arguments: [
      ("a: 1\nb: [x, 'y']\nc: {d: \"e\"}\n", "{a: 1, b: [x, \"y\"], c: {d: \"e\"}}"),
      ("true: 1\n007: 2\nnull: 3\n'1.0': 4\n", "{true: 1, 007: 2, null: 3, 1.0: 4}"),
      ("a: 1\na: 2\n", "{a: 1, a: 2}"),
      ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", "{a: 1, b: \"x\ny\n\"}"),
      ("\u{FEFF}a: 1", "{a: 1}"),
      ("a: &x [1, 2]\nb: *x\n", "{a: [1, 2], b: [1, 2]}"),
      ("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{a: 1, b: 1, c: 2, d: 2}"),
      ("a: !!str 1\nb: ! 2\nc: !!int \"3\"\nd: !!map {}\n", "{a: 1, b: 2, c: 3, d: {}}"),
      ("- a\n-\n", "[a, ]"),
      ("# only a comment\n", "nothing"),
      ("", "nothing"),
      ("---\na: 1\n...\n", "{a: 1}"),
      ("a: [{server}]", "{a: [{server: }]}"),
    ])
  func tree(_ text: String, _ expected: String) {
    let document = read(text)
    #expect(document.problems.isEmpty)
    #expect(shown(document.root) == expected)
  }

  @Test(
    "InventoryReference#Values: merge keys, as in YAML 1.1: own keys win, then the first of the list",
    arguments: [
      ("x: &x {a: 1, b: 2}\ny:\n  b: 3\n  <<: *x\n", "{b: 3, +a: 1}"),
      ("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n", "{b: 3, +a: 1}"),
      ("x: [&x {a: 1}, &z {a: 2, c: 3}]\ny: {<<: [*x, *z]}\n", "{+a: 1, +c: 3}"),
      ("x: &x {a: 1}\nx2: &z {<<: *x, b: 2}\ny: {<<: *z}\n", "{+b: 2, +a: 1}"),
      ("y: {<<: {a: 1}}\n", "{+a: 1}"),
      ("x: &x {a: 1, a: 2}\ny: {<<: *x}\n", "{+a: 1}"),
      ("y: {\"<<\": 1}\n", "{<<: 1}"),
      ("y: {<<: []}\n", "{}"),
    ])
  func merge(_ text: String, _ expected: String) {
    let document = read(text)
    #expect(document.problems.isEmpty)
    #expect(shown(document.root?.at("y")) == expected)
  }

  @Test("InventoryReference#Values: columns are counted in Unicode scalars, from 1, without the byte order mark")
  func marks() throws {
    let root = try #require(read("\u{FEFF}é: \"ü€😀\" # x\nk: {l: [a, bc]}\n").root)
    #expect(root.at("é")?.mark == YAMLMark(line: 1, column: 4, endColumn: 9))
    #expect(root.at("k")?.mark == YAMLMark(line: 2, column: 4, endColumn: 16))
    #expect(root.at("k", "l", "1")?.mark == YAMLMark(line: 2, column: 12, endColumn: 14))
    guard case .mapping(let entries) = root.content else {
      Issue.record("another shape")
      return
    }
    #expect(
      entries.map(\.mark) == [YAMLMark(line: 1, column: 1, endColumn: 2), YAMLMark(line: 2, column: 1, endColumn: 2)])
  }

  @Test(
    "InventoryReference#Values: a value of several lines is marked to the end of its first line, so that all of it can be masked",
    arguments: [
      ("a: \"x\r\n  y\"\r\n", 4, 6), ("a: x y\n  z\n", 4, 7), ("a: |  # c\n  x\n", 4, 10), ("a: [x,\n  y]\n", 4, 7),
    ])
  func severalLines(_ text: String, _ column: Int, _ end: Int) {
    #expect(read(text).root?.at("a")?.mark == YAMLMark(line: 1, column: column, endColumn: end))
  }

  @Test("InventoryReference#Values: a block has only a beginning; an empty value has no width")
  func blocks() {
    let root = read("a:\n  b: 1\nc:\n").root
    #expect(root?.at("a")?.mark == YAMLMark(line: 2, column: 3))
    #expect(root?.at("c")?.mark == YAMLMark(line: 3, column: 3, endColumn: 3))
  }

  @Test("InventoryReference#Values: an alias has the place of its anchor's node")
  func aliasPlace() {
    #expect(read("a: &x\n  b: 1\nc: *x\n").root?.at("c", "b")?.mark.line == 2)
    #expect(
      read("a: &x {b: 1}\nc:\n  <<: *x\n").root?.at("c", "b")?.mark == YAMLMark(line: 1, column: 11, endColumn: 12))
  }
}
