internal import MCPAuthCore
internal import MCPAuthPlan

/// `server.json` of the MCP registry.
extension ConsumerReader {
  mutating func readRegistry(_ object: JSONObject, at path: [String]) {
    let name = object["name"]?.string
    var draft = ImportDraft(source: name ?? "number \((path.last.flatMap { Int($0) } ?? 0) + 1)", format: format)
    let remotes = (object["remotes"]?.array ?? []).compactMap(\.object)
    guard let remote = remotes.first(where: { $0["type"]?.string != "sse" }) ?? remotes.first else {
      draft.problem = draft.problem ?? "it has no remotes: its packages are programs on the user's machine"
      return add(draft, at: path)
    }
    if remotes.count > 1 { draft.note("its other remotes are left out: \(remotes.count - 1)") }
    if var url = remote["url"]?.string {
      for (name, variable) in Self.members(remote["variables"]) {
        guard variable["isSecret"]?.bool != true else {
          // An inventory has no secret in a URL.
          if url.contains("{\(name)}") { draft.problem = draft.problem ?? "its URL has the secret variable '\(name)'" }
          continue
        }
        guard let value = Self.text(variable["value"] ?? variable["default"]) else { continue }
        url = url.replacing("{\(name)}", with: value)
      }
      draft.readAddress(JSONObject(), url: .string(url), type: remote["type"])
    } else {
      draft.readAddress(JSONObject(), url: remote["url"], type: remote["type"])
    }
    var headers: [(name: String, value: JSON, isSecret: Bool)] = []
    for header in (remote["headers"]?.array ?? []).compactMap(\.object) {
      guard let name = header["name"]?.string else { continue }
      let isSecret = header["isSecret"]?.bool == true
      if let text = (header["value"] ?? header["default"])?.string {
        headers.append((name: name, value: .string(Self.filled(text, header)), isSecret: isSecret))
      } else if header["isRequired"]?.bool == true || isSecret {
        headers.append((name: name, value: .string("{\(name)}"), isSecret: isSecret))
      } else {
        draft.note("its header \(name) is left out: it has no value, and is not required")
      }
    }
    draft.readRegistryHeaders(headers)
    draft.server.displayName = Self.text(object["title"])
    draft.server.summary = Self.text(object["description"])
    add(draft, at: path)
  }

  /// Replaces variables that have a value and are not secret.
  private static func filled(_ text: String, _ header: JSONObject) -> String {
    members(header["variables"]).reduce(text) { text, variable in
      guard variable.value["isSecret"]?.bool != true,
        let value = Self.text(variable.value["value"] ?? variable.value["default"])
      else { return text }
      return text.replacing("{\(variable.name)}", with: value)
    }
  }
}

extension ImportDraft {
  /// Headers whose placeholders have no names of variables of the environment.
  fileprivate mutating func readRegistryHeaders(_ headers: [(name: String, value: JSON, isSecret: Bool)]) {
    guard problem == nil else { return }
    var read: [(name: String, value: InventoryServer.HeaderValue)] = []
    for header in headers {
      guard let text = header.value.string, !text.isEmpty else { continue }
      let parsed = ConsumerText(text, format: format)
      if parsed.literal != nil {
        guard let value = value(text, of: header.name, isSecret: header.isSecret ? true : nil) else { return }
        read.append((name: header.name, value: value))
        continue
      }
      let variable = SecretVariable.name(header.name, of: server.name)
      note("set \(variable) to the whole value of \(header.name), which is '\(parsed.shape)' there")
      read.append((name: header.name, value: .reference(.env(variable))))
    }
    if !read.isEmpty { server.credentials = .headers(read) }
  }
}
