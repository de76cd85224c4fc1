import MCPAuthCore
import MCPAuthPlan
import Synchronization

/// Decodes a large lock file while the inventory is read: both take about as long, and neither needs the other. A run still reads the lock file from
/// its state store. It uses what was decoded here only if the bytes are the same.
package final class LockReadAhead: Sendable {
  private struct Decoded: Sendable {
    var bytes: [UInt8]
    var lock: Lock
  }

  /// A smaller lock file, of less than 600 servers, is decoded in less time than a task is worth.
  private static let leastSize = 1 << 20

  /// nil after the first use, so that lock and bytes are not kept.
  private let task: Mutex<Task<Decoded?, Never>?>

  /// - Parameter read: the bytes of the lock file; nil if they cannot be read.
  package init(_ read: @escaping @Sendable () -> [UInt8]?) {
    task = Mutex(
      Task {
        guard let bytes = read(), bytes.count >= Self.leastSize,
          // The run that needs it decodes it again, and reports what is wrong.
          let lock = try? LockCodec.decode(bytes, file: "")
        else { return nil }
        return Decoded(bytes: bytes, lock: lock)
      })
  }

  /// The lock of these bytes, once; nil if other bytes were read, or if they are not a lock file.
  func take(_ bytes: [UInt8]) async -> Lock? {
    let task = task.withLock { task in
      defer { task = nil }
      return task
    }
    guard let decoded = await task?.value, decoded.bytes == bytes else { return nil }
    return decoded.lock
  }
}
