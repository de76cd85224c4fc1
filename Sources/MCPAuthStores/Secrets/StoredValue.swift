import MCPAuthCore

/// The format of a stored value, with its key: `{"format":1,"key":"…","value":"…"}`.
enum StoredValue {
  enum Problem: Error {
    case noValue, otherKey
  }

  static func encode(_ key: String, _ value: Secret) -> [UInt8] {
    JSONWriter.canonical(["format": 1, "key": .string(key), "value": .string(value.open())])
  }

  static func decode(_ bytes: [UInt8], key: String) throws(Problem) -> Secret {
    guard let json = try? JSONParser.parse(bytes, refusingDuplicates: true), let value = json["value"]?.string else {
      throw .noValue
    }
    guard json["key"]?.string == key else { throw .otherKey }
    return Secret(value)
  }

  static func badKey(_ key: String) -> Diagnostic {
    Diagnostic(
      .error, .invalidValue, "'\(ForeignText.printable(key, limit: 64))' cannot be the key of a stored secret",
      help: ["use lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit, up to 63 of them"])
  }
}
