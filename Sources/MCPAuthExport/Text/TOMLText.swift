internal import MCPAuthCore

/// TOML 1.0: strings and lists on one line, an object as a table.
enum TOMLText {
  /// A table with its subtables. Lines have line ends, and there is an empty line between tables.
  static func table(_ path: [String], _ object: JSONObject, newline: String = "\n") -> String {
    var text = "[" + path.map(key).joined(separator: ".") + "]" + newline
    var tables = ""
    for member in object.members {
      if case .object(let inner) = member.value {
        tables += newline + table(path + [member.name], inner, newline: newline)
      } else {
        text += pair(member.name, member.value) + newline
      }
    }
    return text + tables
  }

  static func pair(_ name: String, _ value: JSON) -> String { key(name) + " = " + Self.value(value) }

  static func key(_ name: String) -> String {
    let isBare = !name.isEmpty && name.utf8.allSatisfy { isBareKey($0) }
    return isBare ? name : string(name)
  }

  static func isBareKey(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  static func value(_ value: JSON) -> String {
    switch value {
    // TOML has no null, and the values of mcpauth are never null.
    case .null: "\"\""
    case .bool(let flag): flag ? "true" : "false"
    case .number(let text): text
    case .string(let text): string(text)
    case .array(let elements): "[" + elements.map(Self.value).joined(separator: ", ") + "]"
    case .object(let object):
      object.members.isEmpty
        ? "{}" : "{ " + object.members.map { pair($0.name, $0.value) }.joined(separator: ", ") + " }"
    }
  }

  /// A basic string.
  static func string(_ text: String) -> String {
    text.quoted { scalar, _ in scalar.isControl ? scalar.escaped("\\u") : String(scalar) }
  }
}
