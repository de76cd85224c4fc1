import Foundation
import MCPAuthSandbox
import Testing

/// The command itself, as a process.
@Suite struct CommandTests {
  final class Run {
    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    /// Next to the test bundle. The name is that of the product, or of the target in a package without such a product.
    static let executable: URL? = ["mcpauth-sandbox", "MCPAuthSandboxTool"].lazy
      .map { Bundle.main.bundleURL.appendingPathComponent($0) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }

    init(_ arguments: String...) throws {
      let executable: URL = try #require(Self.executable)
      process.executableURL = executable
      process.arguments = arguments
      process.standardOutput = output
      process.standardError = errors
      try process.run()
    }

    /// Reads the output until it contains the text.
    func text(until end: String) -> String {
      var text = ""
      while !text.contains(end) {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { break }
        text += String(decoding: data, as: UTF8.self)
      }
      return text
    }

    func errorText() -> String { String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }

    func wait() async -> Int32 {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { [process] in
          process.waitUntilExit()
          continuation.resume(returning: process.terminationStatus)
        }
      }
    }
  }

  @Test("it reports that it is ready, serves, logs, and ends cleanly after a signal", arguments: [SIGTERM, SIGINT])
  func serves(signal: Int32) async throws {
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("sandbox-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: log) }
    let run = try Run("--port", "0", "--kind", "challenge", "--kind", "root", "--servers", "3", "--log", log.path)
    let text = run.text(until: "n/0003/mcp")
    let origin = try #require(text.firstMatch(of: /^ready (http:\/\/127\.0\.0\.1:[0-9]+)\n/)?.1)
    #expect(text.contains("challenge  \(origin)/challenge/mcp  "))
    #expect(!text.contains("well-known/mcp"))
    #expect(try await TestClient.get("\(origin)/n/0003/mcp").status == 401)
    kill(run.process.processIdentifier, signal)
    #expect(await run.wait() == 0)
    let line = try #require(try? String(contentsOf: log, encoding: .utf8).split(separator: "\n").first)
    #expect(SandboxJSON(Array(line.utf8))?["path"] == "/n/0003/mcp")
  }

  @Test("a port in use is a clear error")
  func portInUse() async throws {
    try await withSandbox(SandboxConfiguration(kinds: [])) { sandbox in
      let port = String(sandbox.origin.split(separator: ":")[2])
      let run = try Run("--port", port)
      #expect(await run.wait() == 1)
      #expect(run.errorText() == "mcpauth-sandbox: port \(port) of 127.0.0.1 is in use\n")
    }
  }

  @Test("an unknown kind is wrong usage")
  func unknownKind() async throws {
    let run = try Run("--kind", "nothing")
    #expect(await run.wait() == 64)
    #expect(run.errorText().contains("there is no kind 'nothing'"))
  }
}
