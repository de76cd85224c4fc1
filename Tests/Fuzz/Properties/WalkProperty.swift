@testable import MCPAuthCore

/// The whole discovery with a server that gives the answers of the input in this order, then only 404.
enum WalkProperty {
  private static let statuses = [401, 200, 404, 403, 200, 302, 500, 429, 200, 307, 204, 405, 503, 400, 200, 308]
  private static let now = Timestamp(seconds: 1_800_000_000)

  static func check(_ bytes: [UInt8]) throws(Violation) {
    let answers = Answers.parse(bytes, statuses: statuses)
    for target in targets {
      let walk: DiscoveryWalk
      do throws(DiscoveryFailure) {
        walk = try DiscoveryWalk(target)
      } catch {
        try DiagnosticProperty.check(error.diagnostic)
        continue
      }
      var run = Run(answers: answers[...])
      try run.finish(walk)
    }
  }

  private static let targets = [
    DiscoveryTarget(.testing("https://mcp.example/a/mcp")),
    DiscoveryTarget(.testing("http://127.0.0.1:8080/mcp"), assumesS256: true),
    DiscoveryTarget(.testing("https://mcp.example/"), issuer: "https://as.example"),
  ]

  private struct Run {
    var answers: ArraySlice<Answers.Answer>
    var requests = 0

    mutating func finish(_ start: DiscoveryWalk) throws(Violation) {
      var walk = start
      for _ in 0..<400 {
        switch walk.next() {
        case .probe(let probe):
          let (outcome, records) = try drive(probe, of: walk)
          walk.receive(outcome, records: records)
        case .fetch(let fetch, _):
          let (answer, _) = try drive(fetch, of: walk)
          walk.receive(answer)
        case .finished(.success(let server)): return try check(server, walk)
        case .finished(.failure(let failure)):
          try DiagnosticProperty.check(failure.diagnostic)
          try DiagnosticProperty.check(failure.warnings)
          return
        }
      }
      throw Violation("it does not come to an end")
    }

    private mutating func drive<Exchange: DiscoveryExchange>(
      _ start: Exchange, of walk: DiscoveryWalk
    ) throws(Violation) -> (Exchange.Outcome, [RequestRecord]) {
      var exchange = start
      for _ in 0..<100 {
        switch exchange.next() {
        case .send(let request):
          try check(request, of: walk)
          requests += 1
          try require(requests <= 400, "\(requests) requests")
          let answer = answers.popFirst()?.response ?? HTTPResponse(status: 404)
          exchange.receive(.success(answer), now: now, jitter: 0.5)
        case .wait(let milliseconds, _):
          try require((0...3_600_000).contains(milliseconds), "a wait of \(milliseconds) ms")
          exchange.waited()
        case .finished(let outcome): return (outcome, exchange.records)
        }
      }
      throw Violation("an exchange does not come to an end")
    }

    /// Checks each request: no credentials, https except for loopback, and a URL from a server is never trusted like one from the inventory.
    private func check(_ request: HTTPRequest, of walk: DiscoveryWalk) throws(Violation) {
      for field in request.fields {
        try require(
          !["authorization", "cookie", "proxy-authorization"].contains(field.name.lowercased()), "sends \(field.name)")
        try require(!field.value.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a line end in \(field.name)")
      }
      try require(
        request.url.isSecure || walk.target.trust.url.isLoopback && request.url.isLoopback, "asks \(request.url.text)")
      if request.provenance == .inventory {
        let own = [walk.target.trust.url.origin, "https://as.example"]
        try require(own.contains(request.url.origin), "\(request.url.text) is taken for the inventory's")
      }
    }

    private func check(_ server: DiscoveredServer, _ walk: DiscoveryWalk) throws(Violation) {
      try DiagnosticProperty.check(server.warnings)
      for record in server.requests { try DiagnosticProperty.check(record) }
      let metadata = server.metadata
      try require(
        metadata.issuer.equalsButForSlash(server.authorizationServer)
          || metadata.issuer == walk.target.issuer, "the issuer \(metadata.issuer) for \(server.authorizationServer)")
      if let issuer = walk.target.issuer {
        try require(metadata.issuer == issuer, "another issuer than the pinned one")
      }
      let trust = walk.target.trust
      for endpoint in [metadata.authorizationEndpoint, metadata.tokenEndpoint] {
        try require((try? CheckedURL(endpoint, plaintext: trust.plaintext)) != nil, "the endpoint \(endpoint)")
      }
      if metadata.isFromDocument {
        try require(
          metadata.codeChallengeMethodsSupported?.contains("S256") ?? walk.target.assumesS256, "without S256")
      }
      let (match, _) = ResourceMatch.of(server.resource, trust)
      if case .mismatch(let why) = match { throw Violation("the resource \(server.resource): \(why)") }
    }
  }
}
