import MCPAuthCore

/// GitHub's runner hides values in the job's log that it was told of (SecretStores#Redaction).
enum SecretMasking {
  /// `::add-mask::` lines, sorted, each once.
  static func lines(_ secrets: [Secret]) -> String {
    Set(secrets.flatMap(forms)).sorted().map { "::add-mask::\(escaped($0))\n" }.joined()
  }

  /// Whether a runner could take some line of it for a command of its own.
  static func looksLikeCommand(_ secret: Secret) -> Bool {
    let value = secret.open()
    return value.contains("##[")
      || value.split(whereSeparator: \.isNewline).contains { $0.drop(while: \.isWhitespace).hasPrefix("::") }
  }

  /// Each line of a value, as it is and as it stands in JSON: a mask is one line.
  private static func forms(_ secret: Secret) -> [String] {
    let value = secret.open()
    let json = String(decoding: JSONWriter.compact(.string(value)).dropFirst().dropLast(), as: UTF8.self)
    return value.split(whereSeparator: \.isNewline).map(String.init) + [json]
  }

  /// The escapes of a workflow command's data.
  private static func escaped(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }
}
