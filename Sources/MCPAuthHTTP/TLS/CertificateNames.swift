import MCPAuthCore
import NIOSSL
import SwiftASN1
import X509

/// The hosts that a certificate is valid for: the host names and addresses in its subjectAltName extension (RFC 9525 section 6). The common
/// name and all other kinds of names do not count.
struct CertificateNames: Equatable {
  /// The host names as they are in the certificate.
  var hosts: [String] = []
  var addresses: [IPAddress] = []

  init(hosts: [String] = [], addresses: [IPAddress] = []) {
    self.hosts = hosts
    self.addresses = addresses
  }

  /// A certificate that cannot be read is valid for no host.
  init(_ certificate: NIOSSLCertificate) {
    self.init(der: (try? certificate.toDERBytes()) ?? [])
  }

  /// A certificate that cannot be read is for no host.
  init(der: [UInt8]) {
    guard let certificate = try? Certificate(derEncoded: der),
      let names = try? certificate.extensions.subjectAlternativeNames
    else { return }
    for name in names {
      switch name {
      case .dnsName(let host): hosts.append(host)
      case .ipAddress(let octets): if let address = IPAddress(octets: octets.bytes) { addresses.append(address) }
      default: break
      }
    }
  }

  /// An address is compared only with addresses, and a host name only with host names (RFC 9525 section 6.2).
  func include(_ host: String) -> Bool {
    if let address = HostName.address(host) { return addresses.contains(address) }
    let host = HostName.canonical(host)
    return hosts.contains { Self.matches($0, host) }
  }

  /// A `*` matches exactly one label, the first one (RFC 9525 section 6.3).
  private static func matches(_ name: String, _ host: String) -> Bool {
    let name = name.lowercased()
    guard name.hasPrefix("*.") else { return name == host }
    guard let dot = host.firstIndex(of: ".") else { return false }
    return dot > host.startIndex && name.dropFirst() == host[dot...]
  }

  /// The hosts of the certificate, for a message. The names are text of a server.
  var description: String {
    let names = hosts.map { ForeignText.printable($0, limit: 48) } + addresses.map(\.description)
    guard !names.isEmpty else { return "it names no host" }
    let more = names.count > 3 ? " and \(names.count - 3) more" : ""
    return "it names " + names.prefix(3).joined(separator: ", ") + more
  }
}

extension IPAddress {
  /// Reads an iPAddress of a certificate: 4 or 16 octets (RFC 5280 section 4.2.1.6).
  init?(octets: ArraySlice<UInt8>) {
    switch octets.count {
    case 4: self = .v4(octets.reduce(0) { $0 << 8 | UInt32($1) })
    case 16: self = .v6(octets.reduce(0) { $0 << 8 | UInt128($1) })
    default: return nil
    }
  }
}
