public import MCPAuthCore

/// A transport for the requests of one server: each goes out with that server's allowance of addresses (Discovery#Addresses).
public struct AllowingTransport: Transport {
  private let base: any Transport
  private let allowance: AddressAllowance

  /// - Parameters:
  ///   - base: sends the requests.
  ///   - allowance: replaces each request's own.
  public init(_ base: any Transport, allowance: AddressAllowance) {
    self.base = base
    self.allowance = allowance
  }

  /// Sends the request with this transport's allowance.
  public func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    var request = request
    request.allowance = allowance
    return try await base.send(request)
  }
}
