/// A place in the text. Lines and columns are 1-based; columns count Unicode scalars, as editors do.
package struct YAMLMark: Sendable, Hashable {
  package var line: Int
  package var column: Int
  /// One past the last column of the thing on its first line; equal to `column` where nothing is written; nil where only the
  /// beginning is known (a block of several lines).
  package var endColumn: Int?

  package init(line: Int, column: Int, endColumn: Int? = nil) {
    self.line = line
    self.column = column
    self.endColumn = endColumn
  }
}

/// One node of a YAML document: aliases expanded, merge keys applied, every place kept.
///
/// What an alias stands for is shared, not copied, and keeps the place where it was written.
package struct YAMLNode: Sendable {
  package enum Content: Sendable {
    /// In the order of the file, what was merged in after the mapping's own. The mapping's own duplicate keys are all kept.
    case mapping([YAMLEntry])
    case sequence([YAMLNode])
    case scalar(YAMLScalar)
    /// A problem was reported for it; there is nothing more to say.
    case unusable
  }

  package var content: Content
  package var mark: YAMLMark

  package init(_ content: Content, at mark: YAMLMark) {
    self.content = content
    self.mark = mark
  }
}

/// A key and its value. A key is its text: `true`, `007` and `null` are names like any other.
package struct YAMLEntry: Sendable {
  package var name: String
  /// Of the key.
  package var mark: YAMLMark
  package var value: YAMLNode
  /// Whether it came in through `<<`.
  package var isMerged: Bool

  package init(_ name: String, at mark: YAMLMark, _ value: YAMLNode, isMerged: Bool = false) {
    self.name = name
    self.mark = mark
    self.value = value
    self.isMerged = isMerged
  }
}

/// A scalar as it was written, and what YAML 1.2 makes of it.
package struct YAMLScalar: Sendable, Equatable {
  package enum Style: Sendable {
    case plain
    /// In single or double quotes, or a block (`|`, `>`).
    case quoted
  }

  /// The tags of YAML's core schema; all others are refused.
  package enum Tag: String, Sendable {
    case null, bool, int, float
    /// `!!str`, and the `!` that forbids to resolve.
    case str
  }

  package var text: String
  package var style: Style
  package var tag: Tag?

  package init(_ text: String, style: Style = .plain, tag: Tag? = nil) {
    self.text = text
    self.style = style
    self.tag = tag
  }
}
