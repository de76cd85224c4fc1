import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization

/// Compares this machine's clock with the `Date` of the answers (Reliability#Bad-circumstances). A wrong clock renews secrets that are still valid,
/// and keeps expired ones.
final class ClockWatch: Sendable {
  private let now: @Sendable () -> Timestamp
  /// The seconds by which this clock is ahead of the `Date` that agrees best with it: a server with a wrong clock alone causes no warning.
  private let offset = Mutex<Int64?>(nil)

  /// The greatest difference, in seconds, that is accepted.
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

  /// `clock-wrong`; nil if the clock is right, or if no answer had a `Date`.
  var warning: Diagnostic? {
    guard let ahead = offset.withLock({ $0 }), abs(ahead) > Self.limit else { return nil }
    let minutes = abs(ahead) / 60
    return .warning(
      .clockWrong,
      "this machine's clock (\(now().rfc3339)) is \(minutes) minutes \(ahead > 0 ? "ahead of" : "behind") every server's",
      help: ["set the clock; no client secret is renewed before that"])
  }

  /// Removes a renewal that was decided with a wrong clock: whether it is due is not known.
  func withoutRenewals(_ change: Change) -> Change {
    guard let warning, !change.reasons.isEmpty,
      change.reasons.allSatisfy({ $0 == .secretExpiring || $0 == .secretExpired })
    else { return change }
    return Change(
      server: change.server, action: .unchanged, reasons: [], entry: change.entry, issuer: change.entry?.issuer,
      clientID: change.entry?.clientID,
      warnings: change.warnings + [
        .warning(
          .clockWrong, "the client secret of '\(change.server)' seems to be due for renewal, but the clock is wrong",
          help: warning.help)
      ], location: change.location)
  }
}

/// A transport that passes the `Date` of every answer to a `ClockWatch`.
struct WatchedTransport: Transport {
  let base: any Transport
  let watch: ClockWatch

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let response = try await base.send(request)
    watch.note(response)
    return response
  }
}
