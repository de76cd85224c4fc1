import Synchronization

/// The names that were found a short time ago.
///
/// A connection looks its name up, and an event loop does that one name after the other: a name that no name server answers would stop all others for
/// half a minute. So each name is looked up before, on threads that do not wait for each other, and only a name that was found gets a connection.
final class FoundNames: Sendable {
  private static let lifetime = Duration.seconds(30)

  private let found = Mutex<[String: ContinuousClock.Instant]>([:])

  func contains(_ name: String) -> Bool {
    found.withLock { found in
      guard let time = found[name] else { return false }
      return time.duration(to: .now) < Self.lifetime
    }
  }

  func insert(_ name: String) {
    found.withLock { $0[name] = .now }
  }
}
