/// Reads only the part of a certificate that shows whether it is self-issued (RFC 5280 section 4.1).
enum CertificateReader {
  /// Whether issuer and subject are the same name, byte for byte. nil if the bytes are not a certificate.
  static func isSelfIssued(der: [UInt8]) -> Bool? {
    var outer = Elements(der[...])
    guard let certificate = outer.next(Tag.sequence) else { return nil }
    var parts = Elements(certificate)
    guard let body = parts.next(Tag.sequence) else { return nil }
    var fields = Elements(body)
    _ = fields.next(Tag.version)
    guard fields.next(Tag.integer) != nil, fields.next(Tag.sequence) != nil,
      let issuer = fields.next(Tag.sequence), fields.next(Tag.sequence) != nil,
      let subject = fields.next(Tag.sequence)
    else { return nil }
    return issuer.elementsEqual(subject)
  }

  private enum Tag {
    static let integer: UInt8 = 0x02
    static let sequence: UInt8 = 0x30
    static let version: UInt8 = 0xA0
  }

  /// A sequence of DER elements.
  private struct Elements {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
    }

    /// The contents of the next element if it has this tag. Otherwise nothing is consumed.
    mutating func next(_ tag: UInt8) -> ArraySlice<UInt8>? {
      var rest = bytes
      guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
      var length = Int(first)
      if first >= 0x80 {
        let count = Int(first & 0x7F)
        guard (1...4).contains(count), rest.count >= count else { return nil }
        length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(count)
      }
      guard rest.count >= length else { return nil }
      bytes = rest.dropFirst(length)
      return rest.prefix(length)
    }
  }
}
