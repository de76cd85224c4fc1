import Foundation
import Testing

/// A crash leaves nothing behind that could hold a secret (ThreatModel#Crashes).
@Suite struct CrashTraceTests {
  @Test(
    "ThreatModel#Crashes: no core file, and no backtrace, even where the environment asks for one",
    arguments: [SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGQUIT])
  func crash(signal: Int32) async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    // It waits for a value that does not come.
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

  /// Whether it is the binary itself, not the shell that becomes it.
  private static func isWaiting(_ pid: pid_t) -> Bool {
    let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
    return name?.hasPrefix("mcpauth") == true
  }
}
