import Foundation
import Testing

/// Runs the binary on a new terminal, as a person would.
struct Terminal {
  /// Input that is typed after some text has appeared.
  struct Step: Sendable, Encodable {
    var wait: String
    var send: String
  }

  struct Session: Sendable, Decodable {
    /// The exit code. Negative if a signal ended the program.
    var exit: Int32
    /// The output on the terminal.
    var shown: String
    /// The standard output, if it was a pipe.
    var piped: String
    /// Whether the terminal has the same settings as before.
    var isRestored: Bool
    /// The number of typed bytes that were not read. A shell would execute them as commands.
    var unsent: Int
  }

  private struct Order: Encodable {
    var argv: [String]
    var folder: String
    var environment: [String: String]
    var steps: [Step]
    var pipesOutput: Bool
    var columns: Int
    var redirectsErrors: Bool
  }

  /// - Parameters:
  ///   - pipesOutput: if true, standard output is a pipe; standard input and error are the terminal.
  ///   - columns: the width of the terminal.
  ///   - redirectsErrors: if true, standard error is `/dev/null`.
  static func run(
    _ place: Workplace, _ arguments: [String], _ steps: [Step] = [], environment: [String: String] = [:],
    pipesOutput: Bool = false, columns: Int = 200, redirectsErrors: Bool = false
  ) async throws -> Session {
    let variables = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm",
    ]
    let order = Order(
      argv: [Binary.path] + arguments, folder: place.folder.path,
      environment: variables.merging(environment) { $1 }, steps: steps, pipesOutput: pipesOutput,
      columns: columns, redirectsErrors: redirectsErrors)
    let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    let run = try await AsyncSemaphore.taken {
      try await RunningBinary(
        "/usr/bin/env", ["python3", "-c", script, text], in: place.folder, environment: [:]
      ).finish()
    }
    try #require(run.exit == 0, "\(run.err)")
    return try JSONDecoder().decode(Session.self, from: Data(run.out.utf8))
  }

  /// Creates a pty, starts the program with it as the controlling terminal, and types the steps.
  private static let script = #"""
    import fcntl, json, os, pty, select, signal, struct, sys, termios, time
    order = json.loads(sys.argv[1])
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, order["columns"], 0, 0))
    before = termios.tcgetattr(slave)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in (signal.SIGINT, signal.SIGPIPE): signal.signal(number, signal.SIG_DFL)
        for number in (0, 1, 2): os.dup2(slave, number)
        if order["pipesOutput"]: os.dup2(write, 1)
        if order["redirectsErrors"]: os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.closerange(3, 64)
        os.chdir(order["folder"])
        os.execve(order["argv"][0], order["argv"], order["environment"])
    os.close(write)
    shown, piped, at, steps, status, end = b"", b"", 0, list(order["steps"]), None, time.time() + 30
    while True:
        ready, _, _ = select.select([master] + ([read] if read is not None else []), [], [], 0.05)
        if master in ready:
            shown += os.read(master, 65536)
        if read in ready:
            part = os.read(read, 65536)
            piped += part
            if not part: read = None
        if steps and steps[0]["wait"].encode() in shown[at:]:
            at = len(shown)
            os.write(master, steps.pop(0)["send"].encode())
        if status is None:
            pid, code = os.waitpid(child, os.WNOHANG)
            if pid: status = code
        elif not ready: break
        if time.time() > end:
            os.kill(child, signal.SIGKILL)
            end = time.time() + 5
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({"exit": code, "shown": shown.decode("utf-8", "replace"), "piped": piped.decode("utf-8", "replace"),
        "isRestored": termios.tcgetattr(slave) == before, "unsent": len(steps)}))
    """#
}
