extension DiscoveryProbe {
  /// The requests of the probe, in their order. Many servers answer GET with 404 or 405, and `initialize` without authorization.
  enum Rung: Sendable, Equatable {
    /// MCP 2026-07-28.
    case serverDiscover
    /// MCP 2025-11-25.
    case initialize
    case toolsList
    case get

    var next: Rung? {
      switch self {
      case .serverDiscover: .initialize
      case .initialize: .toolsList
      case .toolsList: .get
      case .get: nil
      }
    }

    var name: String {
      switch self {
      case .serverDiscover: "server/discover"
      case .initialize: "initialize"
      case .toolsList: "tools/list"
      case .get: "GET"
      }
    }

    var method: HTTPRequest.Method { self == .get ? .get : .post }

    /// The probe never waits for the body of the answer, because it may be an endless event stream.
    func request(to server: CheckedURL) -> HTTPRequest {
      var fields = [HTTPField("Accept", "application/json, text/event-stream")]
      if self != .get { fields.append(HTTPField("Content-Type", "application/json")) }
      switch self {
      case .serverDiscover:
        fields.append(HTTPField("MCP-Protocol-Version", Self.newest))
        fields.append(HTTPField("Mcp-Method", name))
      case .toolsList: fields.append(HTTPField("MCP-Protocol-Version", Self.handshake))
      case .initialize, .get: break
      }
      return HTTPRequest(
        method, server, fields: fields, body: body.map(JSONWriter.compact), provenance: .inventory, wantsBody: false)
    }

    private static let newest = "2026-07-28"
    private static let handshake = "2025-11-25"
    private static let client: JSON = ["name": "mcpauth", "version": "1"]

    private var body: JSON? {
      switch self {
      case .serverDiscover:
        call([
          "_meta": [
            "io.modelcontextprotocol/protocolVersion": .string(Self.newest),
            "io.modelcontextprotocol/clientInfo": Self.client,
            "io.modelcontextprotocol/clientCapabilities": [:],
          ]
        ])
      case .initialize:
        call(["protocolVersion": .string(Self.handshake), "capabilities": [:], "clientInfo": Self.client])
      case .toolsList: call([:])
      case .get: nil
      }
    }

    private func call(_ parameters: JSON) -> JSON {
      ["jsonrpc": "2.0", "id": 1, "method": .string(name), "params": parameters]
    }
  }
}
