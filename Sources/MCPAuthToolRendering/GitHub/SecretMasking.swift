package import MCPAuthCore

/// Commands that make GitHub's runner mask values in the job's log (SecretStores#Redaction).
package enum SecretMasking {
  /// `::add-mask::` lines, sorted, without duplicates.
  package static func lines(_ secrets: [Secret]) -> String {
    Set(secrets.flatMap(forms)).sorted().map { "::add-mask::\(WorkflowCommand.escaped(data: $0))\n" }.joined()
  }

  /// Whether a runner could execute a line of the value as a command.
  package static func looksLikeCommand(_ secret: Secret) -> Bool {
    let value = secret.open()
    return value.contains("##[")
      || value.split(whereSeparator: \.isNewline).contains { $0.drop(while: \.isWhitespace).hasPrefix("::") }
  }

  /// Each line of a value, plain and as a JSON string: a mask is one line.
  private static func forms(_ secret: Secret) -> [String] {
    let value = secret.open()
    let json = String(decoding: JSONWriter.compact(.string(value)).dropFirst().dropLast(), as: UTF8.self)
    return value.split(whereSeparator: \.isNewline).map(String.init) + [json]
  }
}
