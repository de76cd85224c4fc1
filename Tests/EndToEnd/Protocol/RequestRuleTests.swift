import Foundation
import MCPAuthSandbox
import Testing

/// The rules for requests (Discovery#Requests) that the logs of the servers show.
@Suite struct RequestRuleTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var member: String
    var value: SandboxJSON
    var code: String?
    var testDescription: String { "\(member) \(value.text())" }
  }

  // MARK: URLs

  static let urlRows = [
    Row(member: "token_endpoint", value: "http://auth.example/token", code: "insecure-url"),
    Row(member: "authorization_endpoint", value: "http://auth.example/authorize", code: "insecure-url"),
    Row(member: "registration_endpoint", value: "http://auth.example/register", code: "insecure-url"),
    Row(member: "authorization_endpoint", value: "https://user@auth.example/authorize", code: "invalid-url"),
    Row(member: "token_endpoint", value: "/token", code: "invalid-url"),
    Row(member: "token_endpoint", value: "https:///token", code: "invalid-url"),
    Row(member: "token_endpoint", value: "https://auth.example/to\u{7}ken", code: "invalid-url"),
    Row(member: "registration_endpoint", value: "https://auth.example/register#here", code: "invalid-url"),
    Row(member: "registration_endpoint", value: "https://auth.example\\register", code: "invalid-url"),
    Row(member: "registration_endpoint", value: "ftp://auth.example/register", code: "invalid-url"),
    // mcpauth does not need this endpoint, so it is not an error.
    Row(member: "revocation_endpoint", value: "http://auth.example/revoke", code: nil),
  ]

  @Test(
    "Discovery#Requests: invalid URLs in metadata are refused, and no request goes to any of them",
    arguments: urlRows
  )
  func urls(row: Row) async throws {
    let configuration = SandboxConfiguration.made("urls") { $0.issuerMetadataChanges = [row.member: row.value] }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("urls")
      #expect(it.code == row.code, "\(it.run.out)")
      if row.code == nil {
        #expect(it.warnings == ["metadata-member-ignored"])
        #expect(it.entry["revocation_endpoint"].isNull)
      } else {
        #expect(it.run.exit == 1)
        #expect(it.requests.allSatisfy { !$0.isToAnEndpoint }, "\(it.trail)")
        #expect(it.lock["orphans"].array.isEmpty)
      }
      if row.code == "insecure-url" {
        #expect(it.server["error"]["help"].string?.contains("X-Forwarded-Proto") == true, "\(it.run.out)")
      }
    }
  }

  @Test("Discovery#Requests: an issuer without TLS is refused, with a hint about the TLS proxy")
  func insecureIssuer() async throws {
    let it = try await KindRuns.run("insecure")
    #expect(it.trail == ["POST mcp", "GET resource-metadata"])
    #expect(it.server["error"]["help"].string?.contains("X-Forwarded-Proto") == true)
  }

  @Test(
    "Discovery#Requests: the inventory may have http only for loopback",
    arguments: [
      ("http://mcp.example/mcp", "insecure-url"), ("http://127.0.0.1.example/mcp", "insecure-url"),
      ("http://10.0.0.1/mcp", "insecure-url"), ("https://user:word@mcp.example/mcp", "invalid-url"),
      ("https://mcp.example/mcp#part", "invalid-url"), ("https:///mcp", "invalid-url"),
    ])
  func inventoryURL(url: String, code: String) async throws {
    let run = try await Workplace(servers: "a: {url: \"\(url)\"}").run("plan", "--format", "json")
    #expect(run.exit == 3)
    #expect(try run.json()["diagnostics"][0]["code"].string == code)
  }

  // MARK: Addresses

  static let addresses = [
    "10.11.12.13", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.2.1", "224.0.0.1",
    "168.63.129.16", "2852039166", "0x0a000001", "012.0.0.1", "[::ffff:10.0.0.1]", "[fd00::1]", "[fe80::1]", "[::]",
    "[64:ff9b::a00:1]", "[2002:a00:1::]",
  ]

  @Test(
    "Discovery#Addresses: a discovered URL cannot lead to a private address in any notation",
    arguments: addresses)
  func address(host: String) async throws {
    let configuration = SandboxConfiguration.made("addresses") {
      $0.metadataChanges = ["authorization_servers": [.string("https://\(host)/as")]]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("addresses", options: ["--timeout", "5s"])
      #expect(it.code == "address-blocked", "\(it.run.out)")
      #expect(it.trail == ["POST mcp", "GET resource-metadata"])
      let last = it.server["error"]["requests"].array.last
      #expect(last?["status"].isNull == true)
    }
  }

  @Test("Discovery#Requests: no registration is sent to a private address, and no mark is left")
  func registrationAddress() async throws {
    let configuration = SandboxConfiguration.made("addresses") {
      $0.issuerMetadataChanges = ["registration_endpoint": "https://169.254.169.254/register"]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("addresses")
      #expect(it.code == "address-blocked")
      #expect(it.lock["orphans"].array.isEmpty)
      // No registration was sent, so the next run tries again.
      let again = try await sandbox.apply("addresses", in: it.place)
      #expect(again.code == "address-blocked")
    }
  }

  // MARK: Redirects

  /// Redirects the resource metadata to itself this number of times.
  private func redirected(_ kind: String, times: Int, to location: String = "{metadata}") async throws -> KindRun {
    try await withServers(SandboxConfiguration(kinds: [kind])) { sandbox in
      sandbox.change(kind) {
        $0.faults[.resourceMetadata] = SandboxFault(.redirect(to: location), times: times)
      }
      return try await sandbox.apply(kind)
    }
  }

  @Test("Discovery#Redirects: five redirects of a GET are followed")
  func fiveRedirects() async throws {
    let it = try await redirected("challenge", times: 5)
    #expect(it.run.exit == 0, "\(it.run.out)")
    #expect(it.requests.filter { $0.endpoint == .resourceMetadata }.map(\.status) == [302, 302, 302, 302, 302, 200])
  }

  @Test("Discovery#Requests: the sixth redirect is refused")
  func sixthRedirect() async throws {
    let it = try await redirected("challenge", times: 6)
    #expect(it.code == "redirect-refused")
    #expect(it.requests.filter { $0.endpoint == .resourceMetadata }.map(\.status) == [302, 302, 302, 302, 302, 302])
    #expect(it.requests.allSatisfy { !$0.isToAnAuthorizationServer })
  }

  @Test(
    "Discovery#Redirects: a redirect of a challenge's URL to another host is an error",
    arguments: ["http://localhost:1/x", "https://auth.example/x", "//auth.example/x", "file:///etc/passwd", ""])
  func redirectAway(location: String) async throws {
    let it = try await redirected("challenge", times: 1, to: location)
    #expect(it.code == "redirect-refused", "\(it.run.out)")
    #expect(it.trail == ["POST mcp", "GET resource-metadata"])
  }

  @Test("Discovery#Redirects: a refused redirect of a guessed URL counts as no document; the next URL is requested")
  func redirectOfGuess() async throws {
    let configuration = SandboxConfiguration.made("guessed") {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.path, .root]
      $0.faults[.resourceMetadata] = SandboxFault(.redirect(to: "https://login.example/"))
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("guessed")
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.trail.prefix(3) == ["POST mcp", "GET resource-metadata", "GET root-resource-metadata"])
      #expect(it.entry["discovered_by"].string == "well-known-root")
    }
  }

  @Test(
    "Discovery#Redirects: no POST follows a redirect, neither of the probe nor of the registration",
    arguments: [301, 302, 303, 307, 308])
  func redirectOfPost(status: Int) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge", "registration-redirects"])) { sandbox in
      sandbox.answer("POST", "/challenge/mcp", with: .redirect(status, to: "/elsewhere/mcp"))
      let probed = try await sandbox.apply("challenge")
      #expect(probed.requests.allSatisfy { !$0.path.hasPrefix("/elsewhere") })
      // The redirect counts as an answer without a challenge. Later the answer to the GET has the challenge.
      #expect(probed.requests.compactMap(\.rung) == ["server/discover", "initialize", "tools/list", "GET"])
      #expect(probed.run.exit == 0, "\(probed.run.out)")

      sandbox.answer(
        "POST", "/as/registration-redirects/register",
        with: .redirect(status, to: "/as/registration-redirects/register/"))
      let registered = try await sandbox.apply("registration-redirects")
      #expect(registered.code == "redirect-refused")
      #expect(registered.trail.filter { $0.hasSuffix("register") || $0.hasSuffix("register/") } == ["POST register"])
      #expect(registered.lock["orphans"].array.isEmpty)
    }
  }

  // MARK: Classes of answer

  struct Class: Sendable, CustomTestStringConvertible {
    var answer: SandboxAnswer
    /// nil: the next candidate is requested.
    var guessed: String?
    var challenged: String
    var tries = 1
    var testDescription: String { "\(answer.status) \(answer.fields.map(\.value)) \(answer.body)" }
  }

  private static let unavailable = "resource-metadata-unavailable"
  static let classes: [Class] =
    [404, 410, 501, 400, 418, 451, 204, 300, 401, 403].map {
      Class(answer: .text($0, $0 == 204 ? "" : "x"), guessed: nil, challenged: unavailable)
    } + [
      Class(answer: .html(), guessed: nil, challenged: unavailable),
      Class(answer: .text(200, "[]", type: "application/json"), guessed: nil, challenged: unavailable),
      Class(answer: .text(200, "null", type: "application/json"), guessed: nil, challenged: unavailable),
      Class(answer: .text(200, #"{"resource":"#, type: "application/json"), guessed: nil, challenged: unavailable),
      Class(answer: .json(200, [:]), guessed: "resource-mismatch", challenged: "resource-mismatch"),
      Class(
        answer: .json(200, ["resource": "{resource}"]), guessed: "no-authorization-server",
        challenged: "no-authorization-server"),
      Class(answer: .text(500, "x"), guessed: "unreachable", challenged: "unreachable", tries: 3),
      Class(answer: .text(503, "x"), guessed: "unreachable", challenged: "unreachable", tries: 3),
      Class(answer: .text(425, "x"), guessed: "unreachable", challenged: "unreachable", tries: 3),
      Class(answer: .text(408, "x"), guessed: "timeout", challenged: "timeout", tries: 3),
      Class(answer: .drop, guessed: "unreachable", challenged: "unreachable", tries: 3),
      Class(answer: .reset, guessed: "unreachable", challenged: "unreachable", tries: 3),
      Class(
        answer: .text(429, "x", fields: [.init("Retry-After", "0")]), guessed: "rate-limited",
        challenged: "rate-limited", tries: 3),
      Class(
        answer: .text(429, "x", fields: [.init("Retry-After", "3600")]), guessed: "rate-limited",
        challenged: "rate-limited"),
      Class(
        answer: .text(503, "x", fields: [.init("Retry-After", "3600")]), guessed: "rate-limited",
        challenged: "rate-limited"),
    ]

  @Test(
    "Discovery#Requests, the table of classes: after a guessed URL that is absent or denied, the next is requested; other errors stop",
    arguments: classes)
  func guessed(row: Class) async throws {
    let configuration = SandboxConfiguration.made("guessed") {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.path, .root]
      $0.faults[.resourceMetadata] = SandboxFault(row.answer)
    }
    let it = try await withServers(configuration) { try await $0.apply("guessed") }
    #expect(it.code == row.guessed, "\(it.run.out)")
    #expect(it.requests.filter { $0.endpoint == .resourceMetadata }.count == row.tries)
    #expect(it.requests.contains { $0.endpoint == .rootResourceMetadata } == (row.guessed == nil))
    #expect(it.registrations == (row.guessed == nil ? 1 : 0))
    if row.code(at: it) == "3600" {
      #expect(it.server["error"]["help"].string?.contains("3600 s") == true || it.run.out.contains("3600"))
    }
  }

  @Test(
    "Discovery#Requests, the table of classes: there is no next URL after that of a challenge or of the inventory",
    arguments: classes)
  func challenged(row: Class) async throws {
    let configuration = SandboxConfiguration.made("pointed") {
      $0.home = .ownOrigin
      $0.metadataPlaces = [.path, .root]
      $0.faults[.resourceMetadata] = SandboxFault(row.answer)
    }
    let it = try await withServers(configuration) { try await $0.apply("pointed") }
    #expect(it.code == row.challenged, "\(it.run.out)")
    #expect(it.trail == ["POST mcp"] + Array(repeating: "GET resource-metadata", count: row.tries))
    #expect(it.run.exit == 1)
    #expect(it.registrations == 0)
  }

  @Test(
    "Discovery#Retries: a transient failure does not change an entry, and there is no fallback",
    arguments: [500, 503, 429, 408])
  func transientKeepsTheLock(status: Int) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let first = try await sandbox.apply("challenge")
      let files = try first.place.snapshot()
      for endpoint in [SandboxEndpoint.oauthMetadata, .resourceMetadata] {
        sandbox.change("challenge") {
          $0.faults = [endpoint: SandboxFault(.text(status, "x", fields: [.init("Retry-After", "0")]))]
        }
        let it = try await sandbox.apply("challenge", in: first.place, options: ["--refresh"])
        #expect(it.run.exit == 1)
        #expect(it.server["action"].string == "blocked")
        #expect(it.requests.filter { $0.endpoint == endpoint }.count == 3)
        #expect(it.requests.allSatisfy { $0.endpoint == endpoint || $0.status < 404 }, "\(it.trail)")
        #expect(try first.place.snapshot() == files)
      }
    }
  }

  @Test("Discovery#Retries: a request is repeated after the time of Retry-After")
  func retryAfter() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      sandbox.change("challenge") {
        $0.faults[.resourceMetadata] = SandboxFault(.text(503, "x", fields: [.init("Retry-After", "2")]), times: 1)
      }
      let place = try Workplace(servers: sandbox.block("challenge"))
      let run = try await place.run("apply", "--format", "ndjson")
      #expect(run.exit == 0, "\(run.all)")
      let waits = run.out.split(separator: "\n").filter { $0.contains("\"event\":\"waiting\"") }
      // Two seconds plus a random part.
      #expect(waits.count == 1 && waits.allSatisfy { $0.contains("\"milliseconds\":2") }, "\(run.out)")
      #expect(sandbox.requests().filter { $0.endpoint == .resourceMetadata }.count == 2)
    }
  }

  // MARK: Issuers that many servers share

  private func numbered(
    _ count: Int, head: String = "", answer: SandboxAnswer? = nil,
    beforeAnswer: (@Sendable (SandboxRequest) async -> Void)? = nil
  ) async throws -> (Run, [SandboxRequest], atOnce: Int, Workplace) {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = count
    configuration.beforeAnswer = beforeAnswer
    return try await withServers(configuration) { sandbox in
      if let answer { sandbox.answer("POST", "/as/n/register", with: answer) }
      let servers = sandbox.servers.map { "\($0): {url: \"\(sandbox.url($0))\"}" }.joined(separator: "\n")
      let place = try Workplace(servers: servers, head: head)
      let run = try await place.run("apply", "--format", "json")
      return (run, sandbox.requests(), sandbox.mostRegistrationsAtOnce("n-0001"), place)
    }
  }

  @Test(
    "Discovery#Limits: the document of an issuer is fetched once per run, and registrations at an issuer are sent one after another"
  )
  func sharedIssuer() async throws {
    let (run, requests, atOnce, _) = try await numbered(12)
    #expect(run.exit == 0, "\(run.all)")
    #expect(requests.filter { $0.endpoint == .oauthMetadata }.count == 1)
    #expect(requests.filter { $0.endpoint == .register }.count == 12)
    #expect(atOnce == 1)
  }

  @Test("Discovery#Requests: network.per_issuer raises the number of parallel registrations")
  func perIssuer() async throws {
    // The first two are answered when the third has arrived, so three are in progress at once.
    let gate = Gate(opensAfter: 3)
    let (run, _, atOnce, _) = try await numbered(
      12, head: "network: {per_issuer: 3}", beforeAnswer: gate.holds(.register))
    #expect(run.exit == 0, "\(run.all)")
    #expect(atOnce == 3)
  }

  static let outages: [(answer: SandboxAnswer, code: String)] = [
    (.text(429, "slow down", fields: [.init("Retry-After", "3600")]), "rate-limited"),
    (.text(500, "x"), "registration-outcome-unknown"), (.drop, "registration-outcome-unknown"),
  ]

  @Test(
    "Discovery#Requests: after a 429 or an unknown outcome, no other registration starts at that issuer in this run",
    arguments: 0..<3)
  func outage(row: Int) async throws {
    let (answer, code) = Self.outages[row]
    let (run, requests, _, place) = try await numbered(8, answer: answer)
    #expect(run.exit == 1)
    #expect(requests.filter { $0.endpoint == .register }.count == 1)
    let document = try run.json()
    let outcomes = document["servers"].array.map { $0["outcome"].string }
    #expect(outcomes.filter { $0 == "failed" }.count == 1, "\(run.out)")
    #expect(outcomes.filter { $0 == "skipped" }.count == 7)
    let codes = document["servers"].array.map { $0["error"]["code"].string }
    #expect(codes.filter { $0 == code }.count == 1)
    #expect(codes.filter { $0 == "skipped" }.count == 7)
    if code == "rate-limited" {
      #expect(place.lockText?.contains("outcome-unknown") != true)
    } else {
      #expect(try place.lock()["orphans"].array.count == 1)
    }
  }
}

extension RequestRuleTests.Class {
  fileprivate func code(at: KindRun) -> String? { answer.fields.first { $0.name == "Retry-After" }?.value }
}
