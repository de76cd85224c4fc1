import Foundation
import MCPAuthSandbox
import Synchronization

/// A log file with one line of JSON per request.
final class RequestLog: Sendable {
  struct Failure: Error {
    var words: String
  }

  private let handle: Mutex<FileHandle>

  /// Creates the file, or empties an existing one.
  init(path: String) throws(Failure) {
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path)
    else {
      throw Failure(words: String(cString: strerror(errno)))
    }
    self.handle = Mutex(handle)
  }

  func append(_ request: SandboxRequest) {
    let line = Data((request.record.text() + "\n").utf8)
    // If the disk is full, the log loses a line, but the client still gets its answer.
    handle.withLock { try? $0.write(contentsOf: line) }
  }
}
