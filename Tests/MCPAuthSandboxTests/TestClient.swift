import Foundation
import MCPAuthSandbox

#if canImport(Glibc)
  import Glibc
#endif

/// A small HTTP client on plain sockets: one connection per request, no redirects, no retries, header fields as received. It returns exactly what was
/// sent over the connection.
enum TestClient {
  struct Answer: Sendable {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: String

    func values(_ name: String) -> [String] {
      fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    var json: SandboxJSON? { SandboxJSON(Array(body.utf8)) }
  }

  enum Failure: Error, Equatable {
    case notConnected
    /// The connection was closed before a complete head arrived.
    case closed
    case reset
    case timeout
    case notHTTP
    /// Fewer bytes than `Content-Length` announced.
    case cut
  }

  /// Sends a request and reads until the end of the answer.
  /// - Parameters:
  ///   - seconds: the maximum for each read.
  ///   - limit: the maximum number of bytes; the answer is cut there.
  @concurrent static func send(
    _ method: String, _ url: String, fields: [(String, String)] = [], body: String? = nil, seconds: Int = 20,
    limit: Int = 8 << 20
  ) async throws -> Answer {
    let rest = url.dropFirst("http://127.0.0.1:".count)
    let port = rest.prefix { $0.isNumber }
    let target = rest.dropFirst(port.count)
    var head = "\(method) \(target.isEmpty ? "/" : target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
    let request = Array((head + "\r\n" + (body ?? "")).utf8)
    let bytes = try await withCheckedThrowingContinuation { continuation in
      // On its own thread: a blocked thread of the pool would prevent the server from answering.
      Thread.detachNewThread {
        continuation.resume(with: Result { try exchange(request, UInt16(port) ?? 0, seconds: seconds, limit: limit) })
      }
    }
    return try answer(bytes)
  }

  private static func exchange(_ request: [UInt8], _ port: UInt16, seconds: Int, limit: Int) throws -> [UInt8] {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    defer { close(descriptor) }
    var time = timeval(tv_sec: seconds, tv_usec: 0)
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
    var sent = 0
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while received.count < limit {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count == 0 { break }
      if count < 0 {
        if errno == EAGAIN || errno == EWOULDBLOCK { throw Failure.timeout }
        throw Failure.reset
      }
      received += buffer[..<count]
    }
    return received
  }

  private static func answer(_ bytes: [UInt8]) throws -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { throw Failure.closed }
    var lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    let status = lines.removeFirst().split(separator: " ")
    guard status.count >= 2, status[0].hasPrefix("HTTP/1."), let code = Int(status[1]) else { throw Failure.notHTTP }
    let fields = lines.map { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return (name: String(parts[0]), value: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
    }
    let answer = Answer(status: code, fields: fields, body: String(text[end.upperBound...]))
    if let length = answer.values("Content-Length").first.flatMap(Int.init), answer.body.utf8.count < length {
      throw Failure.cut
    }
    return answer
  }

  static func get(_ url: String, fields: [(String, String)] = []) async throws -> Answer {
    try await send("GET", url, fields: fields)
  }

  static func post(_ url: String, json: SandboxJSON, fields: [(String, String)] = [], seconds: Int = 20) async throws
    -> Answer
  {
    try await send(
      "POST", url, fields: [("Content-Type", "application/json")] + fields, body: json.text(), seconds: seconds)
  }

  static func post(_ url: String, form: [String: String], fields: [(String, String)] = []) async throws -> Answer {
    let body = form.sorted { $0.key < $1.key }.map { "\($0.key)=\(encoded($0.value))" }.joined(separator: "&")
    return try await send(
      "POST", url, fields: [("Content-Type", "application/x-www-form-urlencoded")] + fields, body: body)
  }

  static func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? text
  }

  /// A JSON-RPC request to an MCP endpoint.
  static func call(_ url: String, _ method: String, params: SandboxJSON = [:], token: String? = nil) async throws
    -> Answer
  {
    try await post(
      url, json: ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params],
      fields: [("Accept", "application/json, text/event-stream")]
        + (token.map { [("Authorization", "Bearer \($0)")] } ?? []))
  }
}
