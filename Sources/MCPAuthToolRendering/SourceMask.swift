import MCPAuthCore
import MCPAuthToolOutput

/// Hides what a shown line of an inventory must not tell (InventoryReference#Values): literals where a secret reference is due, and passwords in URLs.
///
/// It works on the text, not on what the YAML says: a line is also shown when the YAML says nothing, for it is malformed.
struct SourceMask: Sendable {
  /// Of a longer line nothing is shown: nobody reads it, and each of its thousand mistakes would look through all of it.
  static let longestLine = 4096

  private let source: SourceText
  /// For each line, the nearest one above it that is set in less deep and not empty; 0: none. Lines count from 1.
  private let enclosing: [Int]
  var file: String { source.file }
  /// From which column of a line on (0-based) the text is a literal secret.
  private var hiddenFrom: [Int: Int] = [:]

  /// - Parameter diagnostics: all of the run: a line is masked whichever of them shows it.
  init(_ source: SourceText, diagnostics: [Diagnostic]) {
    self.source = source
    enclosing = Self.enclosing(source.lines)
    for diagnostic in diagnostics where diagnostic.code == .inlineSecret {
      guard let place = diagnostic.location, place.file == source.file else { continue }
      hide(from: place)
    }
  }

  /// A secret's value begins at the place, or behind the key that stands there, and goes on over the lines that are indented deeper.
  private mutating func hide(from place: SourceLocation) {
    guard let line = source.line(place.line) else { return }
    let start = min(max(0, place.column - 1), line.count)
    let end = min(max(start, (place.endColumn ?? place.column) - 1), line.count)
    hiddenFrom[place.line] = min(hiddenFrom[place.line] ?? .max, Self.valueStart(in: line, after: end) ?? start)
    let indentation = Self.indentation(of: line)
    var next = place.line + 1
    while let following = source.line(next) {
      let own = Self.indentation(of: following)
      // A value on the line below its key is itself the deeper line: those at its own depth are no part of it.
      guard own == following.count || own > indentation else { break }
      if own < following.count { hiddenFrom[next] = min(hiddenFrom[next] ?? .max, own) }
      next += 1
    }
  }

  /// The line as it may be shown, and where its columns went.
  ///
  /// - Returns: the masked line, and for every old index (its end included) the new one.
  func line(_ number: Int) -> (scalars: [Unicode.Scalar], moved: [Int])? {
    guard let line = source.line(number), line.count <= Self.longestLine else { return nil }
    var hidden: [Range<Int>] = []
    // One of them may be reported, and another stand before it.
    let starts = [hiddenFrom[number], Self.literalSecret(in: line)].compactMap(\.self)
    if let start = starts.min() ?? continuedSecret(at: number, line) {
      hidden.append(start..<line.count)
    }
    for range in UserInfo.ranges(in: line) where !hidden.contains(where: { $0.overlaps(range) }) {
      hidden.append(range)
    }
    hidden.removeAll(where: \.isEmpty)
    hidden.sort { $0.lowerBound < $1.lowerBound }
    var out: [Unicode.Scalar] = []
    var moved: [Int] = []
    var at = 0
    for range in hidden {
      for index in at..<range.lowerBound {
        moved.append(out.count)
        out.append(line[index])
      }
      let start = out.count
      out.append(contentsOf: UserInfo.replacement)
      moved.append(start)
      moved.append(contentsOf: repeatElement(out.count, count: range.count - 1))
      at = range.upperBound
    }
    for index in at..<line.count {
      moved.append(out.count)
      out.append(line[index])
    }
    moved.append(out.count)
    return (out, moved)
  }

  // MARK: Finding

  private static func indentation(of line: [Unicode.Scalar]) -> Int {
    line.firstIndex { $0 != " " && $0 != "\t" } ?? line.count
  }

  /// Where the value begins, when a `:` follows at `index`: so what stands before it is a key.
  private static func valueStart(in line: [Unicode.Scalar], after index: Int) -> Int? {
    var at = index
    while at < line.count, line[at] == "\"" || line[at] == "'" || line[at] == " " { at += 1 }
    guard at < line.count, line[at] == ":" else { return nil }
    at += 1
    while at < line.count, line[at] == " " || line[at] == "\t" { at += 1 }
    return at
  }

  /// Where a literal begins behind a key that takes a reference, or is named like a credential: also with a slip in between,
  /// `client_secret:value` or `client_secret=value`.
  private static func literalSecret(in line: [Unicode.Scalar]) -> Int? {
    for sign in line.indices where line[sign] == ":" || line[sign] == "=" {
      let next = sign + 1
      let isEntry = line[sign] == ":" && (next == line.count || line[next] == " " || line[next] == "\t")
      let name = key(in: line, before: sign)
      guard takesSecret(name), isEntry || isWord(name),
        let start = line[next...].firstIndex(where: { $0 != " " && $0 != "\t" })
      else { continue }
      // A reference, an alias, a block of its own, a comment: all say nothing yet.
      if "{*#|>".unicodeScalars.contains(line[start]) { continue }
      return start
    }
    return nil
  }

  /// Not part of a URL, say.
  private static func isWord(_ name: String) -> Bool {
    name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// Where a line begins that continues the value of such a key above it: a block scalar, a quoted text over several lines.
  private func continuedSecret(at number: Int, _ line: [Unicode.Scalar]) -> Int? {
    let start = Self.indentation(of: line)
    guard start < line.count, !Self.hasKey(line), line[start] != "{", line[start] != "#" else { return nil }
    var above = enclosing[number - 1]
    while let candidate = source.line(above) {
      if let colon = candidate.firstIndex(of: ":"), Self.hasKey(candidate) {
        return Self.takesSecret(Self.key(in: candidate, before: colon)) ? start : nil
      }
      // Text that is set in less deep.
      above = enclosing[above - 1]
    }
    return nil
  }

  private static func enclosing(_ lines: [[Unicode.Scalar]]) -> [Int] {
    /// Each deeper than the one before.
    var open: [(number: Int, indentation: Int)] = []
    return lines.enumerated().map { index, line in
      let own = indentation(of: line)
      let isEmpty = own == line.count
      guard !isEmpty else { return open.last { $0.indentation < own }?.number ?? 0 }
      while let last = open.last, last.indentation >= own { open.removeLast() }
      defer { open.append((index + 1, own)) }
      return open.last?.number ?? 0
    }
  }

  private static func hasKey(_ line: [Unicode.Scalar]) -> Bool {
    line.indices.contains { line[$0] == ":" && ($0 + 1 == line.count || line[$0 + 1] == " ") }
  }

  private static func key(in line: [Unicode.Scalar], before colon: Int) -> String {
    var end = colon
    while end > 0, "\"' ".unicodeScalars.contains(line[end - 1]) { end -= 1 }
    var start = end
    // No name that means anything here is longer; of one that is, the end decides.
    while start > max(0, end - 64), !"\"' {,\t".unicodeScalars.contains(line[start - 1]) { start -= 1 }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: line[start..<end])
    return String(view).lowercased()
  }

  /// Product 1: the secret fields, and the headers in which a literal is not allowed.
  private static func takesSecret(_ key: String) -> Bool {
    switch key {
    case "client_secret", "initial_access_token", "software_statement", "value", "authorization", "cookie",
      "proxy-authorization":
      true
    default: ["key", "token", "secret", "password"].contains(where: key.hasSuffix)
    }
  }
}
