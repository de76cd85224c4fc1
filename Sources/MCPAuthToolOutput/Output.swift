package import MCPAuthCore
import Synchronization

/// The single place where bytes leave for standard output and standard error: everything is redacted here (SecretStores#Redaction).
package final class Output: Sendable {
  package enum Stream: Sendable {
    /// Results.
    case standard
    /// Everything else.
    case error
  }

  /// Why bytes could not be written.
  package enum Failure: Error, Sendable, Equatable {
    /// The reader went away (EPIPE): no word about that.
    case closed
    /// `No space left on device`.
    case failed(String)
  }

  package let redactor: Redactor
  /// The errors that a person was shown.
  package let errors = ErrorSummary()
  private let write: @Sendable (Stream, [UInt8]) throws(Failure) -> Void
  /// Held while writing, so that lines of concurrent work do not mix.
  private let state = Mutex(State())

  private struct State {
    /// Whether a result was lost.
    var hasLost = false
    /// How many lines of progress stand at the end of the terminal.
    var statusLines = 0
    /// Whether what was printed last has not ended its line: a question.
    var isMidLine = false
    var endings: [@Sendable (ToolExit) -> Void] = []
  }

  /// - Parameter write: writes all bytes to the real stream.
  package init(redactor: Redactor = Redactor(), write: @escaping @Sendable (Stream, [UInt8]) throws(Failure) -> Void) {
    self.redactor = redactor
    self.write = write
  }

  /// Whether a result could not be delivered: then the run has not succeeded, whatever it did.
  package var hasLostResults: Bool { state.withLock { $0.hasLost } }

  /// The text as it is, with its line ends.
  package func text(_ text: String, to stream: Stream = .standard) {
    guard !text.isEmpty else { return }
    deliver(redactor.redact(Array(text.utf8)), to: stream)
  }

  /// One document. Redacted before it is written, string by string: a replacement never breaks its syntax.
  package func json(_ document: JSON) {
    deliver(JSONWriter.printed(redactor.redact(document)), to: .standard)
  }

  /// One document on one line.
  package func jsonLine(_ document: JSON) {
    deliver(JSONWriter.printedLine(redactor.redact(document)) + [UInt8(ascii: "\n")], to: .standard)
  }

  /// Byte for byte: a file of ours that holds no secret, or one that a person asked for.
  package func verbatim(_ bytes: [UInt8], to stream: Stream = .standard) {
    deliver(bytes, to: stream)
  }

  // MARK: Progress

  /// Draws lines at the end of standard error, which is a terminal, in place of those that were drawn before; none: takes them away. Whatever
  /// else is printed takes them away first.
  ///
  /// - Parameter lines: each no wider than the terminal.
  package func status(_ lines: [String]) {
    let text = lines.map { $0 + "\n" }.joined()
    let bytes = redactor.redact(Array(text.utf8))
    state.withLock { state in
      guard !state.isMidLine else { return }
      let erasing = Self.erasing(state.statusLines)
      state.statusLines = lines.count
      // Progress is no result: if nobody reads it, nothing is lost.
      if !erasing.isEmpty || !bytes.isEmpty { try? write(.error, erasing + bytes) }
    }
  }

  /// Up to the first of the lines, and everything from there on away.
  private static func erasing(_ lines: Int) -> [UInt8] {
    lines > 0 ? Array("\u{1B}[\(lines)A\r\u{1B}[J".utf8) : []
  }

  // MARK: The end

  /// Has something done when the command has ended, before the process does.
  package func atEnd(_ work: @escaping @Sendable (ToolExit) -> Void) {
    state.withLock { $0.endings.append(work) }
  }

  /// The command has ended: what waited for that is done, once.
  package func end(_ exit: ToolExit) {
    let endings = state.withLock { state in
      defer { state.endings = [] }
      return state.endings
    }
    for work in endings { work(exit) }
  }

  private func deliver(_ bytes: [UInt8], to stream: Stream) {
    state.withLock { state in
      if state.statusLines > 0 {
        try? write(.error, Self.erasing(state.statusLines))
        state.statusLines = 0
      }
      if let last = bytes.last { state.isMidLine = last != UInt8(ascii: "\n") }
      if stream == .standard, state.hasLost { return }
      do throws(Failure) {
        try write(stream, bytes)
      } catch {
        guard stream == .standard else { return }
        state.hasLost = true
        if case .failed(let reason) = error {
          try? write(.error, Array("error: cannot write to standard output: \(reason)\n".utf8))
        }
      }
    }
  }
}
