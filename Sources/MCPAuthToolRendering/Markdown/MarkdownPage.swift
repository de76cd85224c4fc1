/// The part of a comment for one inventory, in pieces that can be left out when there is no room.
struct MarkdownPage: Sendable {
  /// A piece that is either shown completely or left out.
  struct Piece: Sendable {
    var text: String
    /// The name under which left out pieces are counted: `to register`.
    var kind: String
    /// Whether it is shown even if there is no room.
    var isRequired = false
  }

  /// Pieces under a heading, folded or not.
  struct Section: Sendable {
    var title: String
    /// nil: not folded.
    var fold: Fold?
    var pieces: [Piece]
  }

  enum Fold: Sendable {
    case open, closed
  }

  /// The hidden comment of `MarkdownText.marker`.
  var marker: String
  /// Always shown.
  var head: String
  /// The most important section first.
  var sections: [Section]

  /// GitHub's limit for a comment is 65,536. The tool that posts it may add text.
  static let limit = 60_000

  var hasRequiredPieces: Bool { sections.contains { $0.pieces.contains(where: \.isRequired) } }

  /// - Parameter limit: in UTF-16 units, which are never fewer than the characters that a forge counts. Required pieces can exceed it.
  func render(limit: Int = limit) -> String {
    var text = marker + "\n" + head
    var leftOut: [(kind: String, count: Int)] = []
    // Room for closing tags and for the text about pieces that were left out. Required pieces have their room already.
    let required = sections.flatMap(\.pieces).filter(\.isRequired).reduce(0) { $0 + $1.text.utf16.count }
    var room = limit - text.utf16.count - 2_000 - required
    for section in sections where !section.pieces.isEmpty {
      let (opening, closing) = Self.frame(section)
      var body = ""
      var left = room - opening.utf16.count - closing.utf16.count
      for piece in section.pieces {
        let size = piece.text.utf16.count
        if piece.isRequired {
          body += piece.text
        } else if size <= left, leftOut.isEmpty || leftOut.last?.kind != piece.kind {
          body += piece.text
          left -= size
        } else if leftOut.last?.kind == piece.kind {
          leftOut[leftOut.count - 1].count += 1
        } else {
          leftOut.append((piece.kind, 1))
        }
      }
      guard !body.isEmpty else { continue }
      text += opening + body + closing
      room = left
    }
    if !leftOut.isEmpty {
      let words = leftOut.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
      text += "\n**Left out, because there is no room: \(words).** The job's log has everything.\n"
    }
    return text
  }

  private static func frame(_ section: Section) -> (opening: String, closing: String) {
    switch section.fold {
    case nil: ("\n#### \(section.title)\n\n", "")
    // An empty line ends the HTML block, so that Markdown follows.
    case .open: ("\n<details open><summary>\(section.title)</summary>\n\n", "\n</details>\n")
    case .closed: ("\n<details><summary>\(section.title)</summary>\n\n", "\n</details>\n")
    }
  }
}
