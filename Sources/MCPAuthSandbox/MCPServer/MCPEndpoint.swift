/// The MCP endpoint (Streamable HTTP). It requires authorization as its kind says, and serves authorized requests.
struct MCPEndpoint {
  let site: Site
  let world: World

  /// The supported protocol versions, the newest first.
  static let versions = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]

  func answer(_ request: SandboxRequest) -> SandboxAnswer {
    let token = request.bearer.flatMap(accepted)
    if token == nil, asks(request) { return challenge(isTokenWrong: request.bearer != nil) }
    switch request.method {
    case "POST": return message(request, token)
    case "GET":
      return site.kind.getAnswer?.filled(with: site.template) ?? SandboxAnswer(405, fields: [.init("Allow", "POST")])
    default: return SandboxAnswer(405, fields: [.init("Allow", "POST")])
    }
  }

  /// The token, if it was issued for this resource and is still valid.
  private func accepted(_ token: String) -> World.AccessToken? {
    guard let found = world.with({ $0.accessTokens[token] }), found.expires > World.now,
      found.issued.kind == site.kind.name
    else { return nil }
    guard let resource = found.issued.resource else { return found }
    return resource == site.resource || resource == site.resourceMetadata["resource"]?.string ? found : nil
  }

  private func asks(_ request: SandboxRequest) -> Bool {
    switch site.kind.asking {
    case .never: false
    case .always: true
    case .getOnly: request.method == "GET"
    case .postOnly: request.method == "POST"
    case .methods(let methods):
      request.method == "POST" && (request.json?["method"]?.string).map(methods.contains) ?? false
    }
  }

  /// RFC 9728 5.1, RFC 6750 3.
  private func challenge(isTokenWrong: Bool) -> SandboxAnswer {
    let fields = site.kind.challenge.map(site.template.fill).map { value in
      SandboxAnswer.Field(
        "WWW-Authenticate", isTokenWrong ? value + (value.contains("=") ? "," : "") + " error=\"invalid_token\"" : value
      )
    }
    var answer = SandboxAnswer.json(
      site.kind.challengeStatus, ["error": .string(isTokenWrong ? "invalid_token" : "unauthorized")], fields: fields)
    answer.note = isTokenWrong ? "token refused" : "challenge"
    return answer
  }

  /// One JSON-RPC message.
  private func message(_ request: SandboxRequest, _ token: World.AccessToken?) -> SandboxAnswer {
    guard let json = request.json, json["jsonrpc"] == "2.0", let method = json["method"]?.string else {
      return error(400, id: .null, -32700, "no JSON-RPC message")
    }
    guard let id = json["id"], id != .null else { return SandboxAnswer(202) }
    let server: SandboxJSON = ["name": .string("sandbox-\(site.kind.name)"), "version": "1"]
    let capabilities: SandboxJSON = ["tools": [:]]
    switch method {
    case "server/discover":
      return result(
        id, ["supportedVersions": .strings(Self.versions), "capabilities": capabilities, "serverInfo": server])
    case "initialize":
      let asked = json["params"]?["protocolVersion"]?.string ?? ""
      let version = Self.versions.contains(asked) ? asked : Self.versions[0]
      return result(id, ["protocolVersion": .string(version), "capabilities": capabilities, "serverInfo": server])
    case "ping": return result(id, [:])
    case "tools/list":
      return result(
        id,
        [
          "tools": [
            [
              "name": "whoami", "description": "says which client this is, and what it may do",
              "inputSchema": ["type": "object", "properties": [:]],
            ]
          ]
        ])
    case "tools/call" where json["params"]?["name"] == "whoami":
      let words = token.map { "\($0.issued.clientID), scope: \($0.issued.scope ?? "none")" } ?? "nobody"
      return result(id, ["content": [["type": "text", "text": .string(words)]], "isError": false])
    default: return error(200, id: id, -32601, "there is no '\(method)' here")
    }
  }

  private func result(_ id: SandboxJSON, _ result: SandboxJSON) -> SandboxAnswer {
    .json(200, ["jsonrpc": "2.0", "id": id, "result": result])
  }

  private func error(_ status: Int, id: SandboxJSON, _ code: Int, _ message: String) -> SandboxAnswer {
    .json(status, ["jsonrpc": "2.0", "id": id, "error": ["code": .integer(code), "message": .string(message)]])
  }
}
