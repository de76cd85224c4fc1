import MCPAuthCore

/// The JSON parser and writer: written values are read as the same values, and writing them again gives the same text.
enum JSONProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let value: JSON
    do throws(JSONParser.Problem) {
      value = try JSONParser.parse(bytes)
    } catch {
      switch error {
      case .syntax(let message, let offset):
        try require((0...bytes.count).contains(offset), "offset \(offset) of \(bytes.count): \(message)")
        try require(JSONParser.line(of: offset, in: bytes) >= 1, "no line")
      case .tooDeep(let limit): try require(limit == 64, "limit \(limit)")
      case .duplicate: throw Violation("duplicates were not to be refused")
      }
      return
    }
    try checkDuplicates(bytes, value)
    let canonical = JSONWriter.canonical(value)
    let compact = JSONWriter.compact(value)
    let fromCanonical = try read(canonical)
    let fromCompact = try read(compact)
    try require(fromCanonical == fromCompact, "the two forms differ")
    try require(
      fromCanonical == sorted(value), "it is read as another value: \(String(decoding: compact, as: UTF8.self))")
    try require(JSONWriter.canonical(fromCanonical) == canonical, "canonical is not stable")
    try require(JSONWriter.compact(fromCompact) == compact, "compact is not stable")
    try require(!compact.contains(0x0A) && !compact.contains(0x0D), "a line end in one line")
    _ = numbers(value)
  }

  private static func read(_ bytes: [UInt8]) throws(Violation) -> JSON {
    do throws(JSONParser.Problem) {
      return try JSONParser.parse(bytes)
    } catch {
      throw Violation("what was written is not read: \(error) in \(String(decoding: bytes, as: UTF8.self))")
    }
  }

  /// With the option to refuse duplicate keys, no other text is refused.
  private static func checkDuplicates(_ bytes: [UInt8], _ value: JSON) throws(Violation) {
    let strict: JSON
    do throws(JSONParser.Problem) {
      strict = try JSONParser.parse(bytes, refusingDuplicates: true)
    } catch {
      guard case .duplicate(_, let offset) = error, bytes.indices.contains(offset), hasDuplicates(value) else {
        throw Violation("refused for \(error) where there is no duplicate")
      }
      return
    }
    try require(strict == value && !hasDuplicates(value), "duplicates went unnoticed")
  }

  private static func hasDuplicates(_ value: JSON) -> Bool {
    switch value {
    case .array(let elements): elements.contains(where: hasDuplicates)
    case .object(let object):
      Set(object.members.map(\.name)).count < object.members.count
        || object.members.contains { hasDuplicates($0.value) }
    default: false
    }
  }

  static func sorted(_ value: JSON) -> JSON {
    switch value {
    case .array(let elements): .array(elements.map(sorted))
    case .object(let object):
      .object(
        JSONObject(
          object.members.map { .init($0.name, sorted($0.value)) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }))
    default: value
    }
  }

  private static func numbers(_ value: JSON) -> [Int64] {
    switch value {
    case .array(let elements): elements.flatMap(numbers)
    case .object(let object): object.members.flatMap { numbers($0.value) }
    default: value.integer.map { [$0] } ?? []
    }
  }
}
