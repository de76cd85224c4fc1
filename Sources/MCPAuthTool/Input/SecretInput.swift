import MCPAuthCore
import MCPAuthPlan

/// A secret that somebody hands over: on standard input, or at a prompt that shows nothing; never in an argument, which every process can read.
struct SecretInput {
  let key: String
  let context: ToolContext

  /// - Throws: `interrupted`, `invalid-value`; nothing of what came is in it.
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

  /// Asked twice: nobody sees a slip.
  private func typed() throws(RunFailure) -> [UInt8] {
    let first = try line("value of '\(key)', which is not shown: ")
    let second = try line("the same once more: ")
    guard first == second else { throw refused("the two values differ") }
    return first
  }

  private func line(_ question: String) throws(RunFailure) -> [UInt8] {
    switch context.readHidden(question) {
    case .line(let bytes): return bytes
    case .cut: throw refused("it is longer than a terminal takes", help: ["send it from a file: … set \(key) < FILE"])
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

/// What a stored secret may be.
enum SecretText {
  /// Most bytes: a key, a token, a software statement.
  static let limit = SecretResolver.limit

  struct Problem: Error, Equatable {
    var reason: String
  }

  /// One line end at the end is dropped: `echo` writes it, and it is no part of the secret.
  ///
  /// - Throws: for what is empty, not UTF-8, or holds control characters other than tabs and line ends.
  static func secret(_ bytes: [UInt8]) throws(Problem) -> Secret {
    guard var text = String(validating: bytes, as: UTF8.self) else { throw Problem(reason: "it is not UTF-8 text") }
    // CR LF is one Character.
    if text.last?.isNewline == true { text.removeLast() }
    guard !text.isEmpty else { throw Problem(reason: "it is empty") }
    guard text.utf8.count <= limit else { throw Problem(reason: "it is over \(limit) bytes") }
    for scalar in text.unicodeScalars where scalar.properties.generalCategory == .control {
      guard ["\t", "\n", "\r"].contains(scalar) else {
        throw Problem(reason: "it holds a control character (U+\(hex(scalar.value)))")
      }
    }
    return Secret(text)
  }

  private static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
