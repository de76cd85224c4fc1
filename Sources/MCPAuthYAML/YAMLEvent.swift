/// One event of the parser. Aliases are not resolved, tags and anchors as written.
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

  /// 1-based.
  struct Position: Equatable {
    var line: Int
    var column: Int
  }

  var kind: Kind
  var start: Position
  var end: Position
}

/// libyaml's own words for what it cannot parse.
struct YAMLParserFailure: Error {
  var problem: String
  var position: YAMLEvent.Position
  /// `while parsing a flow sequence`, and where that began.
  var context: String?
  var contextPosition: YAMLEvent.Position
}
