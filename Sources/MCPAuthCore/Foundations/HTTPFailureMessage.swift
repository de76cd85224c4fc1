extension HTTPFailure {
  /// The failure as text for messages.
  package var message: String {
    switch self {
    case .notSent(let reason), .connectionLost(let reason), .addressBlocked(let reason):
      ForeignText.printable(reason, limit: 200)
    case .timeout(let seconds, _): "no answer within \(seconds) s"
    case .tooLarge(let limit): "the answer is over \(limit) bytes"
    }
  }
}

extension RequestRecord {
  /// The request and its result.
  package init(_ request: HTTPRequest, _ received: Result<HTTPResponse, HTTPFailure>) {
    self.init(method: request.method.rawValue, url: request.url.redacted)
    switch received {
    case .success(let response):
      status = response.status
      contentType = response.contentType
    case .failure(let failure): note = failure.message
    }
  }
}
