import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization

/// Compares this machine's clock with the answers' `Date` (Reliability#Bad-circumstances): one that is off renews secrets that live, and keeps those that do not.
final class ClockWatch: Sendable {
  private let now: @Sendable () -> Timestamp
  /// Seconds by which this clock is ahead of the answer that agrees best with it: a server whose own clock is off says nothing of ours.
  private let offset = Mutex<Int64?>(nil)

  /// More than this many seconds are too many.
  private static let limit: Int64 = 3600

  init(now: @escaping @Sendable () -> Timestamp) {
    self.now = now
  }

  func note(_ response: HTTPResponse) {
    guard let date = response.date else { return }
    let ahead = now().seconds - date.seconds
    offset.withLock { known in
      if known.map({ abs(ahead) < abs($0) }) ?? true { known = ahead }
    }
  }

  /// `clock-wrong`; nil while the clock is right, or nobody has said what time it is.
  var warning: Diagnostic? {
    guard let ahead = offset.withLock({ $0 }), abs(ahead) > Self.limit else { return nil }
    let minutes = abs(ahead) / 60
    return .warning(
      .clockWrong,
      "this machine's clock (\(now().rfc3339)) is \(minutes) minutes \(ahead > 0 ? "ahead of" : "behind") every server's",
      help: ["set the clock; no client secret is renewed before that"])
  }

  /// Takes the renewals out of what was decided by a wrong clock: whether they are due is not known.
  func withoutRenewals(_ change: Change) -> Change {
    guard let warning, !change.reasons.isEmpty,
      change.reasons.allSatisfy({ $0 == .secretExpiring || $0 == .secretExpired })
    else { return change }
    return Change(
      server: change.server, action: .unchanged, reasons: [], entry: change.entry, issuer: change.entry?.issuer,
      clientID: change.entry?.clientID,
      warnings: change.warnings + [
        .warning(
          .clockWrong, "the client secret of '\(change.server)' seems due for renewal, by a clock that is wrong",
          help: warning.help)
      ], location: change.location)
  }
}

/// A transport of whose answers the `Date` is looked at.
struct WatchedTransport: Transport {
  let base: any Transport
  let watch: ClockWatch

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let response = try await base.send(request)
    watch.note(response)
    return response
  }
}
