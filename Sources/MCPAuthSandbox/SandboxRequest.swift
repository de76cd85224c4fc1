/// A request that the sandbox received, and its answer.
public struct SandboxRequest: Sendable {
  /// The number of the request over all origins, in the order of arrival. The first number is 1.
  public var number = 0
  /// In seconds since 1970.
  public var time = 0.0
  /// `http://127.0.0.1:PORT` of the listener that received the request.
  public var origin: String
  /// `GET`, `POST` and so on.
  public var method: String
  /// The path as received: with its escapes, without the query.
  public var path: String
  /// The text after the first `?`. nil without a query.
  public var query: String?
  /// The header fields in the order of the request.
  public var fields: [SandboxAnswer.Field]
  /// The first 64 KiB of the body.
  public var body: String
  /// The name of the kind whose server was requested. `n` for the numbered ones. nil if there is no such server.
  public var kind: String?
  /// Which of the server's addresses was requested.
  public var endpoint: SandboxEndpoint?
  /// The status of the answer. 0 for no answer.
  public var status = 0
  /// The error, the fault, or the action: `created`, `invalid_grant`, `drop`.
  public var note = ""

  /// All values of a header field, in the order of the request.
  public func values(of name: String) -> [String] {
    let lowercased = name.lowercased()
    return fields.filter { $0.name.lowercased() == lowercased }.map(\.value)
  }

  /// The first value of a header field.
  public func value(of name: String) -> String? { values(of: name).first }

  /// The body as JSON. nil if it is not JSON.
  public var json: SandboxJSON? { SandboxJSON(Array(body.utf8)) }

  /// The parameters of the body as a form. If a name occurs twice, the last value counts.
  public var form: [String: String] { Self.dictionary(body) }

  /// The parameters of the query. If a name occurs twice, the last value counts.
  public var queryValues: [String: String] { Self.dictionary(query ?? "") }

  /// The token of `Authorization: Bearer`.
  var bearer: String? {
    guard let value = value(of: "Authorization") else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
  }

  /// All values of the request, as in `/admin/requests.json` and the log.
  public var record: SandboxJSON {
    var members: [String: SandboxJSON] = [
      "number": .integer(number), "time": .number(time), "origin": .string(origin), "method": .string(method),
      "path": .string(path), "status": .integer(status), "note": .string(note), "body": .string(body),
      "headers": .array(fields.map { [.string($0.name), .string($0.value)] }),
    ]
    members["query"] = query.map(SandboxJSON.string)
    members["kind"] = kind.map(SandboxJSON.string)
    members["endpoint"] = endpoint.map { .string($0.rawValue) }
    return .object(members)
  }

  private static func dictionary(_ text: String) -> [String: String] {
    Dictionary((FormValues.pairs(text) ?? []).map { ($0.name, $0.value) }) { _, last in last }
  }
}
