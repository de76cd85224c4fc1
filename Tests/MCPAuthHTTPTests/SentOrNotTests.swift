import MCPAuth
import MCPAuthCore
import Synchronization
import Testing

@testable import MCPAuthHTTP

/// Whether a failed request may have arrived. This decides whether a registration may be repeated (Reliability#Order-of-writes).
@Suite("A failure says whether the request may have arrived", .timeLimit(.minutes(1)))
struct SentOrNotTests {
  private func registration(_ url: CheckedURL, timeout: Int = 10) -> HTTPRequest {
    HTTPRequest(.post, url, body: Array("{}".utf8), provenance: .inventory, timeout: timeout)
  }

  @Test("a refused connection: nothing was sent")
  func refused() async throws {
    let port = try await withServer { $0.port }
    let url = try CheckedURL("http://127.0.0.1:\(port)/", plaintext: .loopback)
    let failure = try await withTransport { await $0.failure(of: registration(url)) }
    #expect(failure == .notSent(reason: "connection refused"))
  }

  @Test("a name without an address: nothing was sent", arguments: [HTTPRequest.Provenance.inventory, .discovered])
  func noSuchHost(provenance: HTTPRequest.Provenance) async throws {
    var request = registration(try CheckedURL("https://no-such-host.invalid/", plaintext: .refused))
    request.provenance = provenance
    let failure = try await withTransport { await $0.failure(of: request) }
    guard case .notSent(let reason) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(
      [FailureMessage.unresolved(isTemporary: false), FailureMessage.unresolved(isTemporary: true)].contains(reason))
  }

  @Test(
    "a host that a URL type might decode is refused",
    arguments: [
      "https://%31%32%37.0.0.1/", "https://a,b/", "https://[1::2::3]/", "https://127.0.0.1../", "https://a..b/",
      "https://./", "https://.a/", "https://1.2.3.4.5/", "https://a.0x7f/", "https://a.1/", "https://127.0.0.0x/",
    ])
  func oddHost(text: String) async throws {
    let url = try CheckedURL(text, plaintext: .refused)
    let failure = try await withTransport { await $0.failure(of: registration(url)) }
    #expect(failure?.mayHaveArrived == false)
  }

  @Test("a server that accepts and closes, at any point of the request: never reported as unsent after the first byte")
  func closeOnAccept() async throws {
    for _ in 0..<20 {
      try await withServer(onConnect: [.reset]) { server in
        let url = try loopbackURL(server)
        let failure = try await withTransport { await $0.failure(of: registration(url)) }
        let unsent = failure?.mayHaveArrived == false
        if unsent { #expect(server.seen.bytes == 0) }
        #expect(failure != nil)
      }
    }
  }

  @Test(
    "connection lost after the request: the request may have arrived",
    arguments: [
      ([RawServer.Step.close], "the server closed the connection without a whole answer"),
      ([.reset], "the connection was reset"),
      ([.write("HTTP/1.1 2"), .close], nil),
      ([.write("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"client_id\""), .close], nil),
      ([.write("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cli"), .close], nil),
      ([.write("SSH-2.0-OpenSSH_9.2\r\n"), .close], nil),
    ] as [([RawServer.Step], String?)])
  func lost(steps: [RawServer.Step], reason: String?) async throws {
    try await withServer(answering: steps) { server in
      let url = try loopbackURL(server)
      let failure = try await withTransport { await $0.failure(of: registration(url)) }
      guard case .connectionLost(let words) = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
      if let reason { #expect(words == reason) }
      #expect(server.seen.requests.count == 1)
    }
  }

  @Test(
    "Registration#Strategies: a POST gets its own connection, so it is never lost on one that the server just closed")
  func freshConnections() async throws {
    try await withServer(script: { _, _ in [ok("{}")] }) { server in
      let url = try loopbackURL(server)
      try await withTransport { transport in
        _ = try await transport.send(HTTPRequest(.get, url, provenance: .inventory))
        _ = try await transport.send(registration(url))
        _ = try await transport.send(registration(url))
        #expect(server.seen.connections == 3)
        // The connections of the POSTs are closed at once, that of the GET later.
        #expect(await eventually { server.seen.closedConnections >= 2 })
      }
    }
  }

  @Test("a GET with credentials gets its own connection, because a read may rotate its token")
  func freshForCredentials() async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let request = HTTPRequest(
        .get, try loopbackURL(server), fields: [HTTPField("authorization", "Bearer x")], provenance: .inventory)
      try await withTransport {
        _ = try await $0.send(request)
        _ = try await $0.send(request)
      }
      #expect(server.seen.connections == 2)
    }
  }

