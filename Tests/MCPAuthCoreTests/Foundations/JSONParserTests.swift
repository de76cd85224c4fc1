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
}
