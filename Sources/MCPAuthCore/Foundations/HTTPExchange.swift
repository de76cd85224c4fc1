/// A header field, name as it goes on the wire; names compare without regard to case.
public struct HTTPField: Sendable, Equatable {
  /// As it goes on the wire.
  public var name: String
  /// As it goes on the wire, without a line end.
  public var value: String

  /// A field; nothing is checked here.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A request to be sent by a `Transport`. Built by the pure core; whoever sends it follows no redirect and adds nothing but
/// `User-Agent`, `Host` and framing.
public struct HTTPRequest: Sendable, Equatable {
  /// The methods that discovery, registration and management use.
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  /// Who chose the URL: this decides which addresses it may lead to (Discovery#Addresses).
  public enum Provenance: Sendable, Hashable {
    /// Written in the inventory, or of the origin of the server's own URL.
    case inventory
    /// Named by a server.
    case discovered
  }

  /// What is asked of the URL.
  public var method: Method
  /// Where it goes.
  public var url: CheckedURL
  /// May hold credentials; never shown.
  public var fields: [HTTPField]
  /// nil: none. May hold credentials; never shown.
  public var body: [UInt8]?
  /// Who chose the URL.
  public var provenance: Provenance
  /// What a discovered URL may lead to beyond public addresses; set by who knows which server it is for (`AllowingTransport`).
  public var allowance = AddressAllowance.none
  /// Whether the body of the answer is wanted. When false, status and fields decide and the body is never waited for (Discovery#Probe).
  public var wantsBody: Bool
  /// Most bytes of a body.
  public var bodyLimit: Int
  /// Seconds to wait for the whole answer.
  public var timeout: Int

  /// All members but the allowance; nothing is checked here.
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

/// The answer to a request: any status, redirects included.
public struct HTTPResponse: Sendable, Equatable {
  /// Three digits.
  public var status: Int
  /// In the order in which they came, duplicates and all.
  public var fields: [HTTPField]
  /// Empty when the request did not want it.
  public var body: [UInt8]

  /// All members; nothing is checked here.
  public init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// All values of a field, in order.
  public func values(of name: String) -> [String] {
    let lowercased = name.lowercased()
    return fields.filter { $0.name.lowercased() == lowercased }.map(\.value)
  }

  /// The first value of a field; nil without one.
  public func value(of name: String) -> String? { values(of: name).first }

  /// `application/json`, without parameters, lowercased; made printable.
  public var contentType: String? {
    value(of: "Content-Type").map { value in
      ForeignText.printable(value.prefix { $0 != ";" }.lowercased(), limit: 64)
    }
  }
}

/// Why there is no answer.
public enum HTTPFailure: Error, Sendable, Equatable {
  /// DNS, connect or TLS: nothing was sent, so it is safe to try again whatever the method.
  case notSent(reason: String)
  /// The connection was lost after the request, or a part of it, had been sent.
  case connectionLost(reason: String)
  /// No whole answer within the request's time.
  case timeout(seconds: Int, sent: Bool)
  /// The body of a success is over the request's limit. (Of any other answer it is cut: the status is definite.)
  case tooLarge(limit: Int)
  /// The host is, or resolves to, an address that may not be asked (Discovery#Addresses). Nothing was sent.
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
