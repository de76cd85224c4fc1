public import MCPAuthCore

/// Finds the authorization server of an MCP server and its capabilities (RFC 9728, RFC 8414), over a `Transport`. It registers nothing.
///
/// The document of one authorization server is fetched once during the life of a `Discoverer` and its copies. All servers of that issuer share it,
/// including servers that are discovered at the same time. Documents at addresses that the caller wrote are never shared with documents at
/// addresses that a server named. Documents that were fetched under different address allowances are not shared either.
public struct Discoverer: Sendable {
  private let transport: any Transport
  private let environment: DiscoveryEnvironment
  private let cache = SingleFlightCache()

  /// - Parameters:
  ///   - transport: sends the requests to the servers.
  ///   - environment: clock, sleep and randomness. Only tests, and programs with their own limits, need other values than the default.
  public init(transport: any Transport, environment: DiscoveryEnvironment = DiscoveryEnvironment()) {
    self.transport = transport
    self.environment = environment
  }

  /// Discovers one server. Any number may be discovered at the same time.
  ///
  /// - Parameters:
  ///   - target: the server's URL, and what is already known about the server.
  ///   - timeout: seconds for the whole server. Waits that a server asked for (`Retry-After`) are not counted.
  ///   - readsAhead: whether the document that is read after the probe is requested together with the probe (Discovery#Probe). That saves one round
  ///     trip, and is one request in vain if a challenge names another document.
  /// - Returns: the server with its checked document, or the failure. The diagnostic of the failure lists every request that was made. A failure
  ///   with `isTransient` says nothing about the server: keep what is known about it. A cancelled task ends as `interrupted`.
  public func discover(
    _ target: DiscoveryTarget, timeout: Int = 30, readsAhead: Bool = false
  ) async -> Result<DiscoveredServer, DiscoveryFailure> {
    do throws(DiscoveryFailure) {
      var run = DiscoveryRun(
        try DiscoveryWalk(target), transport: transport, environment: environment, cache: cache, timeout: timeout,
        readsAhead: readsAhead)
      return await run.result()
    } catch {
      return .failure(error)
    }
  }
}
