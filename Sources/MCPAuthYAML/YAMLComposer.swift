/// Builds the tree from the events: expands aliases, applies merge keys, and keeps the place of every node.
struct YAMLComposer {
  /// The problems that do not stop the reading.
  private(set) var problems: [YAMLProblem] = []
  /// Whether libyaml stopped at a text that it cannot parse.
  private(set) var hasParserFailed = false
  /// The lines of keys without their values, because these could not be parsed.
  private let unusable: Set<Int>
  private let text: YAMLSource
  private let events: YAMLEventStream
  private var anchors: [String: Composed] = [:]
  /// The anchors of the collections that are not complete yet.
  private var open: Set<String> = []
  /// The number of nodes that aliases have added so far.
  private var expanded = 0

  /// A node with the cost of an alias to it.
  private struct Composed {
    var node: YAMLNode
    /// The number of nodes, including the node itself and the nodes of aliases.
    var size = 1
    /// The nesting depth of collections, including the node itself. 0 for a scalar.
    var height = 0
  }

  init(_ text: YAMLSource, unusable: Set<Int> = []) {
    self.text = text
    self.unusable = unusable
    self.events = YAMLEventStream(text.bytes)
  }

  /// The only document, or nil if there is none.
  mutating func document() throws(YAMLProblem) -> YAMLNode? {
    var root: YAMLNode?
    var isFirst = true
    while true {
      let event = try next()
      switch event.kind {
      case .streamEnd: return root
      case .streamStart, .documentEnd: continue
      case .documentStart where !isFirst:
        throw YAMLProblem(
          .syntax, "a second document begins here, and an inventory has only one", at: mark(event),
          help: ["remove the '---', or split the file"])
      case .documentStart: isFirst = false
      default: root = try node(event, depth: 0).node
      }
    }
  }

  private mutating func next() throws(YAMLProblem) -> YAMLEvent {
    do throws(YAMLParserFailure) {
      return try events.next()
    } catch {
      hasParserFailed = true
      throw YAMLSlips.problem(error, in: text)
    }
  }

