import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

@Suite("Discovery#Addresses: addresses of discovered URLs")
struct AddressRuleTests {
  private let publicOnly = AddressRule(allowPrivate: [], allowance: .none)

  private func objection(_ literal: String, _ rule: AddressRule? = nil) throws -> AddressRule.Objection? {
    (rule ?? publicOnly).objection(to: try #require(IPAddress(literal: literal), "\(literal) is no literal"))
  }

  @Test(
    "Discovery#Addresses: every listed range is refused, at both ends",
    arguments: [
      ("0.0.0.0", "0.255.255.255"), ("10.0.0.0", "10.255.255.255"), ("100.64.0.0", "100.127.255.255"),
      ("127.0.0.0", "127.255.255.255"), ("168.63.129.16", "168.63.129.16"), ("169.254.0.0", "169.254.255.255"),
      ("172.16.0.0", "172.31.255.255"), ("192.0.0.0", "192.0.0.255"), ("192.0.2.0", "192.0.2.255"),
      ("192.88.99.0", "192.88.99.255"), ("192.168.0.0", "192.168.255.255"), ("198.18.0.0", "198.19.255.255"),
      ("198.51.100.0", "198.51.100.255"), ("203.0.113.0", "203.0.113.255"), ("224.0.0.0", "239.255.255.255"),
      ("240.0.0.0", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
      ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"), ("100::", "100::ffff:ffff:ffff:ffff"),
      ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"), ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"),
      ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
      ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
  func ranges(first: String, last: String) throws {
    #expect(try objection(first) != nil)
    #expect(try objection(last) != nil)
  }

  @Test(
    "Discovery#Addresses: the addresses next to the ranges are public",
    arguments: [
      "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
      "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
      "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
      "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
      "223.255.255.255", "8.8.8.8", "64:ff9b:0:ffff::", "64:ff9b:2::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
      "100:0:0:2::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:30::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
      "5f01::", "2001:db7:ffff::", "2001:db9::",
      "3ffe:ffff::", "3fff:1000::", "fbff::", "2606:4700::1111", "::2:0:0:0",
    ])
  func neighbours(literal: String) throws {
    #expect(try objection(literal) == nil)
  }

  @Test(
    "Discovery#Addresses: literals are parsed by the system's parser, in every notation",
    arguments: [
      "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.01",
      "::1", "0:0:0:0:0:0:0:1", "0::1", "::0001", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:0001",
      "::FFFF:7F00:1", "::7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "2002:7f00:1::",
    ])
  func spellings(literal: String) throws {
    let objection = try #require(try objection(literal))
    #expect(objection.kind == "loopback")
  }

  @Test(
    "Discovery#Addresses: a zone changes nothing", arguments: ["fe80::1%lo", "fe80::1%no-such-interface", "fe80::1%25"])
  func zones(literal: String) throws {
    #expect(try objection(literal)?.description == "fe80:0:0:0:0:0:0:1, a link-local address")
  }

  @Test(
    "Discovery#Addresses: an address that contains an IPv4 address is checked as that address",
    arguments: [
      ("::ffff:10.0.0.1", true), ("::ffff:8.8.8.8", false), ("::10.0.0.1", true), ("::8.8.8.8", false),
      ("64:ff9b::a00:1", true), ("64:ff9b::808:808", false), ("2002:a00:1::", true), ("2002:808:808::1", false),
      // Teredo: the server's address, and the client's address with its bits inverted.
      ("2001:0:a00:1::f7f7:f7f7", true), ("2001:0:808:808::f5ff:fffe", true), ("2001:0:808:808::f7f7:f7f7", false),
    ])
  func embedded(literal: String, isRefused: Bool) throws {
    #expect((try objection(literal) != nil) == isRefused)
  }

  @Test(
    "a name is not an address literal",
    arguments: ["localhost", "10.0.0.1.example", "1.2.3.4.5", "0x7g", "a", "256.1.1.1"])
  func names(text: String) {
    #expect(IPAddress(literal: text) == nil)
  }

  @Test(
    "Discovery#Addresses: allow_private allows networks and addresses, in every notation",
    arguments: [
      ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.0.0.0", true), ("10.0.0.0/8", "192.168.0.1", false),
      ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("10.1.2.3/8", "10.9.9.9", true),
      ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "64:ff9b::a01:203", true),
      ("fd00::/8", "fd12::1", true), ("fd00::/8", "fc12::1", false), ("[fd00::1]", "fd00::1", true),
      ("0.0.0.0/0", "127.0.0.1", true), ("::/0", "fd00::1", true), ("0.0.0.0/0", "fd00::1", false),
      ("10.0.0.0/33", "10.0.0.1", false), ("10.0.0.0/", "10.0.0.1", false), ("10.0.0.0/-1", "10.0.0.1", false),
      ("10.0.0.0/8/8", "10.0.0.1", false), ("", "10.0.0.1", false), ("*", "10.0.0.1", false),
    ])
  func allowed(entry: String, literal: String, isAllowed: Bool) throws {
    let everybodys = AddressRule(allowPrivate: [entry], allowance: .none)
    let oneServers = AddressRule(allowPrivate: [], allowance: AddressAllowance(hosts: [entry]))
    #expect((try objection(literal, everybodys) == nil) == isAllowed)
    #expect((try objection(literal, oneServers) == nil) == isAllowed)
  }

  @Test("Discovery#Addresses: a Teredo address is allowed only if both addresses in it are")
  func teredoAllowed() throws {
    let rule = AddressRule(allowPrivate: ["10.0.0.0/8"], allowance: .none)
    #expect(try objection("2001:0:a00:1::f5ff:fffe", rule) == nil)
    #expect(try objection("2001:0:a00:1::3f57:fffe", rule) != nil)
  }

  @Test("Discovery#Addresses: a loopback server may refer to loopback, and to no other private address")
  func loopback() throws {
    let rule = AddressRule(allowPrivate: [], allowance: AddressAllowance(loopback: true))
    for literal in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
      #expect(try objection(literal, rule) == nil)
    }
    for literal in ["10.0.0.1", "0.0.0.0", "169.254.169.254", "fe80::1", "::"] {
      #expect(try objection(literal, rule) != nil)
    }
  }

  @Test("Discovery#Addresses: a name in allow_private allows URLs of that host, for any address that it resolves to")
  func allowedNames() {
    let rule = AddressRule(allowPrivate: ["Keycloak.Internal"], allowance: AddressAllowance(hosts: ["auth.lan."]))
    for host in ["keycloak.internal", "KEYCLOAK.internal.", "auth.lan", "auth.lan."] {
      #expect(rule.allowsName(host))
    }
    for host in ["internal", "a.keycloak.internal", "keycloak.internal.evil.example", "lan", ""] {
      #expect(!rule.allowsName(host))
    }
  }

  @Test(
    "text that is not a network, an address or a name is not an entry",
    arguments: ["", "10.0.0.0/33", "fd00::/129", "*.internal", "a b", "http://a", "a/8", "."])
  func noEntry(text: String) {
    #expect(AddressRule.Entry(text) == nil)
  }
}
