import FoundationEssentials

@testable import MCPAuthCore
@testable import MCPAuthHTTP

/// The names of a certificate. The first line of the input is a host. The rest is the DER of a certificate, or of the subjectAltName extension of
/// one that is otherwise in order.
enum CertificateProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let line = bytes.prefix { $0 != 0x0A }
    let host = String(decoding: line, as: UTF8.self)
    let rest = Array(bytes.dropFirst(line.count + 1))
    try checkNames(CertificateNames(der: rest), host)
    try checkNames(CertificateNames(der: certificate(names: rest)), host)
  }

  private static func checkNames(_ names: CertificateNames, _ host: String) throws(Violation) {
    let words = names.description
    try require(
      !words.unicodeScalars.contains(where: ForeignText.isHarmful), "it says what is not printable: \(words)")
    try require(words.utf8.count <= 256, "it says \(words.utf8.count) bytes")
    var hosts = [host, host + ".", "a." + host, "127.0.0.1", "::1", "localhost"]
    for name in names.hosts.prefix(8) {
      hosts += [name, name + ".", "a." + name]
      guard name.hasPrefix("*.") else { continue }
      hosts += ["a\(name.dropFirst())", "a.b\(name.dropFirst())", String(name.dropFirst(2))]
    }
    hosts += names.addresses.prefix(8).map(\.description)
    for host in hosts where !host.utf8.contains(0) { try checkMatch(names, host) }
  }

  private static func checkMatch(_ names: CertificateNames, _ host: String) throws(Violation) {
    let isIncluded = names.include(host)
    if let address = HostName.address(host) {
      try require(isIncluded == names.addresses.contains(address), "the address \(host): \(isIncluded)")
      try require(!CertificateNames(hosts: names.hosts).include(host), "the address \(host) matches a host name")
      return
    }
    try require(!CertificateNames(addresses: names.addresses).include(host), "the name \(host) matches an address")
    // The transport connects to no other hosts.
    guard HostName.isConnectable(host) else { return }
    let labels = labels(HostName.canonical(host))
    try require(
      isIncluded == names.hosts.contains { covers(Self.labels($0), labels) },
      "\(host) in \(names.hosts): \(isIncluded)")
  }

  /// RFC 9525 section 6.3, label by label.
  private static func covers(_ name: [[UInt8]], _ host: [[UInt8]]) -> Bool {
    guard name.count == host.count else { return false }
    let isWildcard = name.count > 1 && name[0] == [UInt8(ascii: "*")]
    return zip(name, host).dropFirst(isWildcard ? 1 : 0).allSatisfy { $0 == $1 }
  }

  private static func labels(_ name: String) -> [[UInt8]] {
    name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { label in
      label.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
  }

  // MARK: A certificate in DER

  /// A self-issued certificate with this subjectAltName and no other extension. Its signature fits nothing: it is not checked here.
  private static func certificate(names: [UInt8]) -> [UInt8] {
    guard names.count < 32_768 else { return [] }
    // The object identifier of subjectAltName.
    let identifier: [UInt8] = [0x06, 0x03, 0x55, 0x1D, 0x11]
    let extensions = element(0x30, element(0x30, identifier + element(0x04, names)))
    return element(0x30, element(0x30, head + element(0xA3, extensions)) + tail)
  }

  private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    let length: [UInt8] =
      count < 0x80
      ? [UInt8(count)] : count < 0x100 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
    return [tag] + length + content
  }

  private static func decoded(_ text: String) -> [UInt8] { Data(base64Encoded: text).map { Array($0) } ?? [] }

  /// From the version to the public key.
  private static let head = decoded(
    """
    oAMCAQICFF1j2scx+ZdfbEoUNC0VPijpgsI8MAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWUuZXhhbXBsZTAgFw0yNjExMjkw\
    NjEwMjlaGA8yMTA5MDExODA2MTAyOVowFDESMBAGA1UEAwwJZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\
    1Uzg8IMsJRN/ISUQD6jbA5fz3/wOmOyj1KQ3gDubB29nmQm6j4YAMboi4b0KycmqesmLUiOwrWFXv1KZwQvMtw==
    """)

  /// The signature, and its algorithm.
  private static let tail = decoded(
    """
    MAoGCCqGSM49BAMCA0kAMEYCIQC9iPV5f/6GYwS0N4pacQZmVvnTdkEulpUPdHY8tf+RgwIhAO9lJyipwI2QpYDhIdcOqDH8\
    iMzhPwbXMkWNkrGsE6vL
    """)
}
