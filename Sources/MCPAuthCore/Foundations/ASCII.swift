/// The characters of ASCII, as bytes.
extension UInt8 {
  /// `[0-9]`
  package var isASCIIDigit: Bool { (0x30...0x39).contains(self) }

  /// `[a-z]`
  package var isASCIILowercase: Bool { (0x61...0x7A).contains(self) }

  /// `[A-Za-z]`
  package var isASCIILetter: Bool { isASCIILowercase || (0x41...0x5A).contains(self) }

  /// `[A-Za-z0-9]`
  package var isASCIIAlphanumeric: Bool { isASCIILetter || isASCIIDigit }
}

extension FixedWidthInteger {
  /// The number in hexadecimal, with at least this many digits.
  package func hex(width: Int, uppercase: Bool = true) -> String {
    let digits = String(self, radix: 16, uppercase: uppercase)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}

extension String {
  /// Whether the text is a scheme in lower case (RFC 3986 section 3.1).
  package var isScheme: Bool {
    utf8.first?.isASCIILowercase == true
      && utf8.allSatisfy { $0.isASCIILowercase || $0.isASCIIDigit || [0x2B, 0x2D, 0x2E].contains($0) }
  }
}
