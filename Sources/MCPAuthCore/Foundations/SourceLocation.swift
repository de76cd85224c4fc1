/// A place in a file that a person wrote.
public struct SourceLocation: Sendable, Hashable, Codable {
  /// The path as the user gave it.
  public var file: String
  /// 1-based.
  public var line: Int
  /// 1-based, in Unicode scalars, as editors count them.
  public var column: Int
  /// One past the last column of the marked text on that line; nil when only a point is known.
  public var endColumn: Int?

  /// All members; nothing is checked here.
  public init(file: String, line: Int, column: Int, endColumn: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.endColumn = endColumn
  }
}

extension SourceLocation: Comparable {
  /// By file, then line, then column.
  public static func < (a: SourceLocation, b: SourceLocation) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }
}
