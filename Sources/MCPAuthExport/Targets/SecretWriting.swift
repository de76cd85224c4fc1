internal import MCPAuthCore

/// Writes servers for a target. Secrets are written as `--secrets` says.
struct SecretWriting {
  let target: ExportTarget
  let handling: SecretHandling
  /// Whether the file that is updated has the format of opencode 1.
  var isOpencodeV1 = false

  var shape: MergeShape { isOpencodeV1 ? .opencodeV1 : .of(target) }

  /// The path to the servers, in files that also contain other entries.
  var section: [String]? { isOpencodeV1 ? ["mcp"] : target.section }

  /// The text for a secret; nil: it is left out.
  func text(_ slot: ExportedServer.SecretSlot) -> String? {
    switch handling {
    case .omit: nil
    case .inline: slot.value?.open()
    case .reference: target.reference(to: slot.reference)
    }
  }

  func text(_ value: ExportedServer.Value) -> String? {
    switch value {
    case .literal(let text): text
    case .secret(let slot): text(slot)
    }
  }

  func secret(_ client: ExportedServer.Client) -> JSON? { client.secret.flatMap(text).map(JSON.string) }

  /// All headers that have a text; nil when there is none.
  func headers(_ server: ExportedServer) -> JSON? {
    JSONObject(server.headers.compactMap { header in text(header.value).map { .init(header.name, .string($0)) } }).orNil
  }
}

extension JSONObject {
  /// Members in this order, without those that are nil.
  init(present members: [(String, JSON?)]) {
    self.init(members.compactMap { name, value in value.map { Member(name, $0) } })
  }

  /// nil when it is empty.
  var orNil: JSON? { members.isEmpty ? nil : .object(self) }
}

extension JSON {
  /// nil for an empty list.
  static func list(_ texts: [String]?) -> JSON? {
    guard let texts, !texts.isEmpty else { return nil }
    return .array(texts.map(JSON.string))
  }

  static func text(_ text: String?) -> JSON? { text.map(JSON.string) }

  /// Joined with spaces; nil for none.
  static func words(_ texts: [String]) -> JSON? { texts.isEmpty ? nil : .string(texts.joined(separator: " ")) }
}
