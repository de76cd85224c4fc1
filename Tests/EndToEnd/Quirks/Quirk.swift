import Foundation
import MCPAuthSandbox
import Testing

/// A deviation of real servers: its row in RealServers.md, what the sandbox server does, what `mcpauth` does, and the test.
struct Quirk: Sendable, CustomTestStringConvertible {
  enum Proof: Sendable {
    case run(@Sendable () async throws -> Void)
    /// The reason why there is no test.
    case notApplicable(String)
  }

  /// The number of the row, for example 1 for RealServers#1.
  var number: Int
  /// What the sandbox server does, with the names of real servers that do it.
  var server: String
  /// What `mcpauth` does.
  var answer: String
  var proof: Proof

  var testDescription: String { "RealServers#\(number): \(server): \(answer)" }

  /// A test with any content.
  init(_ number: Int, _ server: String, _ answer: String, _ run: @escaping @Sendable () async throws -> Void) {
    self.number = number
    self.server = server
    self.answer = answer
    proof = .run(run)
  }

  /// A test with one server kind made for it, named `quirk`.
  /// - Parameters:
  ///   - change: the difference between this kind and one that follows the specification.
  ///   - check: runs the binary on it.
  init(
    _ number: Int, _ server: String, _ answer: String, made change: @escaping @Sendable (inout SandboxKind) -> Void,
    _ check: @escaping @Sendable (Sandbox) async throws -> Void
  ) {
    self.init(number, server, answer) { try await withServers(.made(Self.kind, change), check) }
  }

  /// The name of the kind of a row, and of its server in the inventory.
  static let kind = "quirk"
  static let redirectURI = "http://127.0.0.1:7777/callback/quirk"
}

extension Sandbox {
  /// Applies an inventory with only the server of the row, in a new folder.
  func quirk(
    _ oauth2: String..., client: String? = nil, options: [String] = [], environment: [String: String] = [:]
  ) async throws -> KindRun {
    try await apply(Quirk.kind, oauth2: oauth2, client: client, options: options, environment: environment)
  }

  /// Applies again in the folder of an earlier run, with other lines in the `oauth2` block.
  func again(
    _ first: KindRun, _ oauth2: String..., client: String? = nil, options: [String] = [],
    environment: [String: String] = [:]
  ) async throws -> KindRun {
    try first.place.write(servers: block(Quirk.kind, oauth2: oauth2), client: client)
    return try await apply(Quirk.kind, in: first.place, options: options, environment: environment)
  }

  var quirkIssuer: String { issuer(Quirk.kind) }
  var quirkURL: String { url(Quirk.kind) }
}

extension Document {
  /// All strings and numbers in the document.
  var leaves: [String] {
    if let string { return [string] }
    if let object { return object.sorted { $0.key < $1.key }.flatMap { $0.value.leaves } }
    let parts = array.flatMap(\.leaves)
    return parts.isEmpty ? integer.map { [String($0)] } ?? [] : parts
  }
}

extension KindRun {
  var message: String { server["error"]["message"].string ?? "" }
  var help: String { server["error"]["help"].string ?? "" }
  /// All text of the error, including notes and requests.
  var words: String { server["error"].leaves.joined(separator: "\n") }
  var action: String? { server["action"].string }
  var reasons: [String] { server["reasons"].strings ?? [] }
  var paths: [String] { requests.map(\.path) }
  /// Requests to endpoints of an authorization server, as they are in `trail`.
  var calls: [String] { requests.filter(\.isToAnEndpoint).map(\.step) }

  /// Checks that the run has registered a client.
  func expectClient(_ location: SourceLocation = #_sourceLocation) {
    #expect(run.exit == 0, "\(run.all)", sourceLocation: location)
    #expect(server["outcome"].string == "done", sourceLocation: location)
    #expect(entry["client_id"].string?.isEmpty == false, sourceLocation: location)
    #expect(lock["orphans"].array.isEmpty, sourceLocation: location)
  }

  /// Checks that the run failed with this code, and that the server has no lock entry.
  /// - Parameter says: text that the message, help, notes or requests must contain.
  func expectFailure(_ code: String, says: [String] = [], _ location: SourceLocation = #_sourceLocation) {
    #expect(run.exit == 1, "\(run.all)", sourceLocation: location)
    #expect(self.code == code, "\(run.all)", sourceLocation: location)
    #expect(entry.isMissing, sourceLocation: location)
    for part in says { #expect(words.contains(part), "'\(part)' in \(run.out)", sourceLocation: location) }
  }

  /// Checks that no request went to an endpoint, and none to a guessed endpoint.
  func expectNoEndpointAsked(_ location: SourceLocation = #_sourceLocation) {
    #expect(calls.isEmpty, "\(trail)", sourceLocation: location)
    let invented = paths.filter { path in ["/register", "/token", "/authorize"].contains { path.hasSuffix($0) } }
    #expect(invented.isEmpty, "\(trail)", sourceLocation: location)
  }
}
