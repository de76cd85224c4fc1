/// HCL as `terraform fmt` formats it.
enum HCLText {
  /// A block of attributes, one per line, with the equals signs in one column.
  static func block(_ kind: String, _ labels: [String], _ attributes: [(name: String, value: String)]) -> String {
    let width = attributes.map(\.name.utf8.count).max() ?? 0
    let head = ([kind] + labels.map(string)).joined(separator: " ") + " {\n"
    let lines = attributes.map { name, value in
      "  " + name + String(repeating: " ", count: width - name.utf8.count) + " = " + value + "\n"
    }
    return head + lines.joined() + "}\n"
  }

  /// A quoted string. `${` and `%{` are written as `$${` and `%%{`, so that they are not replaced.
  static func string(_ text: String) -> String {
    var out = "\""
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "$", "%":
        out.unicodeScalars.append(scalar)
        if index + 1 < scalars.count, scalars[index + 1] == "{" { out.unicodeScalars.append(scalar) }
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
