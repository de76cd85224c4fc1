/// A header field. Its name is kept as it is sent; names are compared without regard to case.
public struct HTTPField: Sendable, Equatable {
  /// The name, exactly as it is sent.
  public var name: String
  /// The value, exactly as it is sent, without a line end.
  public var value: String

  /// A field. Nothing is checked here.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A request for a `Transport`. The core builds it without I/O. The transport follows no redirect and adds only `User-Agent`, `Host` and
/// framing.
public struct HTTPRequest: Sendable, Equatable {
  /// The methods that discovery, registration and management use.
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  /// Who chose the URL. This decides which addresses it may lead to (Discovery#Addresses).
  public enum Provenance: Sendable, Hashable {
    /// The URL is written in the inventory or has the same origin as the server's own URL.
    case inventory
    /// A server named the URL.
    case discovered
  }

  /// The HTTP method.
  public var method: Method
  /// The destination of the request.
  public var url: CheckedURL
  /// May contain credentials. Never shown.
  public var fields: [HTTPField]
  /// nil: no body. May contain credentials. Never shown.
  public var body: [UInt8]?
  /// Who chose the URL.
  public var provenance: Provenance
  /// The addresses that a discovered URL may lead to, in addition to public ones. Set by the code that knows which server the request is
  /// for (`AllowingTransport`).
  public var allowance = AddressAllowance.none
  /// Whether the body of the answer is needed. If false, only status and fields count, and the transport never waits for the body
  /// (Discovery#Probe).
  public var wantsBody: Bool
  /// The most bytes of a body.
  public var bodyLimit: Int
  /// The most seconds to wait for the whole answer.
  public var timeout: Int
  /// Whether the request may use a connection that an earlier one left open. Only for a request that is sent again if it gets no answer.
  package var keepsConnection = false

  /// Sets all members except the allowance, without checks.
  public init(
    _ method: Method, _ url: CheckedURL, fields: [HTTPField] = [], body: [UInt8]? = nil,
    provenance: Provenance, wantsBody: Bool = true, bodyLimit: Int = 1 << 20, timeout: Int = 10
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.provenance = provenance
    self.wantsBody = wantsBody
    self.bodyLimit = bodyLimit
    self.timeout = timeout
  }
}

/// The answer to a request, with any status. Redirects are answers too.
public struct HTTPResponse: Sendable, Equatable {
  /// The status code, three digits.
  public var status: Int
  /// In the order of the answer, including duplicates.
  public var fields: [HTTPField]
  /// Empty if the request did not need the body.
  public var body: [UInt8]

  /// Sets all members without checks.
  public init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// All values of a field, in the order of the answer.
  public func values(of name: String) -> [String] {
    let lowercased = name.lowercased()
    return fields.filter { $0.name.lowercased() == lowercased }.map(\.value)
  }

  /// The first value of a field. nil if the field is missing.
  public func value(of name: String) -> String? { values(of: name).first }

  /// `application/json`: without parameters, in lower case, made printable.
  public var contentType: String? {
    value(of: "Content-Type").map { value in
      ForeignText.printable(value.prefix { $0 != ";" }.lowercased(), limit: 64)
    }
  }
}

/// Why there is no answer.
public enum HTTPFailure: Error, Sendable, Equatable {
  /// DNS, connect or TLS failed. Nothing was sent, so a retry is safe for every method.
  case notSent(reason: String)
  /// The connection was lost after the request, or a part of it, was sent.
  case connectionLost(reason: String)
  /// The whole answer did not arrive within the request's time.
  case timeout(seconds: Int, sent: Bool)
  /// The body of a success is over the request's limit. (The body of every other answer is cut, because the status is definite.)
  case tooLarge(limit: Int)
  /// The host is, or resolves to, an address that is not allowed (Discovery#Addresses). Nothing was sent.
  case addressBlocked(reason: String)

  /// Whether the server may have acted on the request.
  public var mayHaveArrived: Bool {
    switch self {
    case .notSent, .addressBlocked: false
    case .timeout(_, let sent): sent
    case .connectionLost, .tooLarge: true
    }
  }
}
