/// How a sandbox is set up. The default serves all kinds, as they stand in `SandboxKind.all`.
public struct SandboxConfiguration: Sendable {
  /// The kinds that are served; each can be changed before, or made up.
  public var kinds = SandboxKind.all
  /// How many numbered servers share an authorization server: `/n/0001/mcp` and on, `n-0001` to `url(_:)`.
  public var numberedServers = 0
  /// What a registration takes, after the client was made and before it is answered.
  public var registrationDelay = Duration.zero
  /// The redirect URIs of the client metadata document at `/client.json`, where its query names none.
  public var clientRedirectURIs = [
    "http://127.0.0.1:7777/callback/cimd", "http://127.0.0.1:7777/callback/cimd-and-registration",
  ]
  /// Answers by method and path, as `"GET /challenge/mcp"`, in place of what the kind would say. The path is as it is sent, with
  /// its query or without.
  public var answers: [String: SandboxAnswer] = [:]
  /// Asked for every request, before anything else; nil: the sandbox answers itself. The request's `kind` and `endpoint` are set.
  public var script: (@Sendable (SandboxRequest) -> SandboxAnswer?)?
  /// Told of every request as it is answered: for a log.
  public var onRequest: (@Sendable (SandboxRequest) -> Void)?
  /// Called for every request after it was recorded: its answer is sent when this returns.
  public var beforeAnswer: (@Sendable (SandboxRequest) async -> Void)?
  /// How many requests are kept; the oldest go.
  public var keptRequests = 100_000

  /// All kinds, as they stand.
  public init() {}

  /// Only these kinds.
  public init(kinds names: [String]) {
    kinds = SandboxKind.all.filter { names.contains($0.name) }
  }

  /// The numbers of the numbered servers, as they are written.
  var numbers: [String] {
    numberedServers > 0 ? (1...numberedServers).map { Sandbox.padded($0, of: numberedServers) } : []
  }
}
