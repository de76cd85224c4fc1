package import MCPAuthCore

/// GitHub's runner hides values in the job's log that it was told of (SecretStores#Redaction).
package enum SecretMasking {
  /// `::add-mask::` lines, sorted, each once.
  package static func lines(_ secrets: [Secret]) -> String {
    Set(secrets.flatMap(forms)).sorted().map { "::add-mask::\(WorkflowCommand.escaped(data: $0))\n" }.joined()
  }

  /// Whether a runner could take some line of it for a command of its own.
  package static func looksLikeCommand(_ secret: Secret) -> Bool {
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
}
