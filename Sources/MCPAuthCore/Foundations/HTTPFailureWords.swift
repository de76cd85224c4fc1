extension HTTPFailure {
  /// For messages.
  package var words: String {
    switch self {
    case .notSent(let reason), .connectionLost(let reason), .addressBlocked(let reason):
      ForeignText.printable(reason, limit: 200)
    case .timeout(let seconds, _): "no answer within \(seconds) s"
    case .tooLarge(let limit): "the answer is over \(limit) bytes"
    }
  }
}
