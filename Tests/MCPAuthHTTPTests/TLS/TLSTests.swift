import MCPAuth
import MCPAuthCore
import NIOSSL
import Testing

@testable import MCPAuthHTTP

@Suite("TLS: which certificates are trusted, and the messages about the others", .timeLimit(.minutes(1)))
struct TLSTests {
  private let authority: TestAuthority

  init() throws {
    authority = try TestAuthority()
  }

  private func withTLSServer<Result>(
    _ tls: NIOSSLContext, script: @escaping RawServer.Script = { _, _ in [ok("{}")] },
    _ body: (RawServer) async throws -> Result
  ) async throws -> Result {
    let server = try await RawServer(tls: tls, script: script)
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

  private func request(_ server: RawServer, host: String = "localhost") throws -> HTTPRequest {
    HTTPRequest(
      .post, try CheckedURL("https://\(host):\(server.port)/", plaintext: .refused), body: Array("{}".utf8),
      provenance: .inventory)
  }

  private var trusting: HTTPSettings {
    HTTPSettings(userAgent: "mcpauth/1", certificateAuthorities: authority.certificate)
  }

  @Test(
    "InventoryReference#Network: an authority of network.ca_file is trusted", arguments: ["localhost", "127.0.0.1"])
  func certificateAuthorities(host: String) async throws {
    try await withTLSServer(authority.server(names: "DNS:localhost,IP:127.0.0.1")) { server in
      let request = try request(server, host: host)
      let answer = try await withTransport(trusting) { try await $0.send(request) }
      #expect(answer.body == Array("{}".utf8))
    }
  }

  @Test("InventoryReference#Network: an authority of SSL_CERT_FILE is trusted")
  func certificateFile() async throws {
    try await withTLSServer(authority.server(names: "DNS:localhost")) { server in
      let request = try request(server)
      let settings = HTTPSettings(
        userAgent: "mcpauth/1", environment: ["SSL_CERT_FILE": authority.certificatePath])
      #expect(try await withTransport(settings) { await $0.failure(of: request) } == nil)
    }
  }

  @Test("InventoryReference#Network: network.system_roots: false trusts only the named authorities")
  func namedAuthoritiesAlone() async throws {
    try await withTLSServer(authority.server(names: "DNS:localhost")) { server in
      let request = try request(server)
      var settings = trusting
      settings.trustsSystemRoots = false
      #expect(try await withTransport(settings) { await $0.failure(of: request) } == nil)
      settings.certificateAuthorities = try TestAuthority().certificate
      guard case .notSent? = try await withTransport(settings, { await $0.failure(of: request) }) else {
        Issue.record("an authority that nobody named was believed")
        return
      }
    }
    let trust = try Trust(certificateAuthorities: authority.certificate, certificateFile: nil, withSystemRoots: false)
    guard case .certificates(let believed)? = trust.configuration.trustRoots else {
      Issue.record("\(String(describing: trust.configuration.trustRoots))")
      return
    }
    #expect(believed.count == 1)
    #expect(trust.configuration.additionalTrustRoots.isEmpty)
  }

  @Test("a certificate for another host: nothing was sent", arguments: ["localhost", "127.0.0.1"])
  func wrongHost(host: String) async throws {
    try await withTLSServer(authority.server(names: "DNS:elsewhere.example,IP:10.0.0.1")) { server in
      let request = try request(server, host: host)
      let failure = try await withTransport(trusting) { await $0.failure(of: request) }
      let words = "the certificate is not for \(host): it names elsewhere.example, 10.0.0.1"
      #expect(failure == .notSent(reason: words))
      #expect(server.seen.bytes == 0)
    }
  }

  @Test("an expired certificate: nothing was sent")
  func expired() async throws {
    let tls = try authority.server(names: "DNS:localhost", dates: ("20200101000000Z", "20200201000000Z"))
    try await withTLSServer(tls) { server in
      let request = try request(server)
      let failure = try await withTransport(trusting) { await $0.failure(of: request) }
      #expect(failure == .notSent(reason: TLSMessage.expired))
      #expect(server.seen.bytes == 0)
    }
  }

  @Test("a certificate that is not valid yet: nothing was sent")
  func notYetValid() async throws {
    let tls = try authority.server(names: "DNS:localhost", dates: ("20980101000000Z", "20991231000000Z"))
    try await withTLSServer(tls) { server in
      let request = try request(server)
      let failure = try await withTransport(trusting) { await $0.failure(of: request) }
      #expect(failure == .notSent(reason: TLSMessage.notYetValid))
    }
  }

  @Test("a self-signed certificate: nothing was sent")
  func selfSigned() async throws {
    try await withTLSServer(authority.selfSignedServer(names: "DNS:localhost")) { server in
      let request = try request(server)
      let failure = try await withTransport(trusting) { await $0.failure(of: request) }
      #expect(failure == .notSent(reason: TLSMessage.selfSigned))
      #expect(server.seen.bytes == 0)
    }
  }

  @Test("a certificate of an unknown authority: nothing was sent")
  func unknownAuthority() async throws {
    try await withTLSServer(authority.server(names: "DNS:localhost")) { server in
      let request = try request(server)
      let failure = try await withTransport { await $0.failure(of: request) }
      #expect(failure == .notSent(reason: TLSMessage.unknownAuthority))
      #expect(server.seen.bytes == 0)
    }
  }

  @Test("Discovery#Requests: the diagnosis of a certificate follows the address rule")
  func diagnosisIsJudged() async throws {
    try await withTLSServer(authority.selfSignedServer(names: "DNS:localhost")) { server in
      let diagnosis = CertificateDiagnosis(
        host: "localhost", port: server.port, rule: AddressRule(allowPrivate: [], allowance: .none),
        tls: .makeClientConfiguration())
      #expect(await diagnosis.words() == TLSMessage.untrusted)
    }
  }

  @Test("a server without TLS: no part of the request was sent")
  func noTLS() async throws {
    try await withServer(onConnect: [.write("HTTP/1.1 400 Bad Request\r\n\r\n"), .close]) { server in
      let request = try request(server)
      let failure = try await withTransport { await $0.failure(of: request) }
      #expect(failure?.mayHaveArrived == false)
    }
  }

  @Test("a server that does not answer the handshake: nothing was sent, after the connect timeout")
  func silent() async throws {
    try await withServer { server in
      let request = try request(server)
      let failure = try await withTransport(connectTimeout: 1) { await $0.failure(of: request) }
      guard case .notSent = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
    }
  }

  @Test("a reset during the handshake: nothing was sent")
  func resetDuringHandshake() async throws {
    try await withServer(onConnect: [.reset]) { server in
      let request = try request(server)
      let failure = try await withTransport { await $0.failure(of: request) }
      #expect(failure?.mayHaveArrived == false)
    }
  }

  @Test(
    "a connection lost over TLS after the request: the request may have arrived",
    arguments: [RawServer.Step.close, .reset])
  func lost(step: RawServer.Step) async throws {
    try await withTLSServer(authority.server(names: "DNS:localhost"), script: { _, _ in [step] }) { server in
      let request = try request(server)
      let failure = try await withTransport(trusting) { await $0.failure(of: request) }
      #expect(failure?.mayHaveArrived == true)
      #expect(server.seen.requests.count == 1)
    }
  }

  @Test(
    "an unreadable PEM is invalid-value",
    arguments: ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
  func unreadablePEM(text: String) throws {
    let error = try #require(throws: Diagnostic.self) {
      try HTTPTransport(HTTPSettings(userAgent: "mcpauth/1", certificateAuthorities: Array(text.utf8)))
    }
    #expect(error.code == .invalidValue)
  }

  @Test("an unreadable SSL_CERT_FILE is invalid-value")
  func unreadableFile() throws {
    let error = try #require(throws: Diagnostic.self) {
      try HTTPTransport(
        HTTPSettings(userAgent: "mcpauth/1", environment: ["SSL_CERT_FILE": "/no/such/file.pem"]))
    }
    #expect(error.code == .invalidValue)
    #expect(error.message.contains("/no/such/file.pem"))
  }
}
