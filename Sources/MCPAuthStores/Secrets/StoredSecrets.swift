package import MCPAuthCore

/// Values for `{stored: KEY}` (product 1), which a person puts there with `mcpauth secrets set`: in a folder of their own, so that none is
/// ever taken for a server's record.
extension DirectorySecretStore {
  /// - Returns: the keys, sorted.
  package func storedKeys() async throws(Diagnostic) -> [String] {
    try await reading { folder throws(FileProblem) in
      try (folder?.folder(Self.stored)?.names() ?? []).compactMap(RecordName.storedKey).sorted()
    }
  }

  /// - Returns: nil when there is none of that key.
  /// - Throws: `secret-unreadable`; `secret-mismatch` for a file that was copied to another key.
  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    let file = try storedFile(key)
    guard let bytes = try await bytes(of: file, in: Self.stored) else { return nil }
    guard let json = try? JSONParser.parse(bytes, refusingDuplicates: true), let value = json["value"]?.string else {
      throw unreadable(file, "it holds no value")
    }
    guard json["key"]?.string == key else { throw mismatch(file, "it is of another key") }
    return Secret(value)
  }

  /// Durable on return. Takes the place of an earlier value: that one is the person's, who has it.
  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    let file = try storedFile(key)
    let bytes = JSONWriter.canonical(["format": 1, "key": .string(key), "value": .string(value.open())])
    try await working { _, folder throws(FileProblem) in
      try folder.makingFolder(Self.stored).replace(file, with: bytes, mode: 0o600)
    }
  }

  /// Removes a value; one that is not there is no error.
  package func removeStored(_ key: String) async throws(Diagnostic) {
    try await removing(try storedFile(key), in: Self.stored)
  }

  private func storedFile(_ key: String) throws(Diagnostic) -> String {
    guard let file = RecordName.file(storedKey: key) else {
      throw Diagnostic(
        .error, .invalidValue, "'\(ForeignText.printable(key, limit: 64))' cannot be the key of a stored secret",
        help: ["use lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit, up to 63 of them"])
    }
    return file
  }
}
