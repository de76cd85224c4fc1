import MCPAuthCore
import NIOCore
import Testing

@testable import MCPAuthHTTP

@Suite("A permit is the only proof of what was sent")
struct SendPermitTests {
  @Test("after a withdrawal before sending, the request cannot be sent")
  func withdrawn() {
    let permit = SendPermit(target: "/", rule: nil)
    #expect(permit.withdraw() == .unsent)
    #expect(!permit.use(remote: nil))
    #expect(permit.withdraw() == .unsent)
  }

  @Test("after sending, the permit always says so, and the request is sent only once")
  func spent() {
    let permit = SendPermit(target: "/", rule: nil)
    #expect(permit.use(remote: nil))
    #expect(!permit.use(remote: nil))
    #expect(permit.withdraw() == .sent)
  }

  @Test("Discovery#Requests: the address of the connection decides")
  func judged() throws {
    let rule = AddressRule(allowPrivate: [], allowance: .none)
    let blocked = SendPermit(target: "/", rule: rule)
    #expect(!blocked.use(remote: try SocketAddress(ipAddress: "::ffff:10.0.0.1", port: 443)))
    #expect(
      blocked.withdraw()
        == .refused(
          .addressBlocked(
            reason: "the connection leads to 0:0:0:0:0:ffff:a00:1, a private address, though its name did not")))
    let open = SendPermit(target: "/", rule: rule)
    #expect(open.use(remote: try SocketAddress(ipAddress: "93.184.216.34", port: 443)))
  }

  @Test("nothing is written to a connection without an address if the address matters")
  func noAddress() {
    let permit = SendPermit(target: "/", rule: AddressRule(allowPrivate: [], allowance: .none))
    #expect(!permit.use(remote: nil))
    #expect(permit.withdraw() == .unsent)
  }

  @Test(
    "Discovery#Requests: the certificate must be for the host; nothing is written to a connection without a certificate"
  )
  func certificate() {
    for certificate in [CertificateNames(hosts: ["other.example"]), CertificateNames(), nil] {
      let permit = SendPermit(target: "/", secureHost: "mcp.example", rule: nil)
      #expect(!permit.use(remote: nil, certificate: certificate) && !permit.isSent)
      #expect(permit.withdraw() != .unsent && permit.withdraw() != .sent)
    }
    let permit = SendPermit(target: "/", secureHost: "mcp.example", rule: nil)
    #expect(permit.use(remote: nil, certificate: CertificateNames(hosts: ["mcp.example"])) && permit.isSent)
  }

  @Test("the registry finds a permit until it is removed")
  func registry() {
    let registry = SendPermitRegistry()
    let first = registry.add(SendPermit(target: "/1", rule: nil))
    let second = registry.add(SendPermit(target: "/2", rule: nil))
    #expect(registry.find(first)?.target == "/1")
    registry.remove(first)
    #expect(registry.find(first) == nil)
    #expect(registry.find(second)?.target == "/2")
  }
}
