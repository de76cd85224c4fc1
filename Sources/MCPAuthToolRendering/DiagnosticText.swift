package import MCPAuthCore
import MCPAuthToolOutput

/// Diagnostics as text (InventoryReference#Mistakes).
package struct DiagnosticText {
  let style: Style
  /// How many columns a quoted line of a file may take.
  let width: Int
  /// Columns after which text is wrapped; nil: never.
  var wrap: Int?

  package init(style: Style, width: Int, wrap: Int? = nil) {
    self.style = style
    self.width = width
    self.wrap = wrap
  }

  /// One diagnostic with its lines, each with a line end.
  ///
  /// - Parameter mask: the mask of a file. A line of any other file is not shown.
  func render(_ diagnostic: Diagnostic, mask: SourceMask?, indentation: Int = 0) -> String {
    let parts = parts(diagnostic, mask: mask, indentation: indentation)
    let margin = String(repeating: " ", count: indentation)
    let lines = parts.head + parts.excerpt + parts.advice + parts.requests
    return lines.map { $0.isEmpty ? "\n" : margin + $0 + "\n" }.joined()
  }

  /// The lines of one diagnostic. Those of `excerpt` and `requests` are aligned with each other.
  struct Parts {
    /// The message.
    var head: [String]
    /// The line of the file, and its caret.
    var excerpt: [String]
    /// Notes and help.
    var advice: [String]
    var requests: [String]
  }

  func parts(_ diagnostic: Diagnostic, mask: SourceMask?, indentation: Int = 0) -> Parts {
    let room = wrap.map { max(24, $0 - indentation) }
    var shown: [String] = []
    if let place = diagnostic.location, let mask, mask.file == place.file {
      shown = excerpt(place, mask, indentation: indentation)
    }
    let notes = diagnostic.notes.flatMap { labelled("note", $0, room) }
    let help = diagnostic.help.flatMap { labelled("help", $0, room) }
    return Parts(
      head: headline(diagnostic, room), excerpt: shown, advice: notes + help,
      requests: requests(diagnostic.requests, room))
  }

  /// All diagnostics of one file in the order of its lines, and their number.
  package func render(_ diagnostics: [Diagnostic], in source: SourceText) -> String {
    guard !diagnostics.isEmpty else { return "" }
    let shown = Self.joined(diagnostics)
    let mask = SourceMask(source, diagnostics: shown)
    let texts = Self.sorted(shown).map { render($0, mask: mask) }
    return texts.joined() + count(shown) + " in " + Printable.line(source.file) + "\n"
  }

  /// Problems of one cause as one: a wrong age identity is one mistake, not one for each server, and so is a consumer that cannot sign in.
  static func joined(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    var joined: [Diagnostic] = []
    var shared: [(index: Int, others: Int)] = []
    for diagnostic in diagnostics {
      if let at = shared.firstIndex(where: { joined[$0.index].hasCause(of: diagnostic) }) {
        shared[at].others += 1
        continue
      }
      if diagnostic.code == .secretUnreadable { shared.append((joined.count, 0)) }
      joined.append(diagnostic)
    }
    for (index, others) in shared where others > 0 {
      joined[index].notes.append("the same for \(others == 1 ? "one other" : "\(others) others")")
    }
    return SharedObstacles.joined(joined)
  }

  /// Sorted by place. Diagnostics without a place come first, in their order.
  static func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    diagnostics.enumerated().sorted { a, b in
      switch (a.element.location, b.element.location) {
      case (let first?, let second?) where first != second: first < second
      case (nil, _?): true
      case (_?, nil): false
      default: a.offset < b.offset
      }
    }.map(\.element)
  }

  /// `2 errors, 1 warning`.
  func count(_ diagnostics: [Diagnostic]) -> String {
    let errors = diagnostics.count { $0.severity == .error }
    let warnings = diagnostics.count - errors
    var parts: [String] = []
    if errors > 0 { parts.append(style("\(errors) error\(errors == 1 ? "" : "s")", .boldRed)) }
    if warnings > 0 { parts.append(style("\(warnings) warning\(warnings == 1 ? "" : "s")", .yellow)) }
    return parts.joined(separator: ", ")
  }

  // MARK: Parts

  private func headline(_ diagnostic: Diagnostic, _ room: Int?) -> [String] {
    let name = "\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue)]"
    let label = style(name, diagnostic.severity == .error ? .boldRed : .yellow)
    let place = diagnostic.location.map { "\(Printable.line($0.file)):\($0.line):\($0.column): " } ?? ""
    let message = Printable.line(diagnostic.message)
    guard let room else { return [place + label + ": " + message] }
    let used = DisplayWidth.of(place) + name.count + 2
    let lines = Wrap.lines(message, first: room - used, rest: room - 2)
    return [place + label + ":" + (lines[0].isEmpty ? "" : " " + lines[0])] + lines.dropFirst().map { "  " + $0 }
  }

  private func excerpt(_ place: SourceLocation, _ mask: SourceMask, indentation: Int) -> [String] {
    let number = String(place.line)
    let gutter = max(5, number.count)
    guard let excerpt = SourceExcerpt(mask, place, room: max(20, width - gutter - 3 - indentation)) else { return [] }
    let margin = String(repeating: " ", count: gutter)
    return [
      style(String(margin.dropFirst(number.count)) + number + " |", .blue) + " " + excerpt.line,
      style(margin + " |", .blue) + " " + style(excerpt.caret, .boldRed),
    ]
  }

  /// `  help: …`, with further lines indented below its text.
  private func labelled(_ label: String, _ text: String, _ room: Int?) -> [String] {
    let used = 2 + label.count + 2
    let margin = String(repeating: " ", count: used)
    let lines = Printable.lines(text).flatMap { line in
      room.map { Wrap.lines(line, first: $0 - used, rest: $0 - used) } ?? [line]
    }
    return lines.enumerated().map { index, line in
      if index == 0 { return "  " + style(label, .bold) + ": " + line }
      return line.isEmpty ? "" : margin + line
    }
  }

  /// A line for each request, in columns; two lines if that is too wide.
  private func requests(_ records: [RequestRecord], _ room: Int?) -> [String] {
    let heads = records.map { [Printable.line($0.method), Printable.line($0.url)] }
    let answers = records.map { record in
      [
        record.status.map(String.init) ?? "no answer", Printable.line(record.contentType ?? ""),
        Printable.line(record.note ?? ""),
      ]
    }
    guard !heads.isEmpty else { return [] }
    let title = "  " + style("requests", .bold) + ":"
    let lines = Columns.align(zip(heads, answers).map { $0 + $1 }).map { "    " + $0 }
    guard let room, lines.contains(where: { DisplayWidth.of($0) > room }) else { return [title] + lines }
    return [title]
      + zip(Columns.align(heads), answers).flatMap { head, answer in
        let text = answer.filter { !$0.isEmpty }.joined(separator: "  ")
        return ["    " + head] + Wrap.lines(text, first: room - 8, rest: room - 8).map { "        " + $0 }
      }
  }
}

extension Diagnostic {
  /// Whether both say the same, at other places or of other servers: all secrets that one identity cannot open, or for which there is none. Notes
  /// say what a secret is needed for. One of both may have more of them.
  func hasCause(of other: Diagnostic) -> Bool {
    code == .secretUnreadable && code == other.code && severity == other.severity && cause == other.cause
      && help == other.help && (purposes.starts(with: other.purposes) || other.purposes.starts(with: purposes))
  }

  /// The notes, without the one that names the record.
  private var purposes: [String] { notes.filter { !$0.hasPrefix("one of them is ") } }

  /// The message without the names of server and record.
  private var cause: Substring {
    guard message.hasPrefix("the secret record of '"), let end = message.firstRange(of: ") is needed, and ") else {
      return message[...]
    }
    return message[end.upperBound...]
  }
}

/// Rows of a table without lines.
enum Columns {
  /// Two spaces between columns. A column that is empty in every row is left out, and there are no spaces at the end of a line.
  static func align(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { $0.indices.contains(column) ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() where widths[column] > 0 {
        line += DisplayWidth.pad(cell, to: widths[column] + 2)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
