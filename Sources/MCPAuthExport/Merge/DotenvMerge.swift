internal import MCPAuthCore

/// Sets names in a dotenv file. Every other line stays.
struct DotenvMerge {
  private let text: String
  private let file: String
  private let newline: String

  /// - Throws: `unsafe-merge`: not UTF-8.
  init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .unsafeMerge(file, "it is not UTF-8") }
    self.text = text
    self.file = file
    newline = FileText.newline(bytes)
  }

  /// - Parameter assignments: names, each with its whole line.
  func setting(_ assignments: [(name: String, line: String)]) throws(Diagnostic) -> [UInt8] {
    var rest = Dictionary(assignments.map { ($0.name, $0.line) }, uniquingKeysWith: { $1 })
    var out = ""
    var lines = lines[...]
    var number = 0
    while let (line, end) = lines.popFirst() {
      number += 1
      let (name, prefix, value) = Self.parts(line)
      let isOpen = value.map(Self.isOpen) ?? false
      guard let name, let new = rest[name] else {
        out += line + end
        guard isOpen, let quote = value?.first else { continue }
        // Lines inside quotes are skipped.
        let opening = number
        var isClosed = false
        while !isClosed, let (inner, end) = lines.popFirst() {
          number += 1
          out += inner + end
          isClosed = inner.contains(quote)
        }
        // Some loaders would read the following lines as part of it.
        guard isClosed else {
          throw .unsafeMerge(file, "a quote that begins here does not end", line: opening, help: ["close it first"])
        }
        continue
      }
      guard !isOpen else {
        throw .unsafeMerge(
          file, "the value of \(name) has several lines", line: number, help: ["remove it first"])
      }
      out += prefix + new + end
      // Loaders use the last of several lines: all get the value.
      if !lines.contains(where: { Self.parts($0.text).name == name }) { rest[name] = nil }
    }
    for (name, line) in assignments where rest[name] != nil { out += line + newline }
    return Array(out.utf8)
  }

  /// Lines with their ends, so that a file with both kinds keeps both. The last line gets an end if it has none.
  private var lines: [(text: Substring, end: String)] {
    var lines: [(text: Substring, end: String)] = []
    var rest = text[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != "\n" && $0 != "\r\n" }
      rest = rest[line.endIndex...]
      lines.append((line, rest.popFirst().map(String.init) ?? newline))
    }
    return lines
  }

  /// `export NAME = value`: the name, the text before it, and the value as written.
  private static func parts(_ line: Substring) -> (name: String?, prefix: String, value: Substring?) {
    var rest = line.drop { $0 == " " || $0 == "\t" }
    if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop { $0 == " " || $0 == "\t" } }
    let prefix = String(line[..<rest.startIndex])
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    let behind = rest[name.endIndex...].drop { $0 == " " || $0 == "\t" }
    guard !name.isEmpty, behind.first == "=" else { return (nil, prefix, nil) }
    return (String(name), prefix, behind.dropFirst().drop { $0 == " " || $0 == "\t" })
  }

  /// Whether a value begins a quotation that does not end on its line.
  private static func isOpen(_ value: Substring) -> Bool {
    guard let quote = value.first, quote == "\"" || quote == "'" || quote == "`" else { return false }
    var isEscaped = false
    for character in value.dropFirst() {
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == quote {
        return false
      }
    }
    return true
  }
}
