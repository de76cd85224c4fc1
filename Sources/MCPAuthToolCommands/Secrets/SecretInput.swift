import MCPAuthCore
import MCPAuthToolInput

/// Reads a secret from standard input, or from the terminal without echo; never from an argument, because every process can read arguments.
struct SecretInput {
  let key: String
  let context: ToolContext

  /// - Throws: `interrupted`, `invalid-value`. The error contains no part of the value.
  func read() throws(RunFailure) -> Secret {
    let bytes = context.terminal.isInput ? try typed() : try piped()
    do throws(SecretText.Problem) {
      return try SecretText.secret(bytes)
    } catch {
      throw refused(error.reason)
    }
  }

  private func piped() throws(RunFailure) -> [UInt8] {
    let bytes: [UInt8]?
    do throws(BoundedFile.Problem) {
      bytes = try context.readInput(SecretText.limit)
    } catch {
      throw refused(error.reason)
    }
    guard let bytes else { throw cancelled }
    return bytes
  }

  /// Asks twice, because a typing mistake is not visible.
  private func typed() throws(RunFailure) -> [UInt8] {
    let first = try line("value of '\(key)' (not shown): ")
    let second = try line("the same value again: ")
    guard first == second else { throw refused("the two values differ") }
    return first
  }

  private func line(_ question: String) throws(RunFailure) -> [UInt8] {
    switch context.readHidden(question) {
    case .line(let bytes): return bytes
    case .cut:
      throw refused(
        "it is longer than a terminal can read", help: ["send it from a file: mcpauth secrets set \(key) < FILE"])
    case .none: throw cancelled
    }
  }

  private var cancelled: RunFailure {
    .failed(Diagnostic(.error, .interrupted, "cancelled: nothing was stored"))
  }

  private func refused(_ why: String, help: [String] = []) -> RunFailure {
    .failed(Diagnostic(.error, .invalidValue, "the value of '\(key)' was not stored: \(why)", help: help))
  }
}
