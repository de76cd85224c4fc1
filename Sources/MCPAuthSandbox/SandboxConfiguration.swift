/// The configuration of a sandbox. The default serves all kinds of `SandboxKind.all` without changes.
public struct SandboxConfiguration: Sendable {
  /// The served kinds. They can be changed or new ones.
  public var kinds = SandboxKind.all
  /// How many numbered servers share an authorization server. They are at `/n/0001/mcp` and so on; `url(_:)` knows them as `n-0001` and so on.
  public var numberedServers = 0
  /// The delay between making a client and answering the registration.
  public var registrationDelay = Duration.zero
  /// The redirect URIs of the client metadata document at `/client.json`, if its query names none.
  public var clientRedirectURIs = [
    "http://127.0.0.1:7777/callback/cimd", "http://127.0.0.1:7777/callback/cimd-and-registration",
  ]
  /// Answers for a method and path, for example `"GET /challenge/mcp"`. They replace the answer of the kind. The path may be given with or
  /// without its query.
  public var answers: [String: SandboxAnswer] = [:]
  /// Called first for every request. nil: the sandbox answers itself. The request's `kind` and `endpoint` are set.
  public var script: (@Sendable (SandboxRequest) -> SandboxAnswer?)?
  /// Called for every request when it is answered, for example to write a log.
  public var onRequest: (@Sendable (SandboxRequest) -> Void)?
  /// Called for every request after it was recorded. The answer is sent when this function returns.
  public var beforeAnswer: (@Sendable (SandboxRequest) async -> Void)?
  /// How many requests are kept. The oldest are removed first.
  public var keptRequests = 100_000

  /// All kinds, without changes.
  public init() {}

  /// Only these kinds.
  public init(kinds names: [String]) {
    kinds = SandboxKind.all.filter { names.contains($0.name) }
  }

  /// The numbers of the numbered servers, as text.
  var numbers: [String] {
    numberedServers > 0 ? (1...numberedServers).map { Sandbox.padded($0, of: numberedServers) } : []
  }
}
