public import MCPAuthCore

/// Sends one request and returns its answer. Discovery and registration use the network only through this protocol.
///
/// Contract: it adds nothing but `User-Agent`, `Host` and framing. It follows no redirect and repeats nothing. It counts the bytes of the body
/// while it reads them, and does not wait for a body where `wantsBody` is false. It respects the request's own `timeout` and `bodyLimit`.
/// `HTTPFailure.mayHaveArrived` says whether the server may have acted on the request. It refuses addresses by the request's `provenance`
/// (Discovery#Addresses).
public protocol Transport: Sendable {
  /// - Throws: `HTTPFailure` when no complete answer arrived. An answer with any status is an answer.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse
}
