import MCPAuthYAML

@testable import MCPAuthCore
@testable import MCPAuthExport
@testable import MCPAuthPlan

/// All functions that convert text: shown text is harmless and has a limited length, and encoded text decodes to the original.
enum TextProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let text = String(decoding: bytes, as: UTF8.self)
    try checkPrintable(bytes, text)
    try checkForm(text)
    try checkTimes(text)
    try checkExports(text)
    try checkScalar(text)
  }

  private static func checkPrintable(_ bytes: [UInt8], _ text: String) throws(Violation) {
    for limit in [ForeignText.limit, 64, 7] {
      let shown = ForeignText.printable(text, limit: limit)
      try require(!shown.unicodeScalars.contains(where: ForeignText.isHarmful), "harmful: \(shown.debugDescription)")
      // The mark of a cut is not included in the limit.
      try require(shown.utf8.count <= limit + "…".utf8.count, "\(shown.utf8.count) bytes, for a limit of \(limit)")
      try require(ForeignText.printable(shown, limit: limit).isExactly(shown), "shown again: \(shown.debugDescription)")
      let same = ForeignText.printable(bytes, limit: limit)
      try require(
        !same.unicodeScalars.contains(where: ForeignText.isHarmful) && same.utf8.count <= limit + "…".utf8.count,
        "of bytes: \(same.debugDescription)")
      try require(!shown.contains("  ") && !shown.hasPrefix(" "), "runs of spaces: \(shown.debugDescription)")
    }
    let url = CheckedURL.shown(text)
    try require(!url.unicodeScalars.contains(where: ForeignText.isHarmful), "harmful: \(url.debugDescription)")
    _ = NearestName.of(String(text.prefix(80)), in: ["servers", "version", "client", text])
  }

  private static func checkForm(_ text: String) throws(Violation) {
    let encoded = FormEncoding.encode(text)
    try require(
      encoded.utf8.allSatisfy { (0x30...0x7E).contains($0) || "%-.".utf8.contains($0) }, "the form \(encoded)")
    var decoded: [UInt8] = []
    var rest = Array(encoded.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        throw Violation("the form \(encoded)")
      }
      decoded.append(value)
      rest = rest.dropFirst(2)
    }
    try require(decoded.elementsEqual(text.utf8), "\(text.debugDescription) became the form \(encoded)")
  }

  private static func checkTimes(_ text: String) throws(Violation) {
    if let time = Timestamp(rfc3339: text) {
      try require(time.rfc3339 == text, "\(text) became \(time.rfc3339)")
    }
    if let time = RetryAfter.instant(text) {
      try require(Timestamp(rfc3339: time.rfc3339) == time, "\(text) became \(time.rfc3339)")
    }
    for now in [0, 1_800_000_000, 253_402_300_799] as [Int64] {
      let response = HTTPResponse(status: 429, fields: [HTTPField("retry-after", text)])
      if let seconds = RetryAfter.seconds(response, now: Timestamp(seconds: now)) {
        try require((0...31_536_000).contains(seconds), "\(seconds) seconds")
      }
    }
    if let number = Int64(text) {
      let written = Timestamp(seconds: number).rfc3339
      try require(Timestamp(rfc3339: written)?.rfc3339 == written, "\(number) became \(written)")
    }
  }

  /// The text of an export can be read by a parser of its format.
  private static func checkExports(_ text: String) throws(Violation) {
    let object = JSONObject([.init("a", .object(JSONObject([.init(text, .string(text)), .init(text + "z", ["x"])])))])
    let yaml = YAMLText.block(object, indent: 0)
    let document = YAMLReader.read(Array(yaml.utf8))
    guard case .mapping(let entries)? = document.root?.content, document.problems.isEmpty, entries.count == 1,
      case .mapping(let inner) = entries[0].value.content, inner.count == 2, inner[0].name.isExactly(text),
      case .scalar(let scalar) = inner[0].value.content, scalar.text.isExactly(text), scalar.value == .string
    else {
      // A key of more than 1024 characters needs a `?`. No server name is so long.
      return try require(text.unicodeScalars.count > 200, "YAML: \(yaml) \(document.problems.map(\.message))")
    }
    let toml = TOMLText.table(["a"], JSONObject([.init(text, .string(text))]))
    guard let statements = try? TOMLParser.parse(Array(toml.utf8)),
      let root = try? TOMLTree.object(statements, Array(toml.utf8), file: "x.toml")
    else { throw Violation("TOML: \(toml)") }
    try require(
      root["a"]?.object?.members.first.map { $0.name.isExactly(text) && $0.value == .string(text) } == true,
      "TOML: \(toml) became \(root)")
    let json = JSONText.document(.object(object))
    guard let node = try? JSONCParser.parse(json) else { throw Violation("JSON: \(json)") }
    try require(node.json == .object(object), "JSON: \(String(decoding: json, as: UTF8.self))")
    let hcl = HCLText.string(text)
    try require(
      hcl.utf8.dropFirst().dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "HCL: \(hcl.debugDescription)")
  }

  /// A plain scalar has the value that the resolver of the YAML reader returns.
  private static func checkScalar(_ text: String) throws(Violation) {
    let scalar = YAMLScalar(text)
    switch scalar.value {
    case .integer(let number):
      let digits = text.hasPrefix("0x") || text.hasPrefix("0o")
      try require(digits || Int(text) == number, "\(text) became \(number)")
    case .null: try require(["", "~", "null", "Null", "NULL"].contains(text), "\(text) became null")
    case .bool(let flag): try require(text == String(flag), "\(text) became \(flag)")
    case .number: try require(text.utf8.contains { (0x30...0x39).contains($0) || $0 == 0x2E }, "\(text) is a number")
    case .string: break
    }
    try require(YAMLScalar(text, style: .quoted).value == .string, "quoted, it is no string")
  }
}
