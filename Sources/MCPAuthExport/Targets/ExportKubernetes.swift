internal import MCPAuthCore
internal import MCPAuthPlan

/// A Secret for each server, in one YAML stream.
struct ExportKubernetes {
  let values: SecretWriting

  /// The greatest size of a Secret that an API server accepts, in bytes.
  static let limit = 1 << 20

  func text(_ servers: [ExportedServer]) throws(Diagnostic) -> [UInt8] {
    var text = ""
    for server in servers {
      let data = try data(server)
      text += "---\napiVersion: v1\nkind: Secret\n"
      let head: JSONObject = JSONObject([
        .init(
          "metadata",
          [
            "name": .string(server.exportName),
            "labels": ["app.kubernetes.io/managed-by": "mcpauth"],
          ]),
        .init("type", "Opaque"), .init("stringData", .object(data)),
      ])
      text += YAMLText.block(head, indent: 0)
    }
    return Array(text.utf8)
  }

  private func data(_ server: ExportedServer) throws(Diagnostic) -> JSONObject {
    var data: JSONObject = ["url": .string(server.url)]
    if let client = server.client {
      data.members +=
        JSONObject(present: [
          ("client-id", .string(client.id)), ("client-secret", values.secret(client)), ("issuer", .text(client.issuer)),
          ("resource", .text(client.resource)), ("authorization-endpoint", .text(client.authorizationEndpoint)),
          ("token-endpoint", .text(client.tokenEndpoint)), ("revocation-endpoint", .text(client.revocationEndpoint)),
          ("token-endpoint-auth-method", .text(client.authMethod)), ("scopes", .words(client.scopes)),
        ]).members
    }
    switch server.credentials {
    case .headers(let headers, isKey: true):
      if let header = headers.first {
        data["api-key-header"] = .string(header.name)
        data["api-key"] = values.text(header.value).map(JSON.string)
      }
    case .headers(let headers, isKey: false):
      for header in headers {
        guard Self.isKey("header." + header.name) else {
          throw Diagnostic(
            .error, .invalidValue,
            "no key of a Kubernetes Secret can hold the header '\(header.name)' of '\(server.name)'",
            at: server.location, help: ["leave the server out: --only NAME"])
        }
        data["header." + header.name] = values.text(header.value).map(JSON.string)
      }
    case .none, .client: break
    }
    let size = data.members.reduce(0) { $0 + $1.name.utf8.count + ($1.value.string?.utf8.count ?? 0) }
    guard size < Self.limit else {
      throw Diagnostic(
        .error, .invalidValue, "the Secret of '\(server.name)' would be over 1 MiB", at: server.location)
    }
    return data
  }

  private static func isKey(_ name: String) -> Bool {
    name.utf8.count <= 253
      && name.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._".utf8.contains($0) }
  }
}
