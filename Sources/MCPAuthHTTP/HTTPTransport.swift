import AsyncHTTPClient
import MCPAuth
package import MCPAuthCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// The live `Transport`, over async-http-client.
///
/// Sends each request once. It follows no redirect, does not retry, and does not decompress (it requests no compression and counts the
/// bytes as received). GETs without credentials, and requests that say so, share connections. Every other request has its own. Call `shutdown()` before the
/// last reference is released: otherwise async-http-client traps in debug builds.
package final class HTTPTransport: Transport, Sendable {
  private let settings: HTTPSettings
  private let resolver: any AddressResolver
  private let proxies: ProxyRules
  private let permits: SendPermitRegistry
  private let pool: ClientPool
  private let deadlines = RequestDeadlines()
  private let names = FoundNames()
  private let trust: Trust

  /// - Throws: `invalid-value` for a PEM without a readable certificate, an invalid proxy URL, or an entry of `allowPrivate` that is not a
  ///   network, an address or a host name.
  package convenience init(_ settings: HTTPSettings) throws(Diagnostic) {
    try self.init(settings, resolver: SystemResolver())
  }

  /// - Parameter resolver: resolves names for the check before a connection is made. The connection itself uses the system's resolver.
  init(_ settings: HTTPSettings, resolver: any AddressResolver) throws(Diagnostic) {
    for entry in settings.allowPrivate where AddressRule.Entry(entry) == nil {
      throw Diagnostic(
        .error, .invalidValue,
        "'\(ForeignText.printable(entry, limit: 64))' is not a network, an address or a host name",
        help: ["write 10.0.0.0/8, 10.1.2.3 or keycloak.internal"])
    }
    self.settings = settings
    self.resolver = resolver
    self.proxies = try ProxyRules(settings.environment)
    var trust = try Trust(
      certificateAuthorities: settings.certificateAuthorities, certificateFile: settings.environment["SSL_CERT_FILE"],
      withSystemRoots: settings.trustsSystemRoots)
    if let certificate = settings.clientCertificate, let key = settings.clientKey {
      trust = try trust.presenting(certificate: certificate, key: key)
    }
    self.trust = trust
    self.permits = SendPermitRegistry()
    self.pool = ClientPool(
      tls: trust.configuration, connectTimeout: .seconds(Int64(settings.connectTimeout)), permits: permits)
  }

  /// Whether this PEM contains a certificate, as `network.ca_file` requires.
  package static func holdsCertificates(_ pem: [UInt8]) -> Bool {
    Trust.certificates(pem) != nil
  }

  /// Closes all connections. Requests under way and later requests fail.
  package func shutdown() async {
    await pool.shutdown()
  }

  package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard HostName.isConnectable(request.url.host) else {
      throw .notSent(reason: "'\(ForeignText.printable(request.url.host, limit: 64))' is not a host name")
    }
    let route = route(of: request)
    let permit = SendPermit(
      target: Self.target(of: request.url), secureHost: request.url.isSecure ? request.url.host : nil,
      rule: route.proxy == nil ? route.rule : nil, inboundLimit: 2 * request.bodyLimit + Self.inboundAllowance)
    return try await deadlines.exchange(for: request, permit: permit) { () async throws(HTTPFailure) in
      try await self.judge(request.url.host, route)
      return try await self.exchange(request, route: route, permit: permit)
    }
  }

  /// How a request leaves the machine, and which rule its address must satisfy.
  private struct Route {
    var proxy: Proxy?
    /// nil if every address is allowed.
    var rule: AddressRule?
  }

  private func route(of request: HTTPRequest) -> Route {
    var route = Route(proxy: proxies.proxy(for: request.url))
    guard request.provenance == .discovered else { return route }
    let rule = AddressRule(allowPrivate: settings.allowPrivate, allowance: request.allowance)
    if !rule.allowsName(request.url.host) { route.rule = rule }
    return route
  }

  /// Fails early if the name cannot be found (`FoundNames`), or if the name or the literal leads to an address that is not allowed. The address is
  /// checked again on the open connection.
  private func judge(_ host: String, _ route: Route) async throws(HTTPFailure) {
    if let rule = route.rule, let literal = HostName.address(host) {
      if let objection = rule.objection(to: literal) {
        throw .addressBlocked(reason: "it leads to \(objection)")
      }
      return
    }
    // With a proxy, the proxy resolves names (Discovery#Requests). But some names always mean the proxy's own machine.
    guard route.proxy == nil else {
      if let rule = route.rule, HostName.isLocal(host), !rule.allowsLocalNames {
        throw .addressBlocked(reason: "\(host) is a loopback name")
      }
      return
    }
    if route.rule == nil, !HostName.isName(host) || names.contains(host) { return }
    let addresses: [IPAddress]
    do {
      addresses = try await resolver.addresses(of: host)
    } catch {
      throw .notSent(reason: FailureMessage.unresolved(isTemporary: error.isTemporary))
    }
    // One address that is not allowed is enough to refuse, because the connection may use any of the addresses.
    for address in addresses {
      if let objection = route.rule?.objection(to: address) {
        throw .addressBlocked(reason: "\(host) resolves to \(objection)")
      }
    }
    names.insert(host)
  }

  private func exchange(
    _ request: HTTPRequest, route: Route, permit: SendPermit
  ) async throws(HTTPFailure) -> HTTPResponse {
    let isPlainGet = request.method == .get && !request.fields.contains { $0.name.lowercased() == "authorization" }
    let key = ClientPool.Key(
      provenance: request.provenance, allowance: request.allowance,
      reuse: isPlainGet || request.keepsConnection ? .kept : .single,
      proxy: route.proxy, looksUp: HostName.isName(route.proxy?.host ?? request.url.host))
    // async-http-client notices a cancellation with a delay.
    guard !Task.isCancelled else { throw .notSent(reason: "cancelled") }
    guard let client = pool.client(for: key) else { throw .notSent(reason: "the transport was shut down") }
    let number = permits.add(permit)
    defer { permits.remove(number) }
    do {
      // This deadline covers only the head of the answer. `RequestDeadlines` covers the whole answer.
      let response = try await client.execute(
        wireRequest(request, number: number), timeout: .seconds(Int64(request.timeout) + 1))
      // A server can send an answer on a connection on which no request was permitted.
      guard permit.isSent else { throw SendPermitHandler.NotPermitted() }
      return try await Self.answer(response, to: request)
    } catch let failure as HTTPFailure {
      throw failure
    } catch is InboundLimit.Exceeded where permit.isSent {
      throw .tooLarge(limit: request.bodyLimit)
    } catch {
      throw await failure(error, request: request, route: route, permit: permit)
    }
  }

  private func failure(
    _ error: any Error, request: HTTPRequest, route: Route, permit: SendPermit
  ) async -> HTTPFailure {
    switch permit.withdraw() {
    case .refused(let failure): return failure
    case .sent: return .connectionLost(reason: FailureMessage.lost(error))
    case .unsent:
      if CertificateDiagnosis.isDue(for: error) {
        let diagnosis = CertificateDiagnosis(
          host: request.url.host, port: request.url.port, proxy: route.proxy, rule: route.rule,
          tls: trust.configuration)
        return .notSent(reason: await diagnosis.words())
      }
      let seconds = settings.connectTimeout
      if let proxy = route.proxy {
        return .notSent(reason: FailureMessage.unsent(error, through: proxy, connectTimeout: seconds))
      }
      return .notSent(reason: FailureMessage.unsent(error, connectTimeout: seconds))
    }
  }

  private func wireRequest(_ request: HTTPRequest, number: String) -> HTTPClientRequest {
    var wire = HTTPClientRequest(url: request.url.origin + "/")
    wire.method = HTTPMethod(rawValue: request.method.rawValue)
    wire.headers.add(name: "Host", value: Self.authority(of: request.url))
    if !request.fields.contains(where: { $0.name.lowercased() == "user-agent" }) {
      wire.headers.add(name: "User-Agent", value: settings.userAgent)
    }
    for field in request.fields where !Self.ours.contains(field.name.lowercased()) {
      wire.headers.add(name: field.name, value: field.value)
    }
    wire.headers.add(name: SendPermitRegistry.field, value: number)
    if let body = request.body { wire.body = .bytes(ByteBuffer(bytes: body)) }
    return wire
  }

  /// The most bytes around a body: interim answers, header fields, the framing of chunks and of TLS.
  private static let inboundAllowance = 256 * 1024

  /// Header fields that a request cannot set.
  private static let ours: Set = [
    "host", "content-length", "transfer-encoding", "connection", SendPermitRegistry.field,
  ]

  private static func target(of url: CheckedURL) -> String {
    (url.path.isEmpty ? "/" : url.path) + (url.query.map { "?" + $0 } ?? "")
  }

  private static func authority(of url: CheckedURL) -> String {
    String(url.origin.drop { $0 != "/" }.dropFirst(2))
  }

  /// Reads the body up to the limit, if the request wants a body. Dropping the sequence cancels the exchange and closes the connection with
  /// the unread rest. The status alone makes a refusal definite, so the body of a refusal is cut instead of failing.
  private static func answer(_ response: HTTPClientResponse, to request: HTTPRequest) async throws -> HTTPResponse {
    var answer = HTTPResponse(
      status: Int(response.status.code), fields: response.headers.map { HTTPField($0.name, $0.value) })
    guard request.wantsBody else { return answer }
    let isSuccess = (200...299).contains(answer.status)
    let announced = response.headers.first(name: "Content-Length").flatMap { Int($0) }
    if isSuccess, let announced, announced > request.bodyLimit { throw HTTPFailure.tooLarge(limit: request.bodyLimit) }
    do {
      for try await part in response.body {
        let room = request.bodyLimit - answer.body.count
        answer.body.append(contentsOf: part.readableBytesView.prefix(room))
        if part.readableBytes > room {
          guard !isSuccess else { throw HTTPFailure.tooLarge(limit: request.bodyLimit) }
          break
        }
      }
    } catch is InboundLimit.Exceeded where !isSuccess {
      return answer
    }
    return answer
  }
}
