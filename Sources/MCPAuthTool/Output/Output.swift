import MCPAuthCore
import Synchronization

/// The single place where bytes leave for standard output and standard error: everything is redacted here (product 4).
final class Output: Sendable {
  enum Stream: Sendable {
    /// Results.
    case standard
    /// Everything else.
    case error
  }

  /// Why bytes could not be written.
  enum Failure: Error, Sendable, Equatable {
    /// The reader went away (EPIPE): no word about that.
    case closed
    /// `No space left on device`.
    case failed(String)
  }

  let redactor: Redactor
  private let write: @Sendable (Stream, [UInt8]) throws(Failure) -> Void
  /// Whether a result was lost. Held while writing, so that lines of concurrent work do not mix.
  private let lost = Mutex(false)

  /// - Parameter write: writes all bytes to the real stream.
  init(redactor: Redactor = Redactor(), write: @escaping @Sendable (Stream, [UInt8]) throws(Failure) -> Void) {
    self.redactor = redactor
    self.write = write
  }

  /// Whether a result could not be delivered: then the run has not succeeded, whatever it did.
  var hasLostResults: Bool { lost.withLock { $0 } }

  /// The text as it is, with its line ends.
  func text(_ text: String, to stream: Stream = .standard) {
    guard !text.isEmpty else { return }
    deliver(redactor.redact(Array(text.utf8)), to: stream)
  }

  /// One document. Redacted before it is written, string by string: a replacement never breaks its syntax.
  func json(_ document: JSON) {
    deliver(JSONWriter.canonical(redactor.redact(document)), to: .standard)
  }

  /// Byte for byte: a file of ours that holds no secret, or one that a person asked for.
  func verbatim(_ bytes: [UInt8], to stream: Stream = .standard) {
    deliver(bytes, to: stream)
  }

  private func deliver(_ bytes: [UInt8], to stream: Stream) {
    lost.withLock { lost in
      if stream == .standard, lost { return }
      do throws(Failure) {
        try write(stream, bytes)
      } catch {
        guard stream == .standard else { return }
        lost = true
        if case .failed(let reason) = error {
          try? write(.error, Array("error: cannot write to standard output: \(reason)\n".utf8))
        }
      }
    }
  }
}
