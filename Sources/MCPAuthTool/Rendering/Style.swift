import MCPAuthPlan

/// Colours, where they are on.
struct Style: Sendable, Equatable {
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

  static let plain = Style(hasColor: false)
  static let colored = Style(hasColor: true)

  func callAsFunction(_ text: String, _ look: Look) -> String {
    hasColor && !text.isEmpty ? "\u{1B}[\(look.rawValue)m\(text)\u{1B}[0m" : text
  }

  static func look(of action: Action) -> Look {
    switch action {
    case .register: .green
    case .update: .yellow
    case .replace: .magenta
    case .remove: .red
    case .blocked: .boldRed
    case .unchanged: .dim
    }
  }
}
