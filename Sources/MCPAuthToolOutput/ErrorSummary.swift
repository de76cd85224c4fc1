package import MCPAuthCore
import Synchronization

/// Which errors were shown to a person in this run: at its end it says once where more is told about them.
package final class ErrorSummary: Sendable {
  private let codes = Mutex<[String]>([])

  /// Warnings are left out: they stand beside a success.
  package func note(_ diagnostics: [Diagnostic]) {
    codes.withLock { codes in
      for diagnostic in diagnostics where diagnostic.severity == .error {
        let code = diagnostic.code.rawValue
        if !codes.contains(code) { codes.append(code) }
      }
    }
  }

  /// `help: mcpauth explain resource-mismatch`, in the order in which they came; nil where no error was shown.
  package var hint: String? {
    codes.withLock { codes in
      guard let first = codes.first else { return nil }
      let others = codes.dropFirst().prefix(4).joined(separator: ", ") + (codes.count > 5 ? ", …" : "")
      return "help: mcpauth explain \(first)" + (others.isEmpty ? "" : " (also \(others))") + "\n"
    }
  }
}
