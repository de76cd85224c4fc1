#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Which of standard input, output and error are a terminal, and how wide it is.
package struct Terminal: Sendable, Equatable {
  package var isInput = false
  package var isOutput = false
  package var isError = false
  /// The number of columns of standard error or output; 120 if it is not known.
  package var width = 120
  /// Whether `COLUMNS` gives the width: then text is wrapped for a pipe too.
  package var isWidthGiven = false

  /// The terminal of this process.
  package static func ofProcess(_ environment: [String: String]) -> Terminal {
    var terminal = Terminal(
      isInput: isatty(STDIN_FILENO) == 1, isOutput: isatty(STDOUT_FILENO) == 1, isError: isatty(STDERR_FILENO) == 1)
    var size = winsize()
    if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
      terminal.width = min(columns, 10_000)
      terminal.isWidthGiven = true
    } else {
      // The first of them that is a terminal. Both are the same one, if both are.
      for stream in [STDERR_FILENO, STDOUT_FILENO] where ioctl(stream, UInt(TIOCGWINSZ), &size) == 0 {
        guard size.ws_col > 0 else { continue }
        terminal.width = Int(size.ws_col)
        break
      }
    }
    return terminal
  }

  /// Sets `COLUMNS` to 80 for the argument parser, where it would use a width below 40. It has columns of a fixed width: with less than that it stops
  /// the process, or prints empty texts. Call it after `ofProcess`, with the same environment.
  package static func widenForParser(_ environment: [String: String]) {
    var width = environment["COLUMNS"].flatMap { Int($0) }
    var size = winsize()
    // As the parser does: only the width of standard output counts.
    if width == nil, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { width = Int(size.ws_col) }
    if let width, width < 40 { setenv("COLUMNS", "80", 1) }
  }
}
