/// One event of the parser. Aliases are not resolved. Tags and anchors are as written.
struct YAMLEvent {
  enum Kind {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(String, style: YAMLScalar.Style, anchor: String?, tag: String?)
    case sequenceStart(anchor: String?, tag: String?)
    case sequenceEnd
    case mappingStart(anchor: String?, tag: String?)
    case mappingEnd
  }

  /// Lines and columns count from 1.
  struct Position: Equatable {
    var line: Int
    var column: Int
  }

  var kind: Kind
  var start: Position
  var end: Position
}

/// The message of libyaml for a text that it cannot parse.
struct YAMLParserFailure: Error {
  var problem: String
  var position: YAMLEvent.Position
  /// For example `while parsing a flow sequence`, and the place where it began.
  var context: String?
  var contextPosition: YAMLEvent.Position
}
