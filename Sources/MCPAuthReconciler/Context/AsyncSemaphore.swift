/// Limits how many tasks do something at a time. The one that has waited longest goes on first.
actor AsyncSemaphore {
  private var free: Int
  private var waiting: ArraySlice<CheckedContinuation<Void, Never>> = []

  init(_ count: Int) {
    free = max(1, count)
  }

  /// Waits for a free slot. Each `acquire` is followed by one `release`.
  func acquire() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Gives the slot to the task that has waited longest.
  func release() {
    if let next = waiting.popFirst() { next.resume() } else { free += 1 }
  }

  /// Does work while it has a slot.
  nonisolated func withSlot<Value: Sendable>(_ work: () async -> Value) async -> Value {
    await acquire()
    let value = await work()
    await release()
    return value
  }
}
