import MCPAuthPlan

/// Colours, if they are on.
package struct Style: Sendable, Equatable {
  enum Look: String {
    case green = "32"
    case yellow = "33"
    case magenta = "35"
    case red = "31"
    case boldRed = "1;31"
    case bold = "1"
    case dim = "2"
    case blue = "34"
  }

  var hasColor: Bool

  package init(hasColor: Bool) {
    self.hasColor = hasColor
  }

  package static let plain = Style(hasColor: false)
  static let colored = Style(hasColor: true)

  func callAsFunction(_ text: String, _ look: Look) -> String {
    hasColor && !text.isEmpty ? "\u{1B}[\(look.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// `plan: 2 to register, 38 unchanged`. Counts of zero are left out. If the line is too wide, it continues on a second line.
  ///
  /// - Parameters:
  ///   - unchanged: the number of unchanged servers.
  ///   - isIdle: whether the line says that there is nothing to do if all other counts are zero.
  func counts(
    _ label: String, _ counts: [(count: Int, words: String, look: Look)], unchanged: Int, isIdle: Bool, wrap: Int?
  ) -> String {
    var parts: [(text: String, look: Look?)] =
      counts.filter { $0.count > 0 }.map { ("\($0.count) \($0.words)", $0.look) }
    if parts.isEmpty, isIdle { parts.append(("nothing to do", nil)) }
    if unchanged > 0 || parts.isEmpty { parts.append(("\(unchanged) unchanged", nil)) }
    var text = label
    var used = label.count
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let size = part.text.count + (isLast ? 0 : 2)
      if let wrap, index > 0, used + size > wrap {
        // Without the space at the end.
        text.removeLast()
        text += "\n  "
        used = 2
      }
      text += (part.look.map { self(part.text, $0) } ?? part.text) + (isLast ? "" : ", ")
      used += size
    }
    return text
  }

  /// A part of a line, its look, and the text that follows without it.
  typealias Part = (text: String, look: Look?, end: String)

  /// Parts with a space between them. A part that does not fit begins a further line, which is indented.
  func flow(_ parts: [Part], wrap: Int?) -> String {
    var text = ""
    var used = 0
    for part in parts {
      let size = DisplayWidth.of(part.text) + part.end.count
      if let wrap, used > 0, used + 1 + size > wrap {
        text += "\n  "
        used = 2
      } else if used > 0 {
        text += " "
        used += 1
      }
      text += (part.look.map { self(part.text, $0) } ?? part.text) + part.end
      used += size
    }
    return text
  }

  static func look(of action: Action) -> Look {
    switch action {
    case .register, .add: .green
    case .update: .yellow
    case .replace: .magenta
    case .remove: .red
    case .blocked: .boldRed
    case .unchanged: .dim
    }
  }
}
