import Foundation
import MCPAuthSandbox
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The code flow (OAuth 2.1 4.1) with a stored client, as a consumer of the lock file and the secret store runs it.
struct CodeFlow: Sendable {
  /// A verifier of 43 characters and its S256 challenge (RFC 7636, appendix B).
  private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  let entry: Document
  let secret: String?
  /// Sent as `resource` (RFC 8707). nil: the parameter is not sent.
  let resource: String?

  init(entry: Document, secret: String?, resource: String?) {
    self.entry = entry
    self.secret = secret
    self.resource = resource
  }

  init(_ it: KindRun) throws {
    entry = it.entry
    resource = it.entry["resource"].string
    secret = it.entry["secret_version"].isNull ? nil : try it.place.record(it.name)["client_secret"].string
  }

  /// Authorizes and exchanges the code.
  /// - Returns: the token endpoint's answer.
  func tokens() async throws -> SandboxJSON {
    let redirect = try #require(entry["redirect_uris"].strings?.first)
    let id = try #require(entry["client_id"].string)
    var query = [
      "response_type=code", "client_id=\(encoded(id))", "redirect_uri=\(encoded(redirect))", "state=x",
      "code_challenge=\(Self.challenge)", "code_challenge_method=S256",
    ]
    if let resource { query.append("resource=\(encoded(resource))") }
    if let scopes = entry["scopes"].strings, !scopes.isEmpty {
      query.append("scope=\(encoded(scopes.joined(separator: " ")))")
    }
    let endpoint = try #require(entry["authorization_endpoint"].string)
    let back = try await Wire.send("GET", endpoint + "?" + query.joined(separator: "&"))
    try #require(back.status == 302, "\(back)")
    let location = try #require(back.fields["location"])
    let items = try #require(URLComponents(string: location)?.queryItems)
    #expect(location.hasPrefix(redirect + "?"))
    #expect(items.first { $0.name == "iss" }?.value == entry["issuer"].string)
    let code = try #require(items.first { $0.name == "code" }?.value, "\(location)")

    var form = [
      "grant_type=authorization_code", "code=\(encoded(code))", "redirect_uri=\(encoded(redirect))",
      "code_verifier=\(Self.verifier)",
    ]
    if let resource { form.append("resource=\(encoded(resource))") }
    var fields = ["Content-Type: application/x-www-form-urlencoded"]
    switch entry["token_endpoint_auth_method"].string {
    case "client_secret_basic":
      let pair = "\(encoded(id)):\(encoded(try #require(secret)))"
      fields.append("Authorization: Basic \(Data(pair.utf8).base64EncodedString())")
    case "client_secret_post":
      form += ["client_id=\(encoded(id))", "client_secret=\(encoded(try #require(secret)))"]
    default:
      form.append("client_id=\(encoded(id))")
    }
    let answer = try await Wire.send(
      "POST", try #require(entry["token_endpoint"].string), fields: fields, body: form.joined(separator: "&"))
    try #require(answer.status == 200, "\(answer)")
    return try #require(SandboxJSON(Array(answer.body.utf8)))
  }

  /// Checks that the stored client works, with a complete flow and an authorized call.
  func check() async throws {
    let tokens = try await tokens()
    let token = try #require(tokens["access_token"]?.string)
    let call = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#
    let answer = try await Wire.send(
      "POST", try #require(entry["url"].string),
      fields: [
        "Content-Type: application/json", "Accept: application/json, text/event-stream",
        "Authorization: Bearer \(token)",
      ], body: call)
    #expect(answer.status == 200)
    let id = try #require(entry["client_id"].string)
    #expect(answer.body.contains(id), "\(answer.body)")
  }

  private func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? text
  }
}

/// One HTTP exchange on a plain socket: no redirects, no retries, and no code of the program under test.
enum Wire {
  struct Answer: Sendable {
    var status: Int
    /// The first value of each field, by its name in lower case.
    var fields: [String: String]
    var body: String
  }

  enum Failure: Error { case notConnected, cut }

  static func send(_ method: String, _ url: String, fields: [String] = [], body: String = "") async throws -> Answer {
    let parts = try #require(URLComponents(string: url))
    let port = UInt16(try #require(parts.port))
    let target = String(url.dropFirst("http://127.0.0.1:\(port)".count))
    let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
    let head = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + length + fields
    let request = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    let bytes = try await withCheckedThrowingContinuation { continuation in
      // In its own thread: a blocked thread of the pool would prevent the sandbox from answering.
      Thread.detachNewThread { continuation.resume(with: Result { try exchange(request, port) }) }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { throw Failure.cut }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    let pairs = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (
        line[..<colon].lowercased(),
        line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
      )
    }
    return Answer(
      status: Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0,
      fields: Dictionary(pairs) { first, _ in first }, body: String(text[end.upperBound...]))
  }

  private static func exchange(_ request: [UInt8], _ port: UInt16) throws -> [UInt8] {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    defer { close(descriptor) }
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure.notConnected }
    guard Foundation.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      throw Failure.cut
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return received }
      received += buffer[..<count]
    }
  }
}
