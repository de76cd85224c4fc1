import Foundation
import Synchronization

/// The complete state of a sandbox. Nothing else in the sandbox changes.
final class World: Sendable {
  struct Issued: Sendable {
    var kind: String
    var issuer: String
    var clientID: String
    var resource: String?
    var scope: String?
  }

  struct Code: Sendable {
    var issued: Issued
    var redirectURI: String
    var challenge: String
    var expires: Double
    /// The tokens that were issued for the code. If the code is used twice, they are revoked (RFC 6749 4.1.2).
    var tokens: [String]?
  }

  struct AccessToken: Sendable {
    var issued: Issued
    var expires: Double
  }

  struct ClientKey: Hashable, Sendable {
    var issuer: String
    var clientID: String
  }

  struct FaultKey: Hashable, Sendable {
    var site: String
    var endpoint: SandboxEndpoint
  }

  struct State: Sendable {
    var kinds: [String: SandboxKind]
    /// Issuer paths that a kind had before its issuer was moved. They are still served.
    var formerIssuerPaths: [String: [String]] = [:]
    var answers: [String: (answer: SandboxAnswer, times: Int?)] = [:]
    var requests: [SandboxRequest] = []
    var requestCount = 0
    var clients: [ClientKey: SandboxClient] = [:]
    /// The keys in the order of the registrations.
    var clientOrder: [ClientKey] = []
    var codes: [String: Code] = [:]
    var accessTokens: [String: AccessToken] = [:]
    var refreshTokens: [String: Issued] = [:]
    var registrations: [String: Int] = [:]
    var underWay: [String: Int] = [:]
    var mostAtOnce: [String: Int] = [:]
    var faultCounts: [FaultKey: Int] = [:]
  }

  private let state: Mutex<State>
  let keptRequests: Int

  init(_ configuration: SandboxConfiguration) {
    var kinds = Dictionary(configuration.kinds.map { ($0.name, $0) }) { _, last in last }
    if configuration.numberedServers > 0 { kinds[SandboxKind.numbered.name] = .numbered }
    keptRequests = configuration.keptRequests
    state = Mutex(State(kinds: kinds, answers: configuration.answers.mapValues { ($0, nil) }))
  }

  func with<Value: Sendable>(_ body: (inout sending State) -> sending Value) -> Value {
    state.withLock(body)
  }

  /// In seconds since 1970.
  static var now: Double { Date().timeIntervalSince1970 }

  /// 32 random hexadecimal digits, with a prefix that names the type of the token.
  static func token(_ prefix: String) -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = (0..<2).map { _ in
      let text = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return prefix + digits.joined()
  }
}

extension World.State {
  mutating func record(_ request: SandboxRequest, keeping kept: Int) {
    requests.append(request)
    // Removes many requests at once, so that a long run does not move the whole list for every request.
    if requests.count > kept + kept / 4 + 16 { requests.removeFirst(requests.count - kept) }
  }

  mutating func add(_ client: SandboxClient) {
    let key = World.ClientKey(issuer: client.issuer, clientID: client.clientID)
    if clients.updateValue(client, forKey: key) == nil { clientOrder.append(key) }
  }

  mutating func remove(_ keys: Set<World.ClientKey>) {
    guard !keys.isEmpty else { return }
    for key in keys { clients[key] = nil }
    clientOrder.removeAll(where: keys.contains)
    let isGone = { (issued: World.Issued) in keys.contains(.init(issuer: issued.issuer, clientID: issued.clientID)) }
    codes = codes.filter { !isGone($0.value.issued) }
    accessTokens = accessTokens.filter { !isGone($0.value.issued) }
    refreshTokens = refreshTokens.filter { !isGone($0.value) }
  }

  /// The current fault of an endpoint, or nil. Counts the request.
  mutating func fault(of kind: SandboxKind, at endpoint: SandboxEndpoint, site: String, method: String) -> SandboxFault?
  {
    guard let fault = kind.faults[endpoint], fault.method.map({ $0 == method }) ?? true else { return nil }
    guard let times = fault.times else { return fault }
    let count = faultCounts[.init(site: site, endpoint: endpoint), default: 0]
    guard count < times else { return nil }
    faultCounts[.init(site: site, endpoint: endpoint)] = count + 1
    return fault
  }
}
