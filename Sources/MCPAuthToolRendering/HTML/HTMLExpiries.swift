import MCPAuthCore

/// When client secrets expire, the earliest first, each with its place on a line of time.
struct HTMLExpiries {
  let now: Timestamp
  /// The servers whose client secret expires.
  let items: [(server: String, expiry: Timestamp)]

  private static let day: Int64 = 86_400
  /// The days that the line has before and after now. An earlier or later time is at its end.
  private static let before: Int64 = 30
  private static let after: Int64 = 365
  /// Within so many days an expiry is marked.
  private static let soon: Int64 = 30

  var section: [HTMLNode] {
    guard !items.isEmpty else { return [] }
    let sorted = items.enumerated().sorted { ($0.element.expiry, $0.offset) < ($1.element.expiry, $1.offset) }
    let scale = HTMLNode.tag(
      "p", ["class": "scale"],
      [.line("Each line of time goes from \(Self.before) days ago to \(Self.after) days from now. The bar is now.")])
    let rows = sorted.map { row($0.element.server, $0.element.expiry) }
    return HTMLParts.section("Expiry of client secrets", "expiries", [scale, .tag("ol", rows)])
  }

  private func row(_ server: String, _ expiry: Timestamp) -> HTMLNode {
    let left = expiry.seconds - now.seconds
    let look = left <= 0 ? "expired" : left <= Self.soon * Self.day ? "soon" : "later"
    let words = HTMLNode.tag("span", ["class": "left"], [.line(Self.words(left))])
    let content: [HTMLNode] = [
      HTMLParts.time(expiry), .line(" "), words, .line(" "), HTMLParts.code(server), .line(" "), track(expiry),
    ]
    return .tag("li", ["class": "expiry " + look], content)
  }

  /// `expired 3 d ago`, `in 5 h`, `in 40 d`.
  static func words(_ left: Int64) -> String {
    let (count, unit) =
      switch left.magnitude {
      case 0..<60: (left.magnitude, "s")
      case 60..<3600: (left.magnitude / 60, "min")
      case 3600..<86_400: (left.magnitude / 3600, "h")
      default: (left.magnitude / 86_400, "d")
      }
    return left <= 0 ? "expired \(count) \(unit) ago" : "in \(count) \(unit)"
  }

  /// A drawing. Its places are attributes: the policy of the page allows no `style` attribute.
  private func track(_ expiry: Timestamp) -> HTMLNode {
    let now = place(self.now)
    return .tag(
      "svg", ["aria-hidden": "true"],
      [
        .tag("line", ["class": "axis", "x1": "0", "x2": "100%", "y1": "50%", "y2": "50%"], []),
        .tag("line", ["class": "now", "x1": now, "x2": now, "y1": "0", "y2": "100%"], []),
        .tag("circle", ["cx": place(expiry), "cy": "50%", "r": "5"], []),
      ])
  }

  /// `7.5%`, between 2 and 98.
  private func place(_ time: Timestamp) -> String {
    let start = now.seconds - Self.before * Self.day
    let length = (Self.before + Self.after) * Self.day
    let offset = min(max(time.seconds - start, 0), length)
    let thousandths = 20 + offset * 960 / length
    return "\(thousandths / 10).\(thousandths % 10)%"
  }
}
