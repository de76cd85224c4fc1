import MCPAuthYAML
import Testing

@Suite struct YAMLProblemTests {
  @Test(
    "InventoryReference#Values: a problem that ends the reading has its place",
    arguments: [
      ("a: [b\nc: d\n", "1:6 the list is not closed: a ',' or a ']' is missing here"),
      ("a: b: c\n", "1:5 a ':' cannot begin a value here"),
      ("a: \"b\nc: d\n", "1:4 the text in quotes that begins here has no closing quote"),
      ("a: [\n", "1:5 a value is missing here"),
      ("a: {b: c\n\n", "1:9 the mapping is not closed: a ',' or a '}' is missing here"),
      ("a: @x\n", "1:4 '@' cannot begin a value"),
      (
        "a: {}\n\n  # b\n  c:\n    d: 1\n",
        "4:3 the value on line 1 ends with '{}', so the indented lines below do not belong to it"
      ),
      (
        "a: {b: [1]}  # c\n  d: 1\n",
        "2:3 the value on line 1 ends with '}', so the indented lines below do not belong to it"
      ),
      ("a: 1\n- b\n", "2:1 this line does not continue the block above it: a key of that block is expected"),
      ("- a\nb: 1\n", "2:1 this line does not continue the list above it: a '-' is expected"),
      ("a: 1\n---\nb: 2\n", "2:1 a second document begins here, and an inventory has only one"),
      ("a: \u{1}\n", "1:4 the control character U+0001 is not allowed in a YAML file"),
      ("é: x\u{85}y\n", "1:5 the control character U+0085 is not allowed in a YAML file"),
      ("a: 1 # x\u{2028}b: 2\n", "1:9 the control character U+2028 is not allowed in a YAML file"),
      (
        "a: 1 # x\rb: 2\n",
        "1:9 a carriage return without a line feed: programs do not agree on whether a line ends here"
      ),
      ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "2:1 the file has the markers of a merge conflict"),
    ])
  func fatal(_ text: String, _ expected: String) {
    let document = read(text)
    #expect(document.root == nil)
    #expect(document.problems.map(shown) == [expected])
    #expect(document.problems.map(\.kind) == [.syntax])
  }

  @Test("InventoryReference#Mistakes: syntax errors in different blocks are found in one run, and the rest is read")
  func several() {
    let document = read(
      """
      a:
        b:
          c:none
          d: 1
        e:
          f "x"
          g: [1
        h:
          i: 1
         j: 2
          k: 3
        l: {m: 1}

      """)
    #expect(
      document.problems.map(shown) == [
        "3:6 a space is missing after the ':' of a key", "6:6 a ':' is missing after the key",
        "7:10 the list is not closed: a ',' or a ']' is missing here",
        "10:4 the indentation of this line is that of no block above it",
      ])
    #expect(shown(document.root) == "{a: ?}")
  }

  @Test("InventoryReference#Mistakes: of a wrong server only its name is left; of a wrong line, only its key")
  func rest() {
    let document = read("servers:\n  a:\n    auth:none\n    d: 1\n  b: {c: 1\n  e: 2\n  f\n")
    #expect(
      document.problems.map(shown) == [
        "3:9 a space is missing after the ':' of a key",
        "5:11 the mapping is not closed: a ',' or a '}' is missing here",
        "7:4 a ':' is missing after the key",
      ])
    #expect(shown(document.root) == "{servers: {a: {auth: ?, d: 1}, b: ?, e: 2, f: ?}}")
  }

  @Test("InventoryReference#Mistakes: a mistake between two parts is reported too, and then nothing is read")
  func between() {
    let document = read("a: 1\n{b}\nc:\n  d:none\n  e: 1\n")
    #expect(
      document.problems.map(shown) == [
        "3:1 a ':' is missing after the key", "4:4 a space is missing after the ':' of a key",
      ])
    #expect(document.root == nil)
  }

  @Test(
    "InventoryReference#Mistakes: a line with another indentation is marked, and the help names both lines",
    arguments: [
      (
        "a:\n    b: 1\n  c: 2\n", "3:3 the indentation of this line is that of no block above it",
        "line 2 has 4 spaces, this line 2"
      ),
      (
        "a:\n  b: 1\n    c: 2\n", "3:5 this line is indented deeper than the line above it, whose key has a value",
        "line 2 has 2 spaces, this line 4"
      ),
    ])
  func indentation(_ text: String, _ problem: String, _ help: String) {
    let document = read(text)
    #expect(document.problems.map(shown) == [problem])
    #expect(document.problems.first?.help.first?.hasSuffix(help) == true)
  }

  @Test(
    "InventoryReference#Values: a tab for indentation has its own help text",
    arguments: ["a:\n\tb: 1\n", "a: 1\n\tb: 1\n", "a:\n  b: 1\n \tc: 1\n"])
  func tabs(_ text: String) {
    let problem = read(text).problems.first
    #expect(problem?.message == "a tab where spaces are expected")
    #expect(problem?.help == ["indent with spaces: YAML does not allow tabs there"])
  }

  @Test(
    "InventoryReference#Values: indented lines below a value that ended with its brace have their own help text",
    arguments: [("a: {}\n  b: 1\n", "remove '{}' from line 1"), ("x: 1\na: []\n  b: 1\n", "remove '[]' from line 2")])
  func closedValues(_ text: String, _ help: String) {
    #expect(read(text).problems.first?.help == [help])
  }

  @Test(
    "InventoryReference#Redirect-URIs: an unquoted {server} in a flow list has its own help text",
    arguments: ["a: [https://x/{server}/cb, b]\n", "a: {server}/x\n", "a:\n  - {server}/x\n"])
  func placeholders(_ text: String) {
    let help = read(text).problems.first?.help.first ?? ""
    #expect(help.contains("quotes") && help.contains("{server}"), "\(help)")
  }

  @Test(
    "InventoryReference#Redirect-URIs: a list with a quoted {server} that is not closed gets no help about quotes",
    arguments: ["a: [\"https://x/{server}/cb\"\nb: 1\n", "a: ['https://x/{server}/cb'\nb: 1\n"])
  func quotedPlaceholders(_ text: String) {
    let problem = read(text).problems.first
    #expect(problem?.message == "the list is not closed: a ',' or a ']' is missing here")
    #expect(problem?.help == [])
  }

  @Test(
    "InventoryReference#Values: a file that is not UTF-8 is refused with its line",
    arguments: [
      (Array("a: 1\nb: ".utf8) + [0xFF, 0x0A], "2:4 the file is not UTF-8"),
      (Array("a: 1\nb: é".utf8).dropLast() + [], "2:4 the file is not UTF-8"),
      ([0xED, 0xA0, 0x80], "1:1 the file is not UTF-8"),
      ([0xFF, 0xFE, 0x61, 0x00], "1:1 the file is not UTF-8: it looks like UTF-16 or UTF-32"),
      ([0xFE, 0xFF, 0x00, 0x61], "1:1 the file is not UTF-8: it looks like UTF-16 or UTF-32"),
      ([0x61, 0x00, 0x3A, 0x00], "1:1 the file is not UTF-8: it looks like UTF-16 or UTF-32"),
    ] as [([UInt8], String)])
  func encoding(_ bytes: [UInt8], _ expected: String) {
    let document = YAMLReader.read(bytes)
    #expect(document.root == nil)
    #expect(document.problems.map(shown) == [expected])
  }

  @Test(
    "InventoryReference#Values: after a problem that does not end the reading, the rest of the tree is read",
    arguments: [
      ("a: *b\nc: 1\n", "1:4 the alias '*b' has no anchor before it", "{a: ?, c: 1}"),
      ("a: &x [*x]\nc: 1\n", "1:8 the alias '*x' is inside the value of its own anchor", "{a: [?], c: 1}"),
      ("a: !env X\nc: 1\n", "1:4 the tag '!env' has no meaning here", "{a: ?, c: 1}"),
      ("a: !!set {x}\nc: 1\n", "1:4 the tag '!!set' has no meaning here", "{a: ?, c: 1}"),
      ("a: !!int x\nc: 1\n", "1:4 the value does not match its tag '!!int'", "{a: ?, c: 1}"),
      ("<<: 1\nc: 1\n", "1:1 '<<' takes a mapping, or a list of mappings", "{c: 1}"),
      ("? [a]\n: b\nc: 1\n", "1:3 a key must be a word, and this is a list or a mapping", "{c: 1}"),
      ("<<: {a: 1}\n<<: {b: 2}\n", "2:1 '<<' is given twice", "{+a: 1}"),
    ])
  func local(_ text: String, _ problem: String, _ tree: String) {
    let document = read(text)
    #expect(document.problems.map(shown) == [problem])
    #expect(shown(document.root) == tree)
  }

  @Test("InventoryReference#Values: 64 levels are read, 65 are refused", arguments: [true, false])
  func depth(inFlow: Bool) {
    func nested(_ levels: Int) -> String {
      inFlow
        ? String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        : (0..<levels).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    }
    #expect(read(nested(64)).problems.isEmpty)
    let problems = read(nested(65)).problems
    #expect(problems.map(\.kind) == [.tooLarge])
    #expect(problems.first?.message == "it is nested more than 64 levels deep")
  }

  @Test(
    "InventoryReference#Values: deep nesting is refused at once", arguments: ["[", "{a: ", "- ", "? ", "a: [", "[a: "])
  func abyss(_ level: String) {
    #expect(read(String(repeating: level, count: 100_000)).problems.map(\.kind) == [.tooLarge])
  }

  @Test("InventoryReference#Values: aliases cannot exceed the depth of 64 levels")
  func depthByAliases() {
    let deep = "a: &x " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "\nb: "
    func nested(_ levels: Int) -> String {
      deep + String(repeating: "[", count: levels) + "*x" + String(repeating: "]", count: levels)
    }
    #expect(read(nested(23)).problems.isEmpty)
    #expect(read(nested(24)).problems.map(\.kind) == [.tooLarge])
  }

  @Test("InventoryReference#Values: aliases may expand to 100,000 nodes, not to more")
  func expansion() {
    func document(_ aliases: Int) -> String {
      "a: &x [" + String(repeating: "1,", count: 999) + "]\n" + "b: [" + String(repeating: "*x,", count: aliases)
        + "]\n"
    }
    #expect(read(document(100)).problems.isEmpty)
    #expect(read(document(101)).problems.map(\.kind) == [.tooLarge])
  }

  @Test("InventoryReference#Values: a billion laughs (nested aliases) end at once")
  func laughs() {
    var text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
    for level in 1...40 {
      text += "a\(level): &a\(level) [" + String(repeating: "*a\(level - 1),", count: 10) + "]\n"
    }
    #expect(read(text).problems.map(\.kind) == [.tooLarge])
    var merges = "a0: &a0 {x: 1}\n"
    for level in 1...40 {
      merges += "a\(level): &a\(level)\n  <<: [" + String(repeating: "*a\(level - 1),", count: 10) + "]\n"
    }
    #expect(read(merges).problems.map(\.kind) == [.tooLarge])
  }

  @Test("InventoryReference#Values: 16 MiB are read, one byte more is refused")
  func size() {
    let line = Array("# a comment\n".utf8)
    var bytes = Array("a: 1\n".utf8)
    while bytes.count + line.count <= YAMLReader.maximumBytes { bytes += line }
    bytes += Array(repeating: 0x0A, count: YAMLReader.maximumBytes - bytes.count)
    #expect(shown(YAMLReader.read(bytes).root) == "{a: 1}")
    #expect(YAMLReader.read(bytes + [0x0A]).problems.map(\.kind) == [.tooLarge])
  }
}
