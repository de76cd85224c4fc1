/// `--parallelism`: how many servers are looked at at a time. One that waits gives its place away (`protocol 1`).
actor Places {
  private var free: Int
  private var waiting: ArraySlice<CheckedContinuation<Void, Never>> = []

  init(_ count: Int) {
    free = max(1, count)
  }

  /// Waits for a place. Every `take` has its `give`.
  func take() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Gives the place to whoever waits longest.
  func give() {
    if let next = waiting.popFirst() { next.resume() } else { free += 1 }
  }
}
