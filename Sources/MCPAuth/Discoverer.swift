public import MCPAuthCore

/// Finds out which authorization server an MCP server wants, and what it can do (RFC 9728, RFC 8414), over a `Transport`. It registers nothing.
///
/// One authorization server's document is fetched once for as long as a `Discoverer` and its copies live, and shared by all servers of that
/// issuer, also by those that are discovered at the same time. Documents at addresses that the caller wrote, and documents at addresses that a
/// server named, are never shared with each other, nor is one fetched under another allowance of addresses.
public struct Discoverer: Sendable {
  private let transport: any Transport
  private let environment: DiscoveryEnvironment
  private let cache = SingleFlightCache()

  /// - Parameters:
  ///   - transport: to the servers.
  ///   - environment: clock, sleep, randomness: only tests and programs with limits of their own have others than the usual ones.
  public init(transport: any Transport, environment: DiscoveryEnvironment = DiscoveryEnvironment()) {
    self.transport = transport
    self.environment = environment
  }

  /// Discovers one server. Any number may be discovered at the same time.
  ///
  /// - Parameters:
  ///   - target: the server's URL, and what is known beforehand.
  ///   - timeout: seconds for the whole server; waits that a server asked for (`Retry-After`) are not counted.
  /// - Returns: the server, its document checked; or the failure, whose diagnostic has every request that was made. A failure that
  ///   `isTransient` tells nothing of the server: keep what is known of it. A cancelled task ends as `interrupted`.
  public func discover(
    _ target: DiscoveryTarget, timeout: Int = 30
  ) async -> Result<DiscoveredServer, DiscoveryFailure> {
    do throws(DiscoveryFailure) {
      var run = DiscoveryRun(
        try DiscoveryWalk(target), transport: transport, environment: environment, cache: cache, timeout: timeout)
      return await run.result()
    } catch {
      return .failure(error)
    }
  }
}
