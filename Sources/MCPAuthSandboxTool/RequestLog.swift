import Foundation
import MCPAuthSandbox
import Synchronization

/// A file with a line of JSON for every request.
final class RequestLog: Sendable {
  struct Failure: Error {
    var words: String
  }

  private let handle: Mutex<FileHandle>

  /// Begins the file anew.
  init(path: String) throws(Failure) {
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path)
    else {
      throw Failure(words: String(cString: strerror(errno)))
    }
    self.handle = Mutex(handle)
  }

  func append(_ request: SandboxRequest) {
    let line = Data((request.record.text() + "\n").utf8)
    // A full disk costs the log its line, not the client its answer.
    handle.withLock { try? $0.write(contentsOf: line) }
  }
}
