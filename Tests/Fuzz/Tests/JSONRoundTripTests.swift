import Foundation
import MCPAuthCore
import Testing

@Suite struct JSONRoundTripTests {
  @Test("RFC 8259: a value is the same after printing, in every notation", arguments: 0..<150)
  func values(_ seed: Int) throws {
    var dice = Dice(seed)
    let value = Self.value(&dice, depth: 0)
    let loose = Array(Self.loose(value, &dice).utf8)
    #expect(try JSONParser.parse(loose) == value)
    let canonical = JSONWriter.canonical(value)
    #expect(try JSONParser.parse(canonical) == JSONProperty.sorted(value))
    #expect(try JSONParser.parse(JSONWriter.compact(value)) == JSONProperty.sorted(value))
    // Foundation must read the same value from the text.
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(canonical), options: .fragmentsAllowed) }
    try JSONProperty.check(loose)
  }

  @Test("a text that is cut at any place is refused, except for numbers and spaces", arguments: 0..<20)
  func cut(_ seed: Int) throws {
    var dice = Dice(seed)
    let whole = JSONWriter.compact(.object(JSONObject([.init(dice.text(), Self.value(&dice, depth: 0))])))
    for end in 0..<whole.count {
      #expect(throws: JSONParser.Problem.self, "cut at \(end)") { try JSONParser.parse(Array(whole[..<end])) }
    }
  }

  static func value(_ dice: inout Dice, depth: Int) -> JSON {
    switch dice.number(0..<(depth > 4 ? 5 : 7)) {
    case 0: return .null
    case 1: return .bool(dice.maybe())
    case 2, 3: return .string(dice.text())
    case 4:
      return .number(
        dice.one(of: ["0", "-0", "1", "9007199254740993", "1.5", "-2.50", "1e9", "1E+2", "0.1e-7", "86400"]))
    case 5: return .array((0..<dice.number(0..<5)).map { _ in value(&dice, depth: depth + 1) })
    default:
      let members = (0..<dice.number(0..<5)).map { index in
        JSONObject.Member(dice.text() + String(index), value(&dice, depth: depth + 1))
      }
      return .object(JSONObject(members))
    }
  }

  /// Prints a value with white space and escapes wherever they are allowed.
  private static func loose(_ value: JSON, _ dice: inout Dice) -> String {
    let text: String
    switch value {
    case .null: text = "null"
    case .bool(let flag): text = String(flag)
    case .number(let number): text = number
    case .string(let string): text = quoted(string, &dice)
    case .array(let elements):
      text =
        "[" + elements.map { loose($0, &dice) }.joined(separator: ",") + (elements.isEmpty ? space(&dice) : "") + "]"
    case .object(let object):
      let members = object.members.map {
        space(&dice) + quoted($0.name, &dice) + space(&dice) + ":" + loose($0.value, &dice)
      }
      text = "{" + members.joined(separator: ",") + "}"
    }
    return space(&dice) + text + space(&dice)
  }

  private static func space(_ dice: inout Dice) -> String { dice.one(of: ["", "", " ", "\n", "\r\n", "\t "]) }

  private static func quoted(_ text: String, _ dice: inout Dice) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      guard scalar.value < 0x20 || scalar == "\"" || scalar == "\\" || dice.maybe(5) else {
        out.unicodeScalars.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16, uppercase: dice.maybe())
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return out + "\""
  }
}
