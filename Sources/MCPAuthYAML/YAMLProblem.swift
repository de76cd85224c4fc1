/// Why a text is not accepted as a YAML document.
package struct YAMLProblem: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    /// The text is not YAML, is not UTF-8, or uses what mcpauth refuses: several documents, custom tags, aliases without an anchor.
    case syntax
    /// The file, its nesting depth or the expansion of its aliases is too large.
    case tooLarge
    /// `<<` occurs twice in one mapping. (The caller must find other duplicate keys.)
    case duplicateKey
  }

  package var kind: Kind
  /// In lower case, without a full stop. From the file, it contains only single characters and the names of anchors and tags.
  package var message: String
  package var mark: YAMLMark
  /// A second place that belongs to the problem: for example, the beginning of a list that does not end.
  package var earlier: YAMLMark?
  /// Possible solutions, the best first.
  package var help: [String]

  package init(
    _ kind: Kind, _ message: String, at mark: YAMLMark, earlier: YAMLMark? = nil, help: [String] = []
  ) {
    self.kind = kind
    self.message = message
    self.mark = mark
    self.earlier = earlier
    self.help = help
  }
}
