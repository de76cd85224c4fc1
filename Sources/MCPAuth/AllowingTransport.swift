public import MCPAuthCore

/// A transport for the requests of one server. It sends each request with the address allowance of that server (Discovery#Addresses).
public struct AllowingTransport: Transport {
  private let base: any Transport
  private let allowance: AddressAllowance

  /// - Parameters:
  ///   - base: the transport that sends the requests.
  ///   - allowance: replaces the allowance of each request.
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
