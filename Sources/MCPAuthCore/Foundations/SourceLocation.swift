/// A place in a file of the user.
public struct SourceLocation: Sendable, Hashable, Codable {
  /// The path as the user gave it.
  public var file: String
  /// The first line is 1.
  public var line: Int
  /// The first column is 1. Columns count Unicode scalars, as editors do.
  public var column: Int
  /// The column after the last marked column on that line. nil if only one position is known.
  public var endColumn: Int?

  /// Sets all members without checks.
  public init(file: String, line: Int, column: Int, endColumn: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.endColumn = endColumn
  }
}

extension SourceLocation: Comparable {
  /// Orders by file, then line, then column.
  public static func < (a: SourceLocation, b: SourceLocation) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }
}
