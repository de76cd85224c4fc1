import MCPAuthCore

/// One of several equal shares of the servers, by host and port of their URL (PlanAndApply#Flags, Reliability#Many-runners). All servers of a host are in
/// the same share, so that few runs register at the same issuer.
package struct ServerShare: Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  package let index: Int
  package let count: Int

  package static let whole = ServerShare(checked: 1, of: 1)

  private init(checked index: Int, of count: Int) {
    self.index = index
    self.count = count
  }

  /// nil: there is no such share.
  package init?(_ index: Int, of count: Int) {
    guard (1...10_000).contains(count), (1...count).contains(index) else { return nil }
    self.init(checked: index, of: count)
  }

  /// `2/4`
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else { return nil }
    self.init(index, of: count)
  }

  package var description: String { "\(index)/\(count)" }

  package var isWhole: Bool { count == 1 }

  /// - Parameter url: the URL of a server, as in the inventory or in the lock.
  package func has(_ url: String) -> Bool {
    isWhole || Int((UInt64(Self.position(of: url)) * UInt64(count)) >> 32) == index - 1
  }

  /// Where a server is among all possible servers: a share is an interval of these numbers. So a run that finds out later that there are other runs
  /// has begun with servers that are in its smaller share too.
  package static func position(of url: String) -> UInt32 {
    let host = (try? CheckedURL(url, plaintext: .loopback))?.origin ?? url
    // FNV-1a, and the last step of MurmurHash3: the same in every run on every machine.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in host.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return UInt32(truncatingIfNeeded: (hash ^ (hash >> 33)) >> 32)
  }
}
