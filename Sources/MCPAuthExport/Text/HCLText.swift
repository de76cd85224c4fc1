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
    text.quoted { scalar, next in
      if scalar.isControl { return scalar.escaped("\\u", uppercase: false) }
      return String(repeating: String(scalar), count: (scalar == "$" || scalar == "%") && next == "{" ? 2 : 1)
    }
  }
}
