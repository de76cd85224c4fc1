extension String {
  /// The text in double quotes. Quotes, backslashes, line ends and tabs are escaped.
  ///
  /// - Parameter other: how any other character is written, by itself and the one after it.
  func quoted(_ other: (_ scalar: Unicode.Scalar, _ next: Unicode.Scalar?) -> String) -> String {
    var out = "\""
    let scalars = Array(unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default: out += other(scalar, index + 1 < scalars.count ? scalars[index + 1] : nil)
      }
    }
    return out + "\""
  }
}

extension Unicode.Scalar {
  var isControl: Bool { value < 0x20 || value == 0x7F }

  /// The number in hexadecimal after a mark: `\u001F`.
  func escaped(_ mark: String, width: Int = 4, uppercase: Bool = true) -> String {
    let digits = String(value, radix: 16, uppercase: uppercase)
    return mark + String(repeating: "0", count: width - digits.count) + digits
  }
}
