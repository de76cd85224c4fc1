package import MCPAuthCore
import Synchronization

/// The codes of the errors that were shown in this run. At its end one line names the command that explains them.
package final class ErrorSummary: Sendable {
  private let codes = Mutex<[String]>([])

  /// Warnings are left out: a run with warnings may have succeeded.
  package func note(_ diagnostics: [Diagnostic]) {
    codes.withLock { codes in
      for diagnostic in diagnostics where diagnostic.severity == .error {
        let code = diagnostic.code.rawValue
        if !codes.contains(code) { codes.append(code) }
      }
    }
  }

  /// The hint, after which no error counts as shown: for a command that reports several times.
  package func takeHint() -> String? {
    defer { codes.withLock { $0 = [] } }
    return hint
  }

  /// `help: mcpauth explain resource-mismatch` without a line end, in the order of the errors; nil when no error was shown.
  package var hint: String? {
    codes.withLock { codes in
      guard let first = codes.first else { return nil }
      let others = codes.dropFirst().prefix(4).joined(separator: ", ") + (codes.count > 5 ? ", …" : "")
      return "help: mcpauth explain \(first)" + (others.isEmpty ? "" : " (also \(others))")
    }
  }
}
