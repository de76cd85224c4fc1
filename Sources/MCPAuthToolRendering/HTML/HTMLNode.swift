import MCPAuthToolOutput

/// A part of an HTML page: text, or an element.
///
/// Text is redacted and then escaped when the page is written, so no text can become markup (ThreatModel#Text-of-a-server). Names of elements and
/// attributes are constants. Values of attributes are words and numbers of mcpauth, never foreign text.
enum HTMLNode: Sendable {
  case text(String)
  case element(HTMLElement)

  /// Text without line ends.
  static func line(_ text: String) -> HTMLNode { .text(Printable.line(text)) }

  /// Text whose line ends are kept, for `pre`.
  static func lines(_ text: String) -> HTMLNode { .text(Printable.lines(text).joined(separator: "\n")) }

  static func tag(_ name: StaticString, _ content: [HTMLNode]) -> HTMLNode { tag(name, [:], content) }

  static func tag(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: [HTMLNode]
  ) -> HTMLNode {
    .element(HTMLElement(name: name, attributes: attributes, content: content))
  }
}

struct HTMLElement: Sendable {
  var name: StaticString
  var attributes: KeyValuePairs<StaticString, String>
  var content: [HTMLNode]
}

/// Writes nodes as HTML.
struct HTMLWriter {
  /// Replaces secrets. This is done before the escapes, because the replacement has `<` and `>` too.
  let redact: (String) -> String
  private(set) var text = ""

  init(redact: @escaping (String) -> String) {
    self.redact = redact
  }

  /// Elements that begin a line of their own.
  private static let blocks: Set<String> = [
    "a", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "header", "li", "main", "ol", "p", "pre",
    "section", "svg", "ul",
  ]
  /// Elements without content and without an end tag.
  private static let void: Set<String> = ["input"]

  mutating func write(_ nodes: [HTMLNode]) {
    for node in nodes {
      switch node {
      case .text(let words): text += Self.escaped(redact(words))
      case .element(let element): write(element)
      }
    }
  }

  private mutating func write(_ element: HTMLElement) {
    let name = element.name.description
    if Self.blocks.contains(name), let last = text.utf8.last, last != UInt8(ascii: "\n") { text += "\n" }
    text += "<" + name
    for attribute in element.attributes {
      text += " " + attribute.key.description + "=\"" + Self.escaped(attribute.value) + "\""
    }
    text += ">"
    guard !Self.void.contains(name) else { return }
    write(element.content)
    text += "</" + name + ">"
  }

  /// The text for the content of an element, and for a quoted value of an attribute. The forms are those of Python's `html.escape`.
  static func escaped(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case ">": out.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      case "'": out.append(contentsOf: "&#x27;".unicodeScalars)
      default: out.append(scalar)
      }
    }
    return String(out)
  }
}
