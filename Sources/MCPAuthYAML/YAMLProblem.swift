/// Why a text is no YAML document that we take.
package struct YAMLProblem: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    /// It is no YAML, not UTF-8, or uses what we refuse: several documents, custom tags, aliases to nowhere.
    case syntax
    /// The file's size, its depth, or what its aliases amount to.
    case tooLarge
    /// `<<` twice in one mapping. (Other duplicate keys are for the caller to find.)
    case duplicateKey
  }

  package var kind: Kind
  /// Lower case, no full stop. Holds nothing of the text but single characters and the names of anchors and tags.
  package var message: String
  package var mark: YAMLMark
  /// The other place that belongs to it: where the list began that does not end.
  package var earlier: YAMLMark?
  /// Ways out, the best first.
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
