package import MCPAuthCore
package import MCPAuthReconciler

/// A store that also keeps values for `{stored: KEY}` (product 1), which a person puts there with `mcpauth secrets set`; never taken for a
/// server's record.
package protocol StoredSecretStore: SecretStore {
  /// - Returns: the keys, sorted.
  func storedKeys() async throws(Diagnostic) -> [String]

  /// - Returns: nil when there is none of that key.
  /// - Throws: `secret-unreadable`; `secret-mismatch` for a value that was copied to another key; `invalid-value` for what cannot be a key.
  func getStored(_ key: String) async throws(Diagnostic) -> Secret?

  /// Durable on return. Takes the place of an earlier value: that one is the person's, who has it.
  func putStored(_ key: String, _ value: Secret) async throws(Diagnostic)

  /// Removes a value; one that is not there is no error.
  func removeStored(_ key: String) async throws(Diagnostic)
}

/// How a stored value is written, bound to its key: `{"format":1,"key":"…","value":"…"}`.
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
