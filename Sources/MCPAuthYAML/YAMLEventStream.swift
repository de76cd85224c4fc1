private import CLibYAML

/// Runs libyaml's event parser over its own copy of the bytes. All unsafe code of the program is in this file and stays private to it.
///
/// The parser and the input exist as long as the object, at addresses that do not change. Every event is converted to values and freed
/// before `next` returns.
@safe final class YAMLEventStream {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// - Parameter bytes: UTF-8 without a byte order mark.
  init(_ bytes: some Collection<UInt8>) {
    unsafe parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    unsafe input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = unsafe input.initialize(fromContentsOf: bytes)
    let made = unsafe yaml_parser_initialize(parser)
    precondition(made == 1, "out of memory")
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// The next event. There is none after `streamEnd` or a failure.
  func next() throws(YAMLParserFailure) -> YAMLEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { unsafe yaml_event_delete(&event) }
    return unsafe YAMLEvent(
      kind: Self.kind(event), start: Self.position(event.start_mark), end: Self.position(event.end_mark))
  }

  private func failure() -> YAMLParserFailure {
    let context: String? = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
    let problem: String? = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
    return unsafe YAMLParserFailure(
      problem: problem ?? "out of memory", position: Self.position(parser.pointee.problem_mark), context: context,
      contextPosition: Self.position(parser.pointee.context_mark))
  }

  private static func kind(_ event: yaml_event_t) -> YAMLEvent.Kind {
    switch unsafe event.type {
    case YAML_STREAM_END_EVENT: return .streamEnd
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
    case YAML_MAPPING_END_EVENT: return .mappingEnd
    case YAML_ALIAS_EVENT: return .alias(unsafe string(event.data.alias.anchor) ?? "")
    case YAML_SEQUENCE_START_EVENT:
      return .sequenceStart(
        anchor: unsafe string(event.data.sequence_start.anchor), tag: unsafe string(event.data.sequence_start.tag))
    case YAML_MAPPING_START_EVENT:
      return .mappingStart(
        anchor: unsafe string(event.data.mapping_start.anchor), tag: unsafe string(event.data.mapping_start.tag))
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let text = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return .scalar(
        unsafe String(decoding: text, as: UTF8.self),
        style: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted, anchor: unsafe string(scalar.anchor),
        tag: unsafe string(scalar.tag))
    default: return .streamStart
    }
  }

  private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }

  private static func position(_ mark: yaml_mark_t) -> YAMLEvent.Position {
    YAMLEvent.Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
