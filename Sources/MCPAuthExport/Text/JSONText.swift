internal import MCPAuthCore

/// JSON with one element per line, and members in their order.
struct JSONText {
  /// The indentation of one level.
  var unit = "  "
  var newline = "\n"

  /// A whole file.
  static func document(_ value: JSON) -> [UInt8] { Array((JSONText().render(value, margin: "") + "\n").utf8) }

  /// - Parameter margin: the indentation of the lines after the first.
  func render(_ value: JSON, margin: String) -> String {
    switch value {
    case .null, .bool, .number, .string: return Self.scalar(value)
    case .array(let elements):
      guard !elements.isEmpty else { return "[]" }
      let inner = margin + unit
      let lines = elements.map { inner + render($0, margin: inner) }
      return "[" + newline + lines.joined(separator: "," + newline) + newline + margin + "]"
    case .object(let object):
      guard !object.members.isEmpty else { return "{}" }
      let inner = margin + unit
      let lines = object.members.map { inner + member($0.name, $0.value, margin: inner) }
      return "{" + newline + lines.joined(separator: "," + newline) + newline + margin + "}"
    }
  }

  func member(_ name: String, _ value: JSON, margin: String) -> String {
    Self.scalar(.string(name)) + ": " + render(value, margin: margin)
  }

  static func scalar(_ value: JSON) -> String { String(decoding: JSONWriter.compact(value), as: UTF8.self) }
}
