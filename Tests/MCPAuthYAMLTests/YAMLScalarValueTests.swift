import MCPAuthYAML
import Testing

@Suite struct YAMLScalarValueTests {
  @Test(
    "InventoryReference#Values: YAML 1.2 core schema; the only booleans are true and false",
    arguments: [
      ("true", .bool(true)), ("false", .bool(false)), ("True", .string), ("yes", .string), ("on", .string),
      ("n", .string),
      ("", .null), ("~", .null), ("null", .null), ("NULL", .null), ("nul", .string),
      ("0", .integer(0)), ("-7", .integer(-7)), ("+7", .integer(7)), ("007", .integer(7)), ("0x1F", .integer(31)),
      ("0o17", .integer(15)), ("0o8", .string), ("1_000", .string), ("99999999999999999999", .number),
      ("1.5", .number), (".5", .number), ("1.", .number), ("1e3", .number), ("1e", .string), ("-.inf", .number),
      (".nan", .number), ("-.nan", .string), (".", .string), ("-", .string), ("1.2.3", .string), ("7d", .string),
      ("2026-11-23", .string), ("10.0.0.0/8", .string),
    ] as [(String, YAMLScalarValue)])
  func plain(_ text: String, _ expected: YAMLScalarValue) {
    #expect(YAMLScalar(text).value == expected)
  }

  @Test("InventoryReference#Values: a quoted or !!str value is a string", arguments: ["true", "1", "null", ""])
  func quoted(_ text: String) {
    #expect(YAMLScalar(text, style: .quoted).value == .string)
    #expect(YAMLScalar(text, tag: .str).value == .string)
  }
}
