import MCPAuthCore
import MCPAuthToolOutput

/// Masks secrets in a line of an inventory that is shown (InventoryReference#Values): literals where a reference must be, and passwords in URLs.
///
/// It works on the text, because a line is also shown when the YAML is malformed.
struct SourceMask: Sendable {
  /// A longer line is not shown: it may have thousands of mistakes, and each would process the whole line.
  static let longestLine = 4096

  private let source: SourceText
  /// For each line, the nearest line above it that is indented less and is not empty; 0: none. Lines count from 1.
  private let enclosing: Lazy<[Int]>
  var file: String { source.file }
  /// The column (0-based) of a line from which the text is a literal secret.
  private var hiddenFrom: [Int: Int] = [:]

  /// - Parameter diagnostics: all diagnostics of the run. A literal that one of them reports is masked in every excerpt.
  init(_ source: SourceText, diagnostics: [Diagnostic]) {
    self.source = source
    enclosing = Lazy { Self.enclosing(source.lines) }
    for diagnostic in diagnostics where diagnostic.code == .inlineSecret {
      guard let place = diagnostic.location, place.file == source.file else { continue }
      hide(from: place)
    }
  }

  /// Masks the value of a secret. It begins at the place, or after the key at the place, and continues on the lines that are indented more.
  private mutating func hide(from place: SourceLocation) {
    guard let line = source.line(place.line) else { return }
    let start = min(max(0, place.column - 1), line.count)
    let end = min(max(start, (place.endColumn ?? place.column) - 1), line.count)
    hiddenFrom[place.line] = min(hiddenFrom[place.line] ?? .max, Self.valueStart(in: line, after: end) ?? start)
    let indentation = Self.indentation(of: line)
    var next = place.line + 1
    while let following = source.line(next) {
      let own = Self.indentation(of: following)
      // If the value is on the line below its key, the depth of that line counts. Other lines with that depth do not belong to the value.
      guard own == following.count || own > indentation else { break }
      if own < following.count { hiddenFrom[next] = min(hiddenFrom[next] ?? .max, own) }
      next += 1
    }
  }

  /// The masked line, and the new position of each column.
  ///
  /// - Returns: the masked line, and for every old index (its end included) the new one.
  func line(_ number: Int) -> (scalars: [Unicode.Scalar], moved: [Int])? {
    guard let line = source.line(number), line.count <= Self.longestLine else { return nil }
    var hidden: [Range<Int>] = []
    // A line may contain two secrets, of which only one is reported.
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

  /// Where the value begins, if the text before `index` is a key: a `:` follows.
  private static func valueStart(in line: [Unicode.Scalar], after index: Int) -> Int? {
    var at = index
    while at < line.count, line[at] == "\"" || line[at] == "'" || line[at] == " " { at += 1 }
    guard at < line.count, line[at] == ":" else { return nil }
    at += 1
    while at < line.count, line[at] == " " || line[at] == "\t" { at += 1 }
    return at
  }

  /// Where a literal begins after a key that takes a reference or is named like a credential. Also finds a key with a mistake, such as
  /// `client_secret:value`, `client_secret=value` or `client_secret value`, and a parameter in the query of a URL.
  private static func literalSecret(in line: [Unicode.Scalar]) -> Int? {
    if let start = valueWithoutColon(in: line) { return start }
    for sign in line.indices where line[sign] == ":" || line[sign] == "=" {
      let next = sign + 1
      let isEntry = line[sign] == ":" && (next == line.count || line[next] == " " || line[next] == "\t")
      var name = key(in: line, before: sign)
      if line[sign] == "=", let mark = name.lastIndex(where: { $0 == "?" || $0 == "&" }) {
        name = String(name[name.index(after: mark)...])
      }
      guard takesSecret(name), isEntry || isWord(name),
        let start = line[next...].firstIndex(where: { $0 != " " && $0 != "\t" })
      else { continue }
      // A reference, an alias, a block scalar or a comment is not a literal.
      if "{*#|>".unicodeScalars.contains(line[start]) { continue }
      return start
    }
    return nil
  }

  /// Where the text begins after a name at the beginning of a line, if there is no colon between them.
  private static func valueWithoutColon(in line: [Unicode.Scalar]) -> Int? {
    let start = indentation(of: line)
    guard let end = line[start...].firstIndex(where: { $0 == " " || $0 == "\t" }) else { return nil }
    let name = key(in: line, before: end)
    guard end > start, isWord(name), takesSecret(name),
      let value = line[end...].firstIndex(where: { $0 != " " && $0 != "\t" }),
      !"{*#|>:=".unicodeScalars.contains(line[value])
    else { return nil }
    return value
  }

  /// Whether a name is a simple word, not a part of a URL.
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

  /// Where the secret begins in a line that continues the value of such a key above it, as in a block scalar or a quoted text of several lines.
  private func continuedSecret(at number: Int, _ line: [Unicode.Scalar]) -> Int? {
    let start = Self.indentation(of: line)
    guard start < line.count, !Self.hasKey(line), line[start] != "{", line[start] != "#" else { return nil }
    let enclosing = enclosing.value
    var above = enclosing[number - 1]
    while let candidate = source.line(above) {
      if let colon = candidate.firstIndex(of: ":"), Self.hasKey(candidate) {
        return Self.takesSecret(Self.key(in: candidate, before: colon)) ? start : nil
      }
      // Text that is indented less.
      above = enclosing[above - 1]
    }
    return nil
  }

  private static func enclosing(_ lines: [[Unicode.Scalar]]) -> [Int] {
    /// Each is indented more than the one before.
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
    // No known name is longer. The end of a longer name decides.
    while start > max(0, end - 64), !"\"' {,\t".unicodeScalars.contains(line[start - 1]) { start -= 1 }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: line[start..<end])
    return String(view).lowercased()
  }

  /// The secret fields, and the headers that must not have a literal (InventoryReference#Secret-references).
  private static func takesSecret(_ key: String) -> Bool {
    switch key {
    case "client_secret", "initial_access_token", "software_statement", "value", "authorization", "cookie",
      "proxy-authorization":
      true
    default: ["key", "token", "secret", "password"].contains(where: key.hasSuffix)
    }
  }
}
