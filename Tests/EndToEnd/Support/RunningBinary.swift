import Foundation
import Synchronization
import Testing

/// A run of a program that is in progress. If it has not ended by itself, it is killed with the last reference.
///
/// Foundation's `Process` is not reliable with many processes at a time, and cannot reset signals to the defaults that a shell sets.
final class RunningBinary: Sendable {
  let pid: pid_t
  private let out: URL
  private let err: URL
  private let end: End

  /// The exit status, after the process has ended.
  private final class End: Sendable {
    private struct State {
      var status: Int32?
      var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Mutex(State())

    var isKnown: Bool { state.withLock { $0.status != nil } }

    func wait() async -> Int32 {
      await withCheckedContinuation { continuation in
        let status: Int32? = state.withLock { state in
          if state.status == nil { state.waiting.append(continuation) }
          return state.status
        }
        if let status { continuation.resume(returning: status) }
      }
    }

    /// Reaps the process while holding the lock, so that no signal is sent to another process with the same id.
    func reap(_ pid: pid_t) {
      var information = siginfo_t()
      while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
      let waiting = state.withLock { state in
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        state.status = status
        defer { state.waiting = [] }
        return state.waiting.map { ($0, status) }
      }
      for (continuation, status) in waiting { continuation.resume(returning: status) }
    }

    func send(_ signal: Int32, to pid: pid_t) {
      state.withLock { if $0.status == nil { kill(pid, signal) } }
    }
  }

  struct CannotStart: Error {
    var path: String
    var code: Int32
  }

  /// - Parameter environment: added to the variables of this process that programs need.
  init(_ path: String, _ arguments: [String], in folder: URL, environment: [String: String]) throws {
    // Files, not pipes, so that no output has to be read during the run.
    let scratch = FileManager.default.temporaryDirectory
    out = scratch.appendingPathComponent("out-\(UUID().uuidString)")
    err = scratch.appendingPathComponent("err-\(UUID().uuidString)")
    end = End()
    var variables = ["LC_ALL": "C.UTF-8"]
    for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    variables.merge(environment) { $1 }
    // The shell changes the folder, then executes the program in its place.
    pid = try Self.spawn(
      ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path, path] + arguments, variables, [out.path, err.path])
    let (pid, end) = (pid, end)
    Thread.detachNewThread { end.reap(pid) }
  }

  deinit {
    end.send(SIGKILL, to: pid)
    for file in [out, err] { try? FileManager.default.removeItem(at: file) }
  }

  private static func spawn(_ argv: [String], _ environment: [String: String], _ outputs: [String]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (index, file) in outputs.enumerated() {
      posix_spawn_file_actions_addopen(&actions, Int32(index + 1), file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }

    // Resets signals that this process ignores or blocks, for example as a background job.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var argumentPointers: [UnsafeMutablePointer<CChar>?] = argv.map { strdup($0) } + [nil]
    var variablePointers: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, argv[0], &actions, &attributes, &argumentPointers, &variablePointers)
    guard code == 0 else { throw CannotStart(path: argv[0], code: code) }
    return pid
  }

  var isRunning: Bool { !end.isKnown }

  func send(_ signal: Int32) { end.send(signal, to: pid) }

  /// Whether the program handles this signal. mcpauth handles only the first signal; the second has its default effect.
  func catches(_ signal: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let mask = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last
    return mask.flatMap { UInt64($0, radix: 16) }.map { $0 >> UInt64(signal - 1) & 1 == 1 } ?? false
  }

  /// Sends a signal, and waits until the program has handled it.
  func interrupt(_ signal: Int32) async throws {
    try await eventually("it handles signals") { catches(signal) || !isRunning }
    send(signal)
    try await eventually("the signal was handled") { !catches(signal) || !isRunning }
  }

  /// What it has printed so far.
  var outputSoFar: String { (try? String(contentsOf: out, encoding: .utf8)) ?? "" }

  /// What it has printed on standard error so far.
  var errorsSoFar: String { (try? String(contentsOf: err, encoding: .utf8)) ?? "" }

  /// Waits for the end. If a signal killed the run, the exit code is the negative number of the signal.
  func finish() async throws -> Run {
    let status = await end.wait()
    let signal = status & 0x7F
    return Run(
      exit: signal == 0 ? (status >> 8) & 0xFF : -signal,
      out: String(decoding: try Data(contentsOf: out), as: UTF8.self),
      err: String(decoding: try Data(contentsOf: err), as: UTF8.self))
  }
}

/// Limits the number of programs at a time: all tests start at once, and a machine has few cores.
actor AsyncSemaphore {
  private static let all = AsyncSemaphore()
  private var free = max(4, ProcessInfo.processInfo.activeProcessorCount * 2)
  private var waiting: [CheckedContinuation<Void, Never>] = []

  static func taken<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
    await all.take()
    do {
      let value = try await work()
      await all.give()
      return value
    } catch {
      await all.give()
      throw error
    }
  }

  private func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
