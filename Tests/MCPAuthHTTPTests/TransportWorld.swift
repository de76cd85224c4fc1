import MCPAuth
import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

/// Runs a test with a transport, and shuts the transport down.
///
/// - Parameter connectTimeout: seconds. More than the program has: on a busy machine a handshake can take long.
func withTransport<Result>(
  _ settings: HTTPSettings = HTTPSettings(userAgent: "mcpauth/1.2.3"), resolver: any AddressResolver = SystemResolver(),
  connectTimeout: Int = 60, _ body: (HTTPTransport) async throws -> Result
) async throws -> Result {
  var settings = settings
  settings.connectTimeout = connectTimeout
  let transport = try HTTPTransport(settings, resolver: resolver)
  let result: Result
  do {
    result = try await body(transport)
  } catch {
    await transport.shutdown()
    throw error
  }
  await transport.shutdown()
  return result
}

/// Runs a test with a server, and stops the server.
func withServer<Result>(
  onConnect: [RawServer.Step] = [], script: @escaping RawServer.Script = { _, _ in [] },
  _ body: (RawServer) async throws -> Result
) async throws -> Result {
  let server = try await RawServer(onConnect: onConnect, script: script)
  let result: Result
  do {
    result = try await body(server)
  } catch {
    await server.stop()
    throw error
  }
  await server.stop()
  return result
}

/// A server with the same steps for every request.
func withServer<Result>(
  answering steps: [RawServer.Step], _ body: (RawServer) async throws -> Result
) async throws -> Result {
  try await withServer(script: { _, _ in steps }, body)
}

func loopbackURL(_ server: RawServer, _ path: String = "/", host: String = "127.0.0.1") throws -> CheckedURL {
  try CheckedURL("http://\(host):\(server.port)\(path)", plaintext: .loopback)
}

extension HTTPTransport {
  /// The failure of a request; nil if there was an answer.
  func failure(of request: HTTPRequest) async -> HTTPFailure? {
    do throws(HTTPFailure) {
      _ = try await send(request)
      return nil
    } catch {
      return error
    }
  }
}

/// Waits until other tasks make the condition true, for a limited time.
func eventually(every pause: Duration = .milliseconds(10), _ condition: () -> Bool) async -> Bool {
  let end = ContinuousClock.now + .seconds(30)
  while ContinuousClock.now < end {
    if condition() { return true }
    if pause == .zero { await Task.yield() } else { try? await Task.sleep(for: pause) }
  }
  return condition()
}

func ok(_ body: String, fields: String = "") -> RawServer.Step {
  .write("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
}
