import MCPAuthCore
import Testing

/// The JSON of a lock file, a journal line or a secret record (PlanAndApply#Lock-file).
@Suite struct JSONParserTests {
  @Test(
    "a member that is defined twice is found wherever it is",
    arguments: [
      (#"{"a":1,"a":2}"#, "a"), (#"{"a":1,"b":2,"b":3}"#, "b"), (#"{"a":1,"b":2,"a":3}"#, "a"),
      (#"{"b":1,"a":2,"b":3}"#, "b"), (#"{"b":1,"a":2,"a":3}"#, "a"), (#"{"c":1,"a":2,"b":3,"c":4}"#, "c"),
      (#"{"a":{"x":1,"x":2}}"#, "x"), (#"{"a":[{"y":1,"z":2,"y":3}]}"#, "y"), (#"{"\u0061":1,"a":2}"#, "a"),
      // Two spellings of one text, as Swift compares them.
      ("{\"\u{E9}\":1,\"e\u{301}\":2}", "\u{E9}"),
    ])
  func duplicates(text: String, name: String) throws {
    #expect(try JSONParser.parse(Array(text.utf8)).object != nil)
    do throws(JSONParser.Problem) {
      let value = try JSONParser.parse(Array(text.utf8), refusingDuplicates: true)
      Issue.record("it was read: \(value)")
    } catch {
      guard case .duplicate(let found, _) = error else {
        Issue.record("another problem: \(error)")
        return
      }
      #expect(found == name)
    }
  }

  @Test(
    "members in any order are read, and keep their order",
    arguments: [#"{"a":1,"b":2,"c":3}"#, #"{"c":1,"b":2,"a":3}"#, #"{"b":1,"a":2,"c":3}"#, #"{"":1,"a":2}"#])
  func order(text: String) throws {
    let (strict, plain) = (
      try JSONParser.parse(Array(text.utf8), refusingDuplicates: true), try JSONParser.parse(Array(text.utf8))
    )
    #expect(strict == plain)
    #expect(strict.object?.members.map(\.value).count == text.split(separator: ",").count)
  }

  @Test("a string that is not UTF-8 is refused, with and without an escape")
  func invalidUTF8() throws {
    let (quote, invalid): (UInt8, UInt8) = (0x22, 0xC3)
    let plain: [UInt8] = [quote, 0x61, invalid, quote]
    let escaped: [UInt8] = [quote, 0x5C, 0x6E, invalid, quote]
    for bytes in [plain, escaped] {
      #expect(throws: JSONParser.Problem.syntax("not UTF-8", offset: 1)) { try JSONParser.parse(bytes) }
    }
    let text = Array("\"a\u{E9}\u{1F642}\"".utf8)
    #expect(try JSONParser.parse(text) == .string("a\u{E9}\u{1F642}"))
  }

  @Test("the members of one member are given away in the order of the text, and the rest is kept")
  func membersOfOne() throws {
    let text = #"{"a":[1],"servers":{"y":{"servers":{"n":1}},"x":2},"z":{"servers":{"m":3}}}"#
    var received: [JSONObject.Member] = []
    let kept = try JSONParser.parse(Array(text.utf8), membersOf: "servers") { received.append(.init($0, $1)) }
    #expect(received == [.init("y", ["servers": ["n": 1]]), .init("x", 2)])
    #expect(kept == ["a": [1], "servers": [:], "z": ["servers": ["m": 3]]])
  }

  @Test("a member or a value that is not an object is kept whole", arguments: [#"{"servers":[1]}"#, "[2]"])
  func notAnObject(text: String) throws {
    let kept = try JSONParser.parse(Array(text.utf8), membersOf: "servers") { name, _ in Issue.record("\(name)") }
    #expect(try kept == JSONParser.parse(Array(text.utf8)))
  }

  @Test(
    "a name that is repeated among the members that are given away is refused",
    arguments: [#"{"servers":{"a":1,"a":2}}"#, #"{"servers":{"b":1,"a":2,"b":3}}"#, #"{"servers":{},"servers":{}}"#])
  func repeatedAmongThem(text: String) {
    #expect(throws: JSONParser.Problem.self) {
      _ = try JSONParser.parse(Array(text.utf8), membersOf: "servers") { _, _ in }
    }
  }
}
