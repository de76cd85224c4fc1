import AgeFormat
package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthReconciler

/// mcpauth can show a change of recipients (SecretStores#Age), although an age file does not list its recipients: the file `recipients` beside the
/// records lists the recipients that they were encrypted to. The recipients are in the inventory, and are not secret.
extension FileSecretStore where Codec == AgeCodec {
  package func recipientChange() async -> FieldChange? {
    let present = codec.recipients.map(\.description).sorted()
    guard let note = codec.note else { return nil }
    let bytes = try? await reading { folder throws(FileProblem) in try folder?.read(note.name, limit: 1 << 16) }
    let noted = bytes.flatMap { $0 }.flatMap(AgeCodec.recipients(noted:))
    if noted == present { return nil }
    if noted == nil, (try? await items().isEmpty) == true { return nil }
    return FieldChange("secrets.recipients", from: noted.map(FieldChange.Value.list), to: .list(present))
  }

  package func noteRecipients() async throws(Diagnostic) {
    guard let note = codec.note else { return }
    try await working { store, folder throws(FileProblem) in
      try folder.replace(note.name, with: note.bytes, mode: store.codec.fileMode, syncing: store.shared)
    }
  }
}

extension AgeCodec {
  package var note: RecordNote? {
    let lines = recipients.map(\.description).sorted().map { $0 + "\n" }.joined()
    return RecordNote(
      name: "recipients",
      bytes: Array(("# what is here is encrypted to these; see mcpauth secrets rekey\n" + lines).utf8))
  }

  /// Sorted; nil when the bytes are not such a list.
  static func recipients(noted bytes: [UInt8]) -> [String]? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
    return lines.isEmpty ? nil : lines.map(String.init).sorted()
  }
}
