internal import MCPAuthCore
internal import MCPAuthYAML

/// Reads the different kinds of values. Each function returns nil where it reported a mistake. Messages never show the text of a value, because it
/// may be an expanded variable, or a secret in the wrong place.
extension InventoryContext {
  /// Text on one line, with variables expanded.
  mutating func text(_ entry: YAMLEntry) -> String? {
    text(entry.value, called: entry.name, at: place(entry))
  }

  mutating func text(
    _ node: YAMLNode, called name: String, at mark: YAMLMark, isTemplate: Bool = false, allowsLines: Bool = false
  ) -> String? {
    guard let written = written(node, called: name, at: mark),
      let text = expanded(written, at: mark, isTemplate: isTemplate)
    else { return nil }
    guard !text.isEmpty else {
      report(.invalidValue, "'\(name)' is empty", at: mark, help: ["give it a value, or remove it"])
      return nil
    }
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) || !holdsControls(text, allowsLines: allowsLines)
    else {
      report(
        .invalidValue, "'\(name)' holds a line end or a control character", at: mark, help: ["write it on one line"])
      return nil
    }
    return text
  }

  /// A string as written, without expansion.
  mutating func written(_ node: YAMLNode, called name: String, at mark: YAMLMark) -> String? {
    guard case .scalar(let scalar) = node.content else {
      if case .unusable = node.content { return nil }
      var help: [String] = []
      if case .sequence(let elements) = node.content, elements.count == 1,
        case .scalar(let scalar) = elements[0].content, let value = Self.quoted(scalar, of: name)
      {
        help = ["write \(name): \(value)"]
      }
      if case .mapping(let entries) = node.content, let only = entries.first, entries.count == 1,
        case .scalar(let scalar) = only.value.content, scalar.value == .null
      {
        help = ["put quotes around it: without them {\(Self.shown(key: only.name))} is a mapping"]
      }
      report(.invalidValue, "'\(name)' takes text\(notA(node))", at: mark, help: help)
      return nil
    }
    switch scalar.value {
    case .string: return scalar.text
    case .null:
      report(.invalidValue, "'\(name)' has no value", at: mark, help: ["give it a value, or remove it"])
    case .bool, .integer, .number:
      let value = Self.quoted(scalar, of: name)
      report(
        .invalidValue, "'\(name)' takes text\(notA(node))", at: mark,
        help: ["put quotes around it" + (value.map { ": \($0)" } ?? "")])
    }
    return nil
  }

  /// A value in quotes, for a help text; nil where it must not be repeated. The value of a reference could be the secret itself.
  private static func quoted(_ scalar: YAMLScalar, of name: String) -> String? {
    ReferenceKey(rawValue: name) == nil && !soundsSecret(name) ? ValueHints.quoted(scalar) : nil
  }

  /// `true` or `false` (YAML 1.2).
  mutating func boolean(_ entry: YAMLEntry) -> Bool? {
    guard case .scalar(let scalar) = entry.value.content else {
      return wrong(entry, "'\(entry.name)' takes true or false")
    }
    if case .bool(let flag) = scalar.value { return flag }
    let meant: String? =
      switch scalar.text.lowercased() {
      case "yes", "on", "y", "true", "1": "true"
      case "no", "off", "n", "false", "0": "false"
      default: nil
      }
    return wrong(
      entry, "'\(entry.name)' takes true or false", help: meant.map { ["write \($0), without quotes"] } ?? [])
  }

  /// A whole number that is not less than `least`.
  mutating func integer(_ entry: YAMLEntry, atLeast least: Int) -> Int? {
    if case .scalar(let scalar) = entry.value.content, case .integer(let number) = scalar.value, number >= least {
      return number
    }
    return wrong(entry, "'\(entry.name)' takes a whole number that is at least \(least)")
  }

  /// A duration in seconds: a number and a unit.
  mutating func duration(_ entry: YAMLEntry) -> Int? {
    let problem = "'\(entry.name)' takes a duration: a number and a unit, s, m, h or d"
    guard case .scalar(let scalar) = entry.value.content else { return wrong(entry, problem) }
    let seconds: Int? =
      switch scalar.text.utf8.last {
      case UInt8(ascii: "s"): 1
      case UInt8(ascii: "m"): 60
      case UInt8(ascii: "h"): 3600
      case UInt8(ascii: "d"): 86_400
      default: nil
      }
    let digits = scalar.text.dropLast()
    guard let seconds, !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      let isNumber = !scalar.text.isEmpty && scalar.text.utf8.allSatisfy { (0x30...0x39).contains($0) }
      let days = isNumber && scalar.text.utf8.count <= 5
      return wrong(
        entry, problem,
        help: [days ? "write \(entry.name): \(scalar.text)d for days" : "write a duration like 7d or 24h"])
    }
    guard let count = Int(digits), case let (total, overflow) = count.multipliedReportingOverflow(by: seconds),
      !overflow
    else { return wrong(entry, "'\(entry.name)' is too long") }
    return total
  }

  /// One word of a closed list.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(_ entry: YAMLEntry, _ type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    choice(entry, among: Choice.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
  }

  mutating func choice(_ entry: YAMLEntry, among names: [String]) -> String? {
    guard case .scalar(let scalar) = entry.value.content else {
      return wrong(entry, "'\(entry.name)' is one of \(names.joined(separator: ", "))")
    }
    if names.contains(scalar.text) { return scalar.text }
    return wrong(
      entry, "'\(entry.name)' is one of \(names.joined(separator: ", "))",
      help: ValueHints.choice(scalar.text, of: entry.name, among: names).map { meant in
        ["did you mean '\(meant)'?"] + Self.more(entry.name, scalar.text, meant)
      } ?? [])
  }

  /// How to write a bearer token, which is not a value of `auth`.
  private static func more(_ name: String, _ written: String, _ meant: String) -> [String] {
    guard name == "auth", ["bearer", "token"].contains(written.lowercased()) else { return [] }
    return [
      "a bearer token is auth: \(meant) with api_key: {header: Authorization, value: {env: NAME}}, and its value is 'Bearer' and the token"
    ]
  }

  /// The elements of a list. The list must have at least `least` elements.
  mutating func list(_ entry: YAMLEntry, least: Int = 0) -> [YAMLNode]? {
    guard case .sequence(let elements) = entry.value.content else {
      var value: String?
      if case .scalar(let scalar) = entry.value.content { value = Self.quoted(scalar, of: entry.name) }
      return wrong(
        entry, "'\(entry.name)' takes a list\(notA(entry.value))",
        help: ["write \(entry.name): [\(value ?? "one, another")]"])
    }
    guard elements.count >= least else { return wrong(entry, "'\(entry.name)' is an empty list") }
    return elements
  }

  /// A list of texts.
  mutating func texts(_ entry: YAMLEntry, least: Int = 0) -> [String]? {
    list(entry, least: least).flatMap { elements in
      all(elements) { context, element in
        context.text(element, called: entry.name, at: context.place(element, in: entry))
      }
    }
  }

  /// Reads every element, so that every mistake is found. Returns nil where one was wrong.
  mutating func all<Value>(
    _ elements: [YAMLNode], _ read: (inout InventoryContext, YAMLNode) -> Value?
  ) -> [Value]? {
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      if let value = read(&self, element) { values.append(value) }
    }
    return values.count == elements.count ? values : nil
  }

  /// The position of an element. Where no element is written, the position of the list's key.
  func place(_ element: YAMLNode, in entry: YAMLEntry) -> YAMLMark {
    element.mark.endColumn == element.mark.column ? entry.mark : element.mark
  }

  /// Reports `invalid-value`, unless the value is unusable and was already reported.
  mutating func wrong<Value>(_ entry: YAMLEntry, _ message: String, help: [String] = []) -> Value? {
    if case .unusable = entry.value.content { return nil }
    report(.invalidValue, message, at: place(entry), help: help)
    return nil
  }

  /// `, and this is a list`
  func notA(_ node: YAMLNode) -> String {
    switch node.content {
    case .mapping: return ", and this is a mapping"
    case .sequence: return ", and this is a list"
    case .unusable: return ""
    case .scalar(let scalar):
      switch scalar.value {
      case .null: return ", and there is no value"
      case .bool: return ", and this is a boolean"
      case .integer, .number: return ", and this is a number"
      case .string: return ", and this is text"
      }
    }
  }

  private func holdsControls(_ text: String, allowsLines: Bool) -> Bool {
    text.unicodeScalars.contains { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0D: !allowsLines
      case 0..<0x20, 0x7F...0x9F: true
      default: false
      }
    }
  }
}
