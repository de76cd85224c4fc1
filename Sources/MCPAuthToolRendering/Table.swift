/// A table with headers that fits a terminal. The name of a row is never shortened.
///
/// The first column is the state of a row and the second its name. If the terminal is too narrow, cells are shortened or wrapped. If that is not
/// enough, the last columns are left out, and their values are written below the row with their headers. Without a limit each row is one line.
struct Table {
  /// What happens to a cell that is wider than its column.
  enum Fit {
    /// The column is always as wide as its widest cell.
    case whole
    /// Lines break between the words.
    case words
    /// `https://` is left out, and an ellipsis replaces the middle: for ids and URLs.
    case middle
  }

  struct Column {
    let title: String
    var fit = Fit.whole

    init(_ title: String, _ fit: Fit = .whole) {
      self.title = title
      self.fit = fit
    }
  }

  struct Layout: Equatable {
    /// The line of headers; nil when there are no rows, and where no two columns fit beside each other.
    var head: String?
    /// The lines of each row.
    var rows: [[String]]
  }

  /// The least width of a column that is shortened.
  private static let least = 16
  private static let gap = 2

  let columns: [Column]
  /// Printable text. A column that is empty in every row is left out.
  let rows: [[String]]

  init(_ columns: [Column], _ rows: [[String]]) {
    self.columns = columns
    self.rows = rows
  }

  /// - Parameter wrap: columns of the terminal; nil: no limit.
  func layout(_ wrap: Int?) -> Layout {
    guard !rows.isEmpty else { return Layout(head: nil, rows: []) }
    let used = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    let widths = widths(used, wrap)
    guard !widths.isEmpty else {
      return Layout(head: nil, rows: rows.map { stacked($0, used, wrap ?? 0) })
    }
    let shown = zip(used, widths).map { (column: $0, width: $1) }
    let cells = rows.map { row in shown.map { lines(of: row, $0.column, $0.width) } }
    let heights = cells.map { row in row.map(\.count).max() ?? 0 }
    // All lines are aligned at once, so that they have the same columns.
    let physical = zip(cells, heights).flatMap { row, height in
      (0..<height).map { index in row.map { $0.indices.contains(index) ? $0[index] : "" } }
    }
    let aligned = Columns.align([shown.map { columns[$0.column].title }] + physical)
    var at = 1
    let hidden = Array(used.dropFirst(widths.count))
    let texts = zip(rows, heights).map { row, height -> [String] in
      defer { at += height }
      return Array(aligned[at..<at + height]) + labelled(row, hidden, wrap ?? 0)
    }
    return Layout(head: aligned[0], rows: texts)
  }

  /// The lines of headers and rows.
  ///
  /// - Parameters:
  ///   - look: the look of a row.
  ///   - details: further lines below a row.
  func text(
    _ settings: ReportSettings, look: (Int) -> Style.Look? = { _ in nil }, details: (Int) -> [String] = { _ in [] }
  ) -> String {
    let layout = layout(settings.wrap)
    var text = layout.head.map { settings.style($0, .dim) + "\n" } ?? ""
    for (index, lines) in layout.rows.enumerated() {
      let look = look(index)
      text += lines.map { line in (look.map { settings.style(line, $0) } ?? line) + "\n" }.joined()
      text += details(index).map { $0 + "\n" }.joined()
    }
    return text
  }

  /// A line below a row. The value is shortened so that the line fits.
  static func detail(_ before: String, _ value: String, _ after: String = "", wrap: Int?) -> String {
    guard let wrap else { return "  " + before + value + after }
    let room = wrap - 2 - DisplayWidth.of(before) - DisplayWidth.of(after)
    return DisplayWidth.cut("  " + before + shortened(value, to: room) + after, to: wrap)
  }

  // MARK: Widths

  /// The widths of the first columns, as many as fit beside each other. Empty where the name does not fit beside the state.
  private func widths(_ used: [Int], _ wrap: Int?) -> [Int] {
    let natural = used.map { column in max(columns[column].title.count, width(of: column) { DisplayWidth.of($0) }) }
    guard let wrap else { return natural }
    let least = zip(used, natural).map { min($1, self.least($0, natural: $1)) }
    var count = used.count
    while count > 0, Self.total(least.prefix(count)) > wrap { count -= 1 }
    guard count > 1 || count == used.count else { return [] }
    var widths = Array(natural.prefix(count))
    for fit in [Fit.middle, .words] {
      // One column at a time from the widest.
      while Self.total(widths[...]) > wrap {
        let wide = widths.indices.filter { columns[used[$0]].fit == fit && widths[$0] > least[$0] }
        guard let widest = wide.max(by: { widths[$0] < widths[$1] }) else { break }
        widths[widest] -= 1
      }
    }
    return widths
  }

  private func least(_ column: Int, natural: Int) -> Int {
    let title = columns[column].title.count
    return switch columns[column].fit {
    case .whole: natural
    case .middle: max(title, Self.least)
    case .words:
      max(title, Wrap.least, width(of: column) { $0.split(separator: " ").map { DisplayWidth.of($0) }.max() ?? 0 })
    }
  }

  private func width(of column: Int, _ measure: (String) -> Int) -> Int { rows.map { measure($0[column]) }.max() ?? 0 }

  private static func total(_ widths: ArraySlice<Int>) -> Int {
    widths.reduce(0, +) + gap * max(0, widths.count - 1)
  }

  // MARK: Lines

  private func lines(of row: [String], _ column: Int, _ width: Int) -> [String] {
    switch columns[column].fit {
    case .whole: [row[column]]
    case .middle: [Self.shortened(row[column], to: width)]
    case .words: Wrap.broken(row[column], first: width, rest: width)
    }
  }

  static func shortened(_ text: String, to width: Int) -> String {
    guard DisplayWidth.of(text) > width else { return text }
    let rest = text.hasPrefix("https://") ? String(text.dropFirst("https://".count)) : text
    return DisplayWidth.middle(rest, to: max(1, width))
  }

  /// A row on a terminal that is too narrow for two columns: the state, and the other values below it.
  private func stacked(_ row: [String], _ used: [Int], _ wrap: Int) -> [String] {
    guard let first = used.first else { return [] }
    return Wrap.broken(row[first], first: wrap, rest: wrap) + labelled(row, Array(used.dropFirst()), wrap)
  }

  /// `  issuer: https://…  client: …`, as many on a line as fit. A value that does not exist is left out.
  private func labelled(_ row: [String], _ hidden: [Int], _ wrap: Int) -> [String] {
    let room = max(2, wrap - 2)
    var lines: [String] = []
    // Nothing follows a value that was broken.
    var isOpen = false
    for column in hidden where !row[column].isEmpty && row[column] != "-" {
      let label = columns[column].title.lowercased() + ": "
      let isShortened = columns[column].fit == .middle
      let value = isShortened ? Self.shortened(row[column], to: room - label.count) : row[column]
      let item = Wrap.broken(label + value, first: room, rest: room)
      if let last = lines.last, isOpen, item.count == 1,
        DisplayWidth.of(last) + Self.gap + DisplayWidth.of(item[0]) <= room
      {
        lines[lines.count - 1] = last + "  " + item[0]
      } else {
        lines += item
        isOpen = item.count == 1
      }
    }
    return lines.map { "  " + $0 }
  }
}
