import Foundation
import Testing

/// A crash leaves no file that could contain a secret (ThreatModel#Crashes).
@Suite struct CrashTraceTests {
  @Test(
    "ThreatModel#Crashes: no core file and no backtrace, even if the environment requests one",
    arguments: [SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGQUIT])
  func crash(signal: Int32) async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    // The program waits for a value that never comes.
    let pipe = place.path("pipe").path
    try #require(mkfifo(pipe, 0o600) == 0)
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    let running = try place.start(
      ["secrets", "set", "key"], environment: ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no"],
      through: ["sh", "-c", "exec \"$@\" < pipe", "sh"])
    #if os(Linux)
      func limits() -> String { (try? String(contentsOfFile: "/proc/\(running.pid)/limits", encoding: .utf8)) ?? "" }
      try await eventually("core files are off") {
        limits().contains(/Max core file size +0 +0\s/) && Self.isWaiting(running.pid)
      }
    #endif
    running.send(signal)
    let run = try await running.finish()
    #expect(run.exit == -signal, "\(run.all)")
    #expect(run.all.isEmpty, "\(run.all)")
    #expect(place.names(in: ".").allSatisfy { !$0.contains("core") })
  }

  @Test("Reliability#Signals: a SIGQUIT that the parent ignores stays ignored")
  func ignored() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let pipe = place.path("pipe").path
    try #require(mkfifo(pipe, 0o600) == 0)
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    let running = try place.start(
      ["secrets", "set", "key"], through: ["sh", "-c", "trap '' QUIT; exec \"$@\" < pipe", "sh"])
    try await eventually("it handles signals") { running.catches(SIGTERM) || !running.isRunning }
    running.send(SIGQUIT)
    try await running.interrupt(SIGTERM)
    let run = try await running.finish()
    #expect(run.exit == 1, "\(run.all)")
  }

  /// Whether the process is already the binary, not the shell that starts it.
  private static func isWaiting(_ pid: pid_t) -> Bool {
    let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
    return name?.hasPrefix("mcpauth") == true
  }
}
