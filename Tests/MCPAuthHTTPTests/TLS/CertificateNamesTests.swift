import MCPAuthCore
import NIOSSL
import Testing

@testable import MCPAuthHTTP

@Suite("Discovery#Requests: the host names and addresses of a certificate")
struct CertificateNamesTests {
  @Test(
    "RFC 9525 6.3: a host name is compared without regard to case; a * is the whole first label, and matches one label",
    arguments: [
      ("mcp.example", ["mcp.example"], true), ("MCP.Example", ["mcp.example"], true),
      ("mcp.example", ["MCP.EXAMPLE"], true), ("mcp.example.", ["mcp.example"], true),
      ("mcp.example", ["a.example", "mcp.example"], true), ("mcp.example", [], false),
      ("mcp.example", ["mcp.example."], false), ("mcp.example", ["example"], false), ("mcp.example", [""], false),
      ("a.mcp.example", ["*.mcp.example"], true), ("A.mcp.example.", ["*.MCP.example"], true),
      ("xn--a.mcp.example", ["*.mcp.example"], true), ("a.b.mcp.example", ["*.mcp.example"], false),
      ("mcp.example", ["*.mcp.example"], false), (".mcp.example", ["*.mcp.example"], false),
      ("mcp.example", ["*"], false), ("mcp.example", ["*.*"], false), ("mcp.example", ["m*.example"], false),
      ("mcp.example", ["*cp.example"], false), ("a.mcp.example", ["a.*.example"], false),
      ("localhost", ["*.localhost"], false), ("localhost", ["*"], false), ("mcp.example", ["mcp.example\0"], false),
    ] as [(String, [String], Bool)])
  func hosts(host: String, names: [String], isIncluded: Bool) {
    #expect(CertificateNames(hosts: names).include(host) == isIncluded)
  }

  @Test(
    "RFC 9525 6.2: an address is compared with addresses, a host name with host names",
    arguments: [
      ("127.0.0.1", "127.0.0.1", true), ("127.1", "127.0.0.1", true), ("127.0.0.1.", "127.0.0.1", true),
      ("::1", "::1", true), ("127.0.0.1", "::ffff:127.0.0.1", false), ("127.0.0.2", "127.0.0.1", false),
      ("mcp.example", "127.0.0.1", false),
    ])
  func addresses(host: String, address: String, isIncluded: Bool) throws {
    let address = try #require(IPAddress(literal: address))
    #expect(CertificateNames(addresses: [address]).include(host) == isIncluded)
    #expect(!CertificateNames(hosts: ["127.0.0.1", "127.1", "::1"]).include("127.0.0.1"))
  }

  @Test("the names are read from the extension; the common name is ignored")
  func reading() throws {
    let authority = try TestAuthority()
    let names = "DNS:a.example,DNS:*.b.example,IP:127.0.0.1,IP:::1,URI:https://c.example/,email:d@example.com"
    let certificate = try authority.certificate(subject: "/CN=e.example", names: names)
    let read = CertificateNames(certificate)
    #expect(read.hosts == ["a.example", "*.b.example"])
    #expect(read.addresses == [IPAddress(literal: "127.0.0.1"), IPAddress(literal: "::1")])
    let nameless = try authority.certificate(subject: "/CN=e.example", names: nil)
    #expect(CertificateNames(nameless) == CertificateNames())
    #expect(!CertificateNames(nameless).include("e.example"))
  }

  @Test("the names in a message are few, short and printable")
  func description() {
    #expect(CertificateNames().description == "it names no host")
    let names = CertificateNames(hosts: ["a.example", "\u{1B}[31m", String(repeating: "b", count: 90), "c", "d"])
    #expect(names.description.utf8.count < 160 && names.description.hasSuffix(" and 2 more"))
    #expect(!names.description.unicodeScalars.contains("\u{1B}"))
  }
}
