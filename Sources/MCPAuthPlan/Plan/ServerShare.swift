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
    if isWhole { return true }
    let host = (try? CheckedURL(url, plaintext: .loopback))?.origin ?? url
    // FNV-1a: the same in every run on every machine.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in host.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int((hash >> 32) % UInt64(count)) == index - 1
  }
}
