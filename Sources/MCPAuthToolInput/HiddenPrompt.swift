import MCPAuthToolOutput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A line that was read from the terminal without echo.
package enum HiddenAnswer: Sendable, Equatable {
  case line([UInt8])
  /// The line is longer than a terminal can take: only a part of it may have been read.
  case cut
  /// The input ended, or a signal came.
  case none
}

/// Reads a secret from the terminal without echo, and restores the terminal in every case. Until it is restored, signals that end the
/// program only end the question, and signals that suspend it are ignored.
package enum HiddenPrompt {
  /// The longest line that a terminal delivers, in bytes with its end (`N_TTY_BUF_SIZE`).
  private static let lineLimit = 4095

  @Sendable package static func ask(_ question: String) -> HiddenAnswer {
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return .none }
    Interruption.hold()
    let stops = [SIGTSTP, SIGQUIT].map { ($0, signal($0, SIG_IGN)) }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO | ECHOE | ECHOK | ECHONL)
    silent.c_lflag |= tcflag_t(ICANON | ISIG)
    // TCSAFLUSH discards what was typed before the echo was off.
    var answer = HiddenAnswer.none
    if setting(silent, TCSAFLUSH) {
      say(question)
      answer = readLine()
      say("\n")
    }
    _ = setting(before, TCSAFLUSH)
    for (number, action) in stops { signal(number, action) }
    Interruption.letGo()
    return answer
  }

  private static func setting(_ settings: termios, _ when: Int32) -> Bool {
    var settings = settings
    while tcsetattr(STDIN_FILENO, when, &settings) != 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }

  private static func say(_ text: String) {
    try? StandardOutput.write(.error, Array(text.utf8))
  }

  private static func readLine() -> HiddenAnswer {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: lineLimit + 1)
    while true {
      guard StandardInput.waitForInput() else { return .none }
      let count = chunk.withUnsafeMutableBytes { systemRead(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .none }
      bytes += chunk[..<count]
      guard bytes.last == UInt8(ascii: "\n") else {
        // Ctrl-D in the middle of a line delivers a part of it: the rest follows.
        guard bytes.count < lineLimit else { return .cut }
        continue
      }
      bytes.removeLast()
      return bytes.count >= lineLimit - 1 ? .cut : .line(bytes)
    }
  }
}
