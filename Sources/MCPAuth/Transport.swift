public import MCPAuthCore

/// Sends one request and gives its answer: the port through which discovery and registration reach the world.
///
/// Contract: it adds nothing but `User-Agent`, `Host` and framing; follows no redirect; repeats nothing; counts the body while reading it, and
/// waits for none where `wantsBody` is false; holds to the request's own `timeout` and `bodyLimit`; tells by `HTTPFailure.mayHaveArrived` whether
/// the server may have acted on the request. It refuses addresses by the request's `provenance` (Discovery#Addresses).
public protocol Transport: Sendable {
  /// - Throws: `HTTPFailure` when no whole answer came; every status is an answer.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse
}
