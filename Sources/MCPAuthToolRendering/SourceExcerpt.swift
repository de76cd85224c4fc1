import MCPAuthCore

/// The line that a diagnostic refers to, with a caret under the place: two lines of text.
struct SourceExcerpt {
  /// The line, safe to print and cut around the place.
  let line: String
  /// Spaces, `^`, and a `~` for each further column of the place.
  let caret: String

  private struct Cell {
    var text: String
    var width: Int
  }

  /// - Parameters:
  ///   - place: columns in Unicode scalars, as the mask's source has them.
  ///   - room: the columns of the terminal.
  /// - Returns: nil when the file has no such line.
  init?(_ mask: SourceMask, _ place: SourceLocation, room: Int) {
    guard let (scalars, moved) = mask.line(place.line) else { return nil }
    let start = moved[min(max(0, place.column - 1), moved.count - 1)]
    let oldEnd = min(max(0, (place.endColumn ?? place.column) - 1), moved.count - 1)
    let end = max(moved[oldEnd], start)
    let cells = Self.cells(scalars)
    let window = Self.window(cells, around: start, room: room)
    var text = cells[window].map(\.text).joined()
    var before = cells[window.lowerBound..<max(window.lowerBound, start)].reduce(0) { $0 + $1.width }
    if window.lowerBound > 0 {
      text = "…" + text
      before += 1
    }
    if window.upperBound < cells.count { text += "…" }
    let visibleEnd = min(end, window.upperBound)
    let marked = cells[start..<max(start, visibleEnd)].reduce(0) { $0 + $1.width }
    line = text
    caret = String(repeating: " ", count: before) + "^" + String(repeating: "~", count: max(0, marked - 1))
  }

  /// A cell for each scalar. A command of a CI runner is broken up by a space in the cell of one of its scalars.
  private static func cells(_ scalars: [Unicode.Scalar]) -> [Cell] {
    var cells = scalars.map(cell)
    for index in ForeignText.commandHeads(in: scalars) {
      cells[index].text = " " + cells[index].text
      cells[index].width += 1
    }
    return cells
  }

  private static func cell(_ scalar: Unicode.Scalar) -> Cell {
    if scalar == "\t" { return Cell(text: "    ", width: 4) }
    // Escape sequences of a pull request must not reach the terminal.
    if ForeignText.isHarmful(scalar) { return Cell(text: "\u{FFFD}", width: 1) }
    return Cell(text: String(scalar), width: DisplayWidth.of(scalar))
  }

  /// The cells that are shown: all if they fit, otherwise those around the place, with a third of the room before it.
  private static func window(_ cells: [Cell], around place: Int, room: Int) -> Range<Int> {
    var total = 0
    for cell in cells { total += cell.width }
    guard total > room else { return 0..<cells.count }
    let room = max(8, room - 2)
    var lower = min(place, cells.count)
    var width = 0
    while lower > 0, width + cells[lower - 1].width <= room / 3 {
      lower -= 1
      width += cells[lower].width
    }
    var upper = min(place, cells.count)
    while upper < cells.count, width + cells[upper].width <= room {
      width += cells[upper].width
      upper += 1
    }
    // At the end of the line, use the room on the left.
    while lower > 0, width + cells[lower - 1].width <= room {
      lower -= 1
      width += cells[lower].width
    }
    return lower..<upper
  }
}