  @Test("a kept connection that the server closes at the next request: connection lost, and no silent retry")
  func keptConnectionClosed() async throws {
    try await withServer(script: { _, number in number == 1 ? [ok("{}")] : [.close] }) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory)
      try await withTransport { transport in
        _ = try await transport.send(request)
        let failure = await transport.failure(of: request)
        #expect(failure == .connectionLost(reason: "the server closed the connection without a whole answer"))
        #expect(server.seen.requests.count == 2)
      }
    }
  }

  @Test("a POST right after the server closed an idle connection gets a new one")
  func idleConnectionClosed() async throws {
    try await withServer(script: { _, _ in [ok("{}"), .close] }) { server in
      let request = HTTPRequest(.get, try loopbackURL(server), provenance: .inventory)
      try await withTransport { transport in
        _ = try await transport.send(request)
        #expect(await eventually { server.seen.closedConnections == 1 })
        let failure = await transport.failure(of: registration(request.url))
        #expect(failure == nil)
        #expect(server.seen.connections == 2)
      }
    }
  }

  @Test("a server that never answers: timeout, and the request was sent")
  func stalled() async throws {
    try await withServer { server in
      let url = try loopbackURL(server)
      try await withTransport { transport in
        let failure = await transport.failure(of: registration(url, timeout: 3))
        #expect(failure == .timeout(seconds: 3, sent: true))
        #expect(server.seen.requests.count == 1)
        #expect(await eventually { server.seen.closedConnections == 1 })
      }
    }
  }

  @Test("the timeout includes the whole answer with its body")
  func stalledBody() async throws {
    try await withServer(answering: [.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")]) { server in
      let url = try loopbackURL(server)
      try await withTransport { transport in
        let failure = await transport.failure(of: registration(url, timeout: 3))
        #expect(failure == .timeout(seconds: 3, sent: true))
        #expect(await eventually { server.seen.closedConnections == 1 })
      }
    }
  }

  @Test(
    "a resolver that does not answer: timeout, not sent, and no caller waits for it",
    arguments: [HTTPRequest.Provenance.inventory, .discovered])
  func hangingResolver(provenance: HTTPRequest.Provenance) async throws {
    struct Hanging: AddressResolver {
      func addresses(of host: String) async throws(ResolutionError) -> [IPAddress] {
        try? await Task.sleep(for: .seconds(50))
        throw ResolutionError(isTemporary: true)
      }
    }
    var request = registration(try CheckedURL("https://slow.example/", plaintext: .refused), timeout: 1)
    request.provenance = provenance
    let failure = try await withTransport(resolver: Hanging()) { await $0.failure(of: request) }
    #expect(failure == .timeout(seconds: 1, sent: false))
  }

  final class CountingResolver: AddressResolver {
    let isFound: Bool
    let count = Mutex(0)

    init(isFound: Bool) {
      self.isFound = isFound
    }

    func addresses(of host: String) async throws(ResolutionError) -> [IPAddress] {
      count.withLock { $0 += 1 }
      guard isFound, let address = IPAddress(literal: "127.0.0.1") else { throw ResolutionError(isTemporary: true) }
      return [address]
    }
  }

  @Test(
    "a name of the inventory is looked up before there is a connection to it, and not again for a while if it was found",
    arguments: [true, false])
  func lookedUp(isFound: Bool) async throws {
    try await withServer(answering: [ok("{}")]) { server in
      let request = registration(try loopbackURL(server, host: "localhost"))
      let resolver = CountingResolver(isFound: isFound)
      let failure = isFound ? nil : HTTPFailure.notSent(reason: FailureMessage.unresolved(isTemporary: true))
      try await withTransport(resolver: resolver) { transport in
        for _ in 0..<3 { #expect(await transport.failure(of: request) == failure) }
      }
      #expect(resolver.count.withLock { $0 } == (isFound ? 1 : 3))
      #expect(server.seen.connections == (isFound ? 3 : 0))
    }
  }

  @Test("cancelling ends the request and its connection, and reports that it was sent")
  func cancelled() async throws {
    try await withServer { server in
      let request = registration(try loopbackURL(server), timeout: 50)
      try await withTransport { transport in
        let task = Task { await transport.failure(of: request) }
        #expect(await eventually { server.seen.requests.count == 1 })
        task.cancel()
        #expect(await task.value == .connectionLost(reason: "cancelled"))
        #expect(await eventually { server.seen.closedConnections == 1 })
      }
    }
  }

  @Test("a task that is already cancelled sends nothing")
  func cancelledBefore() async throws {
    try await withServer { server in
      let request = registration(try loopbackURL(server))
      try await withTransport { transport in
        let task = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return await transport.failure(of: request)
        }
        #expect(await task.value?.mayHaveArrived == false)
        #expect(server.seen.bytes == 0)
      }
    }
  }

  @Test("cancelled at any time: a request reported as unsent never arrives; no connection stays open")
  func cancelledAnytime() async throws {
    try await withServer { server in
      let base = try loopbackURL(server)
      try await withTransport { transport in
        var unsent: [String] = []
        for number in 0..<120 {
          let request = registration(base.sibling(path: "/\(number)."))
          let failure = await cancelled(request, number: number, transport: transport, server: server)
          if failure?.mayHaveArrived == false { unsent.append("POST \(request.url.path) ") }
        }
        #expect(await eventually { server.seen.connections == server.seen.closedConnections })
        let arrived = server.seen.requests
        #expect(!unsent.contains { start in arrived.contains { $0.hasPrefix(start) } })
        // Both outcomes must have occurred. Otherwise the test proves nothing.
        #expect((1..<120).contains(unsent.count))
      }
    }
  }

  /// Sends a request and cancels it. The number selects when: at once, a little later, during the write, or after the request has arrived.
  private func cancelled(
    _ request: HTTPRequest, number: Int, transport: HTTPTransport, server: RawServer
  ) async -> HTTPFailure? {
    let before = server.seen
    let task = Task { await transport.failure(of: request) }
    for _ in 0..<(number % 4 == 1 ? number : 0) { await Task.yield() }
    if number % 4 == 2 {
      // The request may get the unused connection of the request that was cancelled before it.
      _ = await eventually(every: .zero) {
        server.seen.connections > before.connections || server.seen.bytes > before.bytes
      }
    }
    if number % 4 == 3 {
      _ = await eventually(every: .zero) { server.seen.requests.count > before.requests.count }
    }
    task.cancel()
    return await task.value
  }

  @Test("many requests at once: each gets its own answer")
  func manyAtOnce() async throws {
    let echo: RawServer.Script = { request, _ in [ok(String(request.split(separator: " ")[1]))] }
    try await withServer(script: echo) { server in
      let base = try loopbackURL(server)
      try await withTransport { transport in
        let wrong = await withTaskGroup(of: Bool.self) { group in
          for number in 0..<100 {
            let request = HTTPRequest(
              number.isMultiple(of: 2) ? .get : .post, base.sibling(path: "/\(number)"), provenance: .inventory)
            group.addTask { (try? await transport.send(request).body) != Array("/\(number)".utf8) }
          }
          return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
      }
    }
  }
}
