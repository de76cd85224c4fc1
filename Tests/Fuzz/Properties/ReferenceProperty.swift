import MCPAuthCore
import MCPAuthPlan

/// References to secrets that are reserved (InventoryReference#Secret-references). A line of the input is the name of a variable, and a path.
enum ReferenceProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    for line in bytes.split(separator: 0x0A).prefix(16) {
      let text = String(decoding: line, as: UTF8.self)
      try checkPath(text)
      try checkVariable(text)
    }
  }

  private static func checkPath(_ path: String) throws(Violation) {
    let reason = ReservedReference.problem(ofFile: path)
    try checkReason(reason)
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
    if parts.contains(Array(".git".utf8)) { try require(reason != nil, "let through: \(path.debugDescription)") }
    if path.utf8.first == UInt8(ascii: "/"), let top = top(parts) {
      let isReserved = ["proc", "sys", "dev"].contains { top.elementsEqual($0.utf8) }
      try require(!isReserved || reason != nil, "let through: \(path.debugDescription)")
    }
    // The same path, written in another way.
    for separator in ["//", "/./"] {
      var other: [UInt8] = []
      for byte in path.utf8 { other += byte == UInt8(ascii: "/") ? Array(separator.utf8) : [byte] }
      let found = ReservedReference.problem(ofFile: String(decoding: other, as: UTF8.self))
      try require((found == nil) == (reason == nil), "with \(separator) it is another: \(path.debugDescription)")
    }
  }

  /// The first component of an absolute path, after `.` and `..`.
  private static func top(_ parts: [[UInt8]]) -> [UInt8]? {
    var resolved: [[UInt8]] = []
    for part in parts where part != [UInt8(ascii: ".")] {
      if part == Array("..".utf8) { _ = resolved.popLast() } else { resolved.append(part) }
    }
    return resolved.first
  }

  private static func checkVariable(_ name: String) throws(Violation) {
    let reason = ReservedReference.problem(ofVariable: name)
    try checkReason(reason)
    guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return }
    for other in [name.uppercased(), name.lowercased()] {
      try require(ReservedReference.problem(ofVariable: other) == reason, "the case of \(name.debugDescription) counts")
    }
    for prefix in ["MCPAUTH_", "GITHUB_", "ACTIONS_", "CI_", "GH_", "AWS_"] where name.uppercased().hasPrefix(prefix) {
      try require(reason != nil, "let through: \(name.debugDescription)")
    }
  }

  private static func checkReason(_ reason: String?) throws(Violation) {
    guard let reason else { return }
    try require(
      !reason.isEmpty && reason.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "the reason \(reason.debugDescription)")
  }
}
