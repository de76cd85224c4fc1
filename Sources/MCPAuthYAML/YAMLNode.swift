/// A place in the text. Lines and columns count from 1. Columns count Unicode scalars, as editors do.
package struct YAMLMark: Sendable, Hashable {
  package var line: Int
  package var column: Int
  /// The column after the last marked column on the first line. Equal to `column` for an empty text. nil if only the beginning is known (a
  /// block of several lines).
  package var endColumn: Int?

  package init(line: Int, column: Int, endColumn: Int? = nil) {
    self.line = line
    self.column = column
    self.endColumn = endColumn
  }
}

/// One node of a YAML document. Aliases are expanded, merge keys are applied, and every node has its place.
///
/// The node of an alias is shared, not copied. Its place is where the anchored node was written.
package struct YAMLNode: Sendable {
  package enum Content: Sendable {
    /// In the order of the file, with merged entries after the mapping's own. Duplicate keys of the mapping itself are all kept.
    case mapping([YAMLEntry])
    case sequence([YAMLNode])
    case scalar(YAMLScalar)
    /// A problem was already reported for this node. Further messages about it are not needed.
    case unusable
  }

  package var content: Content
  package var mark: YAMLMark

  package init(_ content: Content, at mark: YAMLMark) {
    self.content = content
    self.mark = mark
  }
}

/// A key and its value. A key is its text: `true`, `007` and `null` are ordinary names.
package struct YAMLEntry: Sendable {
  package var name: String
  /// The place of the key.
  package var mark: YAMLMark
  package var value: YAMLNode
  /// Whether the entry was added by `<<`.
  package var isMerged: Bool

  package init(_ name: String, at mark: YAMLMark, _ value: YAMLNode, isMerged: Bool = false) {
    self.name = name
    self.mark = mark
    self.value = value
    self.isMerged = isMerged
  }
}

/// A scalar as it was written, and its value by YAML 1.2.
package struct YAMLScalar: Sendable, Equatable {
  package enum Style: Sendable {
    case plain
    /// In single quotes, in double quotes, or as a block (`|`, `>`).
    case quoted
  }

  /// The tags of YAML's core schema. All others are refused.
  package enum Tag: String, Sendable {
    case null, bool, int, float
    /// `!!str`, and the tag `!`, which forbids resolution.
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
