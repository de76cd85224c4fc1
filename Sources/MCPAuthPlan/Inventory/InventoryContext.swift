internal import MCPAuthCore
internal import MCPAuthYAML

/// The state while an inventory is read: its source, and the mistakes that were found.
struct InventoryContext {
  let file: String
  let variables: InventoryVariables
  private var diagnostics: [Diagnostic] = []
  /// A mistake in a shared node (an anchor, a merged mapping) is found once per server, but reported only once.
  private var reported: Set<Reported> = []

  private struct Reported: Hashable {
    var code: DiagnosticCode
    var mark: YAMLMark
    var message: String
  }

  init(file: String, variables: InventoryVariables) {
    self.file = file
    self.variables = variables
  }

  /// In the order of the lines. At the same place, in the order in which they were found.
  var sortedDiagnostics: [Diagnostic] {
    diagnostics.enumerated().sorted { a, b in
      let (x, y) = (a.element.location, b.element.location)
      guard let x, let y, (x.line, x.column) != (y.line, y.column) else { return a.offset < b.offset }
      return (x.line, x.column) < (y.line, y.column)
    }.map(\.element)
  }

  mutating func report(
    _ code: DiagnosticCode, _ message: String, at mark: YAMLMark, severity: Diagnostic.Severity = .error,
    notes: [String] = [], help: [String] = []
  ) {
    guard reported.insert(Reported(code: code, mark: mark, message: message)).inserted else { return }
    diagnostics.append(Diagnostic(severity, code, message, at: location(mark), notes: notes, help: help))
  }

  mutating func report(_ problem: YAMLProblem) {
    let code: DiagnosticCode =
      switch problem.kind {
      case .syntax: .yamlSyntax
      case .tooLarge: .inventoryTooLarge
      case .duplicateKey: .duplicateKey
      }
    let notes = problem.earlier.map { earlier in
      [(problem.kind == .duplicateKey ? "first given at " : "it begins at ") + shown(earlier)]
    }
    report(code, problem.message, at: problem.mark, notes: notes ?? [], help: problem.help)
  }

  func location(_ mark: YAMLMark) -> SourceLocation {
    SourceLocation(file: file, line: mark.line, column: mark.column, endColumn: mark.endColumn)
  }

  /// For example `servers.yaml:14:7`.
  func shown(_ mark: YAMLMark) -> String { "\(file):\(mark.line):\(mark.column)" }

  /// The position of a value. Where no value is written, the position of its key.
  func place(_ entry: YAMLEntry) -> YAMLMark {
    entry.value.mark.endColumn == entry.value.mark.column ? entry.mark : entry.value.mark
  }
}