  private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLProblem) -> Composed {
    switch event.kind {
    case .alias(let name): return try alias(name, event, depth: depth)
    case .scalar(let text, let style, let anchor, let tag):
      let composed = Composed(node: scalar(text, style: style, tag: tag, event))
      if let anchor { anchors[anchor] = composed }
      return composed
    case .sequenceStart(let anchor, let tag):
      try enter(event, depth)
      return try anchored(anchor, tag, "seq", event) { composer throws(YAMLProblem) in
        try composer.sequence(event, depth: depth + 1)
      }
    case .mappingStart(let anchor, let tag):
      try enter(event, depth)
      return try anchored(anchor, tag, "map", event) { composer throws(YAMLProblem) in
        try composer.mapping(event, depth: depth + 1)
      }
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
      preconditionFailure("libyaml's events are balanced")
    }
  }

  private func enter(_ event: YAMLEvent, _ depth: Int) throws(YAMLProblem) {
    guard depth < YAMLReader.maximumDepth else { throw tooDeep(mark(event)) }
  }

  private func tooDeep(_ mark: YAMLMark) -> YAMLProblem {
    YAMLProblem(.tooLarge, "it is nested more than \(YAMLReader.maximumDepth) levels deep", at: mark)
  }

  /// A collection with an anchor. The anchor is known only after the end of the collection: an alias inside the collection would be endless.
  private mutating func anchored(
    _ anchor: String?, _ tag: String?, _ own: String, _ event: YAMLEvent,
    _ read: (inout YAMLComposer) throws(YAMLProblem) -> Composed
  ) throws(YAMLProblem) -> Composed {
    if let anchor { open.insert(anchor) }
    var composed = try read(&self)
    if let tag, tag != "!", tag != Self.coreTag + own { composed.node.content = refusedTag(tag, event) }
    if let anchor {
      open.remove(anchor)
      anchors[anchor] = composed
    }
    return composed
  }

  private mutating func sequence(_ start: YAMLEvent, depth: Int) throws(YAMLProblem) -> Composed {
    var elements: [YAMLNode] = []
    var size = 1
    var height = 1
    while true {
      let event = try next()
      if case .sequenceEnd = event.kind {
        return Composed(node: YAMLNode(.sequence(elements), at: mark(start, to: event)), size: size, height: height)
      }
      let element = try node(event, depth: depth)
      elements.append(element.node)
      size += element.size
      height = max(height, element.height + 1)
    }
  }

  private mutating func mapping(_ start: YAMLEvent, depth: Int) throws(YAMLProblem) -> Composed {
    var own: [YAMLEntry] = []
    var merge: (sources: [YAMLEntry], mark: YAMLMark)?
    var size = 1
    var height = 1
    while true {
      let event = try next()
      if case .mappingEnd = event.kind {
        if let merge { YAMLMergeKey.add(merge.sources, to: &own) }
        return Composed(node: YAMLNode(.mapping(own), at: mark(start, to: event)), size: size, height: height)
      }
      let key = try node(event, depth: depth)
      var value = try node(try next(), depth: depth)
      if unusable.contains(key.node.mark.line) { value.node = YAMLNode(.unusable, at: key.node.mark) }
      size += 1 + value.size
      height = max(height, value.height + 1)
      guard case .scalar(let name) = key.node.content else {
        if case .unusable = key.node.content { continue }
        problems.append(YAMLSlips.collectionAsKey(at: key.node.mark))
        continue
      }
      // Only the plain scalar `<<` is a merge key. The quoted `"<<"` is an ordinary key.
      guard name.text == "<<", name.style == .plain, name.tag == nil else {
        own.append(YAMLEntry(name.text, at: key.node.mark, value.node))
        continue
      }
      if let merge {
        problems.append(
          YAMLProblem(
            .duplicateKey, "'<<' is given twice", at: key.node.mark, earlier: merge.mark,
            help: ["merge several mappings with one list: <<: [*a, *b]"]))
        continue
      }
      merge = ([], key.node.mark)
      do throws(YAMLProblem) {
        merge?.sources = try YAMLMergeKey.entries(of: value.node, at: key.node.mark)
      } catch {
        problems.append(error)
      }
    }
  }

  private mutating func alias(_ name: String, _ event: YAMLEvent, depth: Int) throws(YAMLProblem) -> Composed {
    guard !open.contains(name) else {
      problems.append(
        YAMLProblem(
          .syntax, "the alias '*\(YAMLSlips.shown(name))' is inside the value of its own anchor", at: mark(event)))
      return Composed(node: YAMLNode(.unusable, at: mark(event)))
    }
    guard let anchored = anchors[name] else {
      // The anchor may be in a part that could not be parsed.
      guard unusable.isEmpty else { return Composed(node: YAMLNode(.unusable, at: mark(event))) }
      problems.append(
        YAMLProblem(
          .syntax, "the alias '*\(YAMLSlips.shown(name))' has no anchor before it", at: mark(event),
          help: ["set the anchor '&\(YAMLSlips.shown(name))' further up, or quote the value if it is not an alias"]))
      return Composed(node: YAMLNode(.unusable, at: mark(event)))
    }
    expanded += anchored.size
    guard expanded <= YAMLReader.maximumExpansion else {
      throw YAMLProblem(
        .tooLarge, "the aliases up to here expand to more than \(YAMLReader.maximumExpansion) nodes", at: mark(event),
        help: ["use 'defaults' for what all servers share"])
    }
    guard depth + anchored.height <= YAMLReader.maximumDepth else { throw tooDeep(mark(event)) }
    return anchored
  }

  private mutating func scalar(
    _ text: String, style: YAMLScalar.Style, tag: String?, _ event: YAMLEvent
  ) -> YAMLNode {
    let mark = mark(event, to: event)
    guard let tag else { return YAMLNode(.scalar(YAMLScalar(text, style: style)), at: mark) }
    guard tag != "!" else { return YAMLNode(.scalar(YAMLScalar(text, style: style, tag: .str)), at: mark) }
    guard tag.hasPrefix(Self.coreTag), let core = YAMLScalar.Tag(rawValue: String(tag.dropFirst(Self.coreTag.count)))
    else { return YAMLNode(refusedTag(tag, event), at: mark) }
    let scalar = YAMLScalar(text, style: style, tag: core)
    let fits =
      switch (core, scalar.value) {
      case (.str, _), (.null, .null), (.bool, .bool), (.int, .integer), (.float, .number), (.float, .integer): true
      default: false
      }
    guard fits else {
      problems.append(YAMLProblem(.syntax, "the value does not match its tag '!!\(core.rawValue)'", at: mark))
      return YAMLNode(.unusable, at: mark)
    }
    return YAMLNode(.scalar(scalar), at: mark)
  }

  private mutating func refusedTag(_ tag: String, _ event: YAMLEvent) -> YAMLNode.Content {
    let shown = tag.hasPrefix(Self.coreTag) ? "!!" + tag.dropFirst(Self.coreTag.count) : tag
    problems.append(
      YAMLProblem(
        .syntax, "the tag '\(YAMLSlips.shown(shown))' has no meaning here", at: mark(event), help: ["remove the tag"]))
    return .unusable
  }

  private func mark(_ event: YAMLEvent) -> YAMLMark { mark(event, to: event) }

  /// From the beginning of one event to the end of another, cut at the end of the first line. A block has only a beginning.
  private func mark(_ start: YAMLEvent, to end: YAMLEvent) -> YAMLMark {
    // A value that is missing in the text may have a place after the last line. It is shown at the end of the last line.
    guard start.start.line <= text.lineCount else {
      let column = text.endColumn(ofLine: text.lineCount)
      return YAMLMark(line: text.lineCount, column: column, endColumn: column)
    }
    var mark = YAMLMark(line: start.start.line, column: start.start.column)
    if end.end.line == mark.line {
      mark.endColumn = end.end.column
    } else if case .scalar = start.kind {
      mark.endColumn = text.endColumn(ofLine: mark.line)
    } else if start.end.column > start.start.column, start.end.line == mark.line {
      // A flow collection over several lines: only its first line is marked.
      mark.endColumn = text.endColumn(ofLine: mark.line)
    }
    return mark
  }

  private static let coreTag = "tag:yaml.org,2002:"
}
