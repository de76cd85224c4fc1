import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// The changed fields of a server, old → new, under its line in a plan.
struct FieldChangeText {
  /// The columns that are available; nil: no limit.
  let room: Int?

  /// - Parameters:
  ///   - before: rows of a name and a text above the fields.
  ///   - after: rows below the fields.
  func lines(
    _ fields: [FieldChange], before: [(String, String)] = [], after: [(String, String)] = []
  ) -> [String] {
    var labels: [String] = before.map { $0.0 + ":" }
    labels += fields.map { Printable.line($0.field) + ":" }
    labels += after.map { $0.0 + ":" }
    let margin = (labels.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    var texts: [[String]] = before.map { wrapped($0.1, margin) }
    texts += fields.map { values(of: $0, margin) }
    texts += after.map { wrapped($0.1, margin) }
    return zip(labels, texts).flatMap { label, lines in
      lines.enumerated().map { index, value in
        DisplayWidth.pad(index == 0 ? label : "", to: margin) + value
      }
    }
  }

  private func wrapped(_ text: String, _ margin: Int) -> [String] {
    guard let room else { return [text] }
    return Wrap.lines(text, first: room - margin, rest: room - margin)
  }

  private func values(of field: FieldChange, _ margin: Int) -> [String] {
    let line = Self.word(field.old) + " → " + Self.word(field.new)
    guard let room, DisplayWidth.of(line) + margin > room else { return [line] }
    if let (gone, come, kept) = Self.elements(field) {
      return gone.map { "- " + $0 } + come.map { "+ " + $0 } + (kept > 0 ? ["  \(kept) unchanged"] : [])
    }
    return ["  " + Self.word(field.old), "→ " + Self.word(field.new)]
  }

  /// The removed and added elements of a list, each in its own order.
  private static func elements(_ field: FieldChange) -> (gone: [String], come: [String], kept: Int)? {
    guard case .list(let old)? = field.old ?? .list([]), case .list(let new)? = field.new ?? .list([]) else {
      return nil
    }
    let gone = old.filter { !new.contains($0) }
    let come = new.filter { !old.contains($0) }
    guard !gone.isEmpty || !come.isEmpty else { return nil }
    return (gone.map(element), come.map(element), new.count - come.count)
  }

  private static func element(_ text: String) -> String { ForeignText.printable(text) }

  /// `read, write`; `(none)` for no value, `(empty)` for an empty text.
  static func word(_ value: FieldChange.Value?) -> String {
    let text: String
    switch value {
    case .text(let value): text = element(value)
    case .list(let elements): text = elements.map(element).joined(separator: ", ")
    case nil: return "(none)"
    }
    return text.isEmpty ? "(empty)" : text
  }
}
