package import MCPAuthCore
import Synchronization

/// The only place that writes to standard output and standard error. Everything is redacted here (SecretStores#Redaction).
package final class Output: Sendable {
  package enum Stream: Sendable {
    /// Results.
    case standard
    /// Everything else.
    case error
  }

  /// Why bytes could not be written.
  package enum Failure: Error, Sendable, Equatable {
    /// The reader closed the pipe (EPIPE). This is not reported.
    case closed
    /// `No space left on device`.
    case failed(String)
  }

  package let redactor: Redactor
  /// The errors that were shown to the user.
  package let errors = ErrorSummary()
  private let write: @Sendable (Stream, [UInt8]) throws(Failure) -> Void
  private let isClosed: @Sendable () -> Bool
  /// Held while writing, so that lines of concurrent work do not mix.
  private let state = Mutex(State())

  private struct State {
    /// Whether a result was lost.
    var hasLost = false
    /// How many lines of progress are at the end of the terminal.
    var statusLines = 0
    /// Whether the last text did not end its line, as a question does.
    var isMidLine = false
    var endings: [@Sendable (ToolExit) -> Void] = []
  }

  /// - Parameters:
  ///   - write: writes all bytes to the real stream.
  ///   - isClosed: whether no process reads standard output any more.
  package init(
    redactor: Redactor = Redactor(), write: @escaping @Sendable (Stream, [UInt8]) throws(Failure) -> Void,
    isClosed: @escaping @Sendable () -> Bool = { false }
  ) {
    self.redactor = redactor
    self.write = write
    self.isClosed = isClosed
  }

  /// Whether a result could not be written. Then the run has failed.
  package var hasLostResults: Bool { state.withLock { $0.hasLost } }

  /// Whether no process would read another result: a write failed, or the reader of the pipe has ended.
  package var hasLostReader: Bool { hasLostResults || isClosed() }

  /// Prints the text with its own line ends.
  package func text(_ text: String, to stream: Stream = .standard) {
    guard !text.isEmpty else { return }
    deliver(redactor.redact(Array(text.utf8)), to: stream)
  }

  /// Prints one document. Each string is redacted before the document is written, so a replacement cannot break the syntax.
  package func json(_ document: JSON) {
    deliver(JSONWriter.printed(redactor.redact(document)), to: .standard)
  }

  /// Prints one document on one line.
  package func jsonLine(_ document: JSON) {
    deliver(JSONWriter.printedLine(redactor.redact(document)) + [UInt8(ascii: "\n")], to: .standard)
  }

  /// Prints without redaction: a file that contains no secret, or a secret that the user asked for.
  package func verbatim(_ bytes: [UInt8], to stream: Stream = .standard) {
    deliver(bytes, to: stream)
  }

  // MARK: Progress

  /// Draws lines at the end of standard error, which is a terminal. They replace the lines that were drawn before. With no lines, only the earlier
  /// lines are removed. Other output also removes them first.
  ///
  /// - Parameter lines: each no wider than the terminal.
  package func status(_ lines: [String]) {
    let text = lines.map { $0 + "\n" }.joined()
    let bytes = redactor.redact(Array(text.utf8))
    state.withLock { state in
      guard !state.isMidLine else { return }
      let erasing = Self.erasing(state.statusLines)
      state.statusLines = lines.count
      // A write that fails is ignored: progress is not a result.
      if !erasing.isEmpty || !bytes.isEmpty { try? write(.error, erasing + bytes) }
    }
  }

  /// Moves the cursor to the first of the lines and erases everything from there on.
  private static func erasing(_ lines: Int) -> [UInt8] {
    lines > 0 ? Array("\u{1B}[\(lines)A\r\u{1B}[J".utf8) : []
  }

  /// The user typed a line end: the line of a question is complete, and progress can be drawn below it.
  package func lineWasCompleted() { state.withLock { $0.isMidLine = false } }

  // MARK: The end

  /// Registers work for the end of the command, before the process exits.
  package func atEnd(_ work: @escaping @Sendable (ToolExit) -> Void) {
    state.withLock { $0.endings.append(work) }
  }

  /// Runs what `atEnd` registered, once, when the command has ended.
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
