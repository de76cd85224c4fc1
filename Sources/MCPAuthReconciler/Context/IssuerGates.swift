/// Limits registrations to one at a time per issuer (Discovery#Limits; RealServers#67, RealServers#68), or to the number that the inventory sets.
actor IssuerGates {
  private let width: Int
  private var inside: [String: Int] = [:]
  private var waiting: [String: ArraySlice<CheckedContinuation<Void, Never>>] = [:]
  private var stopped: Set<String> = []

  init(width: Int) {
    self.width = max(1, width)
  }

  /// Waits for a place. Each `enter` is followed by one `leave`.
  func enter(_ issuer: String) async {
    if inside[issuer, default: 0] < width {
      inside[issuer, default: 0] += 1
      return
    }
    await withCheckedContinuation { waiting[issuer, default: []].append($0) }
  }

  /// Gives the place to the task that has waited longest.
  func leave(_ issuer: String) {
    guard let next = waiting[issuer, default: []].popFirst() else {
      waiting[issuer] = nil
      inside[issuer, default: 1] -= 1
      if inside[issuer] == 0 { inside[issuer] = nil }
      return
    }
    next.resume()
  }

  /// The number of tasks that wait for a place.
  func waitingCount(_ issuer: String) -> Int { waiting[issuer]?.count ?? 0 }

  /// Stops further registrations at the issuer in this run: otherwise one outage could leave one orphan per server.
  func stop(_ issuer: String) { stopped.insert(issuer) }

  func isStopped(_ issuer: String) -> Bool { stopped.contains(issuer) }
}
