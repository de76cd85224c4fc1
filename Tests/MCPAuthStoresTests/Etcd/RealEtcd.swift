import Foundation
import MCPAuth
import MCPAuthCore
import MCPAuthHTTP
import MCPAuthPlan

@testable import MCPAuthStores

/// The etcd that `Tests/Etcd/suites.py` has started, for the same suites.
enum RealEtcd {
  static let endpoint = ProcessInfo.processInfo.environment["MCPAUTH_TEST_ETCD"]
  static var isThere: Bool { endpoint != nil }

  /// A prefix that no other test uses.
  static func prefix() -> String { "/mcpauth/test-" + RandomName.hex(bytes: 8) }

  private static let transport = try? HTTPTransport(HTTPSettings(userAgent: "mcpauth/test"))

  static func space(_ prefix: String) throws -> EtcdSpace {
    guard let endpoint, let transport else { throw CancellationError() }
    let settings = EtcdSettings(endpoints: [try CheckedURL(endpoint, plaintext: .loopback)], prefix: prefix)
    let connection = StoreConnection(
      transport: transport,
      addresses: StoreAddresses(environment: [StoreAddresses.variable: endpoint], ask: nil),
      resolve: { _ throws(Diagnostic) in Secret("none") }, learn: { _ in },
      now: { Timestamp(seconds: 1_800_000_000) },
      uptime: { Int(ProcessInfo.processInfo.systemUptime * 1000) })
    return EtcdSpace(EtcdClient(settings, connection))
  }
}
