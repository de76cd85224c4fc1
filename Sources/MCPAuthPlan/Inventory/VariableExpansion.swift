internal import MCPAuthCore
internal import MCPAuthYAML

/// `${NAME}`, `${NAME:-default}` and `$$` in one value (InventoryReference#Values).
struct VariableExpansion {
  enum Problem: Equatable {
    /// Not set, and no default.
    case unset(String)
    /// It carries credentials.
    case withheld(String)
    /// A `${` that begins no variable.
    case malformed
  }

  private(set) var text = ""
  /// Whether a `$` is left that begins nothing, as in `$HOME`.
  private(set) var hasBareDollar = false
  private(set) var problems: [Problem] = []

  /// - Parameter isWithheld: whether a variable carries credentials.
  init(_ written: String, environment: [String: String], isWithheld: (String) -> Bool) {
    var out: [UInt8] = []
    let bytes = Array(written.utf8)
    var at = 0
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "$") else {
        out.append(bytes[at])
        at += 1
        continue
      }
      let next = at + 1 < bytes.count ? bytes[at + 1] : 0
      if next == UInt8(ascii: "$") {
        out.append(next)
        at += 2
      } else if next == UInt8(ascii: "{") {
        guard let close = bytes[at...].firstIndex(of: UInt8(ascii: "}")) else {
          problems.append(.malformed)
          break
        }
        out += expand(bytes[at + 2..<close], environment, isWithheld)
        at = close + 1
      } else {
        hasBareDollar = true
        out.append(bytes[at])
        at += 1
      }
    }
    text = String(decoding: out, as: UTF8.self)
  }

  private mutating func expand(
    _ inside: ArraySlice<UInt8>, _ environment: [String: String], _ isWithheld: (String) -> Bool
  ) -> [UInt8] {
    let nameBytes = inside.prefix { Self.isNameByte($0) }
    let rest = inside.dropFirst(nameBytes.count)
    let name = String(decoding: nameBytes, as: UTF8.self)
    let hasDefault = rest.starts(with: ":-".utf8)
    guard Self.isName(name), rest.isEmpty || hasDefault, !rest.contains(UInt8(ascii: "$")) else {
      problems.append(.malformed)
      return []
    }
    guard !isWithheld(name) else {
      problems.append(.withheld(name))
      return []
    }
    let value = environment[name]
    // As in a shell: `:-` stands in for an empty value too.
    if hasDefault, value?.isEmpty ?? true { return Array(rest.dropFirst(2)) }
    guard let value else {
      problems.append(.unset(name))
      return []
    }
    return Array(value.utf8)
  }

  /// `[A-Za-z_][A-Za-z0-9_]*`
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy(isNameByte)
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
  }
}

extension InventoryContext {
  /// A string with its variables expanded; nil, and reported, where one of them cannot be.
  ///
  /// - Parameter isTemplate: whether a `$` that is left is a mistake of its own (`unresolved-placeholder`).
  mutating func expanded(_ text: String, at mark: YAMLMark, isTemplate: Bool = false) -> String? {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var uses: [String: YAMLMark] = [:]
    let expansion = VariableExpansion(text, environment: environment) { name in
      if let use = credential(named: name) {
        uses[name] = use
        return true
      }
      return name.hasPrefix("MCPAUTH_") || name.hasPrefix("ACTIONS_") || name == "GITHUB_TOKEN"
    }
    for problem in expansion.problems {
      switch problem {
      case .unset(let name):
        report(
          .unsetVariable, "the environment variable \(name) is not set", at: mark,
          help: ["set \(name), or give a default: ${\(name):-value}"])
      case .withheld(let name):
        report(
          .unsetVariable, "${\(name)} does not expand, for the variable carries a credential", at: mark,
          notes: uses[name].map { ["a secret reference uses it at " + shown($0)] }
            ?? ["MCPAUTH_*, ACTIONS_* and GITHUB_TOKEN never expand: an edit of this file could send them to any URL"],
          help: ["use another variable for what is no secret"])
      case .malformed:
        report(
          isTemplate ? .unresolvedPlaceholder : .invalidValue, "a '${' that begins no variable", at: mark,
          help: ["write ${NAME} or ${NAME:-default}", "write $$ for a dollar"])
      }
    }
    guard expansion.problems.isEmpty else { return nil }
    if isTemplate, expansion.hasBareDollar {
      report(
        .unresolvedPlaceholder, "a '$' that begins no variable", at: mark,
        help: ["write ${NAME} for a variable, or $$ for a dollar"])
      return nil
    }
    return expansion.text
  }
}
