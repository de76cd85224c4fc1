internal import MCPAuthCore
internal import MCPAuthYAML

/// `${NAME}`, `${NAME:-default}` and `$$` in one value (InventoryReference#Values).
struct VariableExpansion {
  enum Problem: Equatable {
    /// The variable is not set and has no default.
    case unset(String)
    /// A `${` that does not begin a valid variable.
    case malformed
  }

  private(set) var text = ""
  /// Whether the result contains a `$` that begins no variable, as in `$HOME`.
  private(set) var hasBareDollar = false
  private(set) var problems: [Problem] = []

  init(_ written: String, variables: InventoryVariables) {
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
        out += expand(bytes[at + 2..<close], variables)
        at = close + 1
      } else {
        hasBareDollar = true
        out.append(bytes[at])
        at += 1
      }
    }
    text = String(decoding: out, as: UTF8.self)
  }

  private mutating func expand(_ inside: ArraySlice<UInt8>, _ variables: InventoryVariables) -> [UInt8] {
    let nameBytes = inside.prefix { Self.isNameByte($0) }
    let rest = inside.dropFirst(nameBytes.count)
    let name = String(decoding: nameBytes, as: UTF8.self)
    let hasDefault = rest.starts(with: ":-".utf8)
    guard Self.isName(name), rest.isEmpty || hasDefault, !rest.contains(UInt8(ascii: "$")) else {
      problems.append(.malformed)
      return []
    }
    let value = variables[name]
    // As in a shell, `:-` also replaces an empty value.
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

  static func isNameByte(_ byte: UInt8) -> Bool { byte.isASCIIAlphanumeric || byte == 0x5F }
}

extension InventoryContext {
  /// Returns a string with its variables expanded. Returns nil, and reports a mistake, where a variable cannot be expanded.
  ///
  /// - Parameter isTemplate: whether a remaining `$` is a mistake of its own (`unresolved-placeholder`).
  mutating func expanded(_ text: String, at mark: YAMLMark, isTemplate: Bool = false) -> String? {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    let expansion = VariableExpansion(text, variables: variables)
    for problem in expansion.problems {
      switch problem {
      case .unset(let name):
        let variable = InventoryVariables.prefix + name
        report(
          .unsetVariable, "${\(name)} has no value: \(variable) is not set", at: mark,
          notes: variables.isInEnvironment(name)
            ? ["\(name) itself is set, and is not used: an edit of this file could send its value anywhere"] : [],
          help: ["set \(variable), or give --var \(name)=VALUE, or write a default: ${\(name):-value}"])
      case .malformed:
        report(
          isTemplate ? .unresolvedPlaceholder : .invalidValue, "a '${' that does not begin a variable", at: mark,
          help: ["write ${NAME} or ${NAME:-default}", "write $$ for a dollar"])
      }
    }
    guard expansion.problems.isEmpty else { return nil }
    if isTemplate, expansion.hasBareDollar {
      report(
        .unresolvedPlaceholder, "a '$' that does not begin a variable", at: mark,
        help: ["write ${NAME} for a variable, or $$ for a dollar"])
      return nil
    }
    return expansion.text
  }
}
