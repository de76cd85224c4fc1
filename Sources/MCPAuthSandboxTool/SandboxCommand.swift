import ArgumentParser
import Foundation
import MCPAuthSandbox

/// `mcpauth-sandbox`: a sandbox for trying `mcpauth`.
@main
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcpauth-sandbox",
    abstract: "MCP servers with their authorization servers on 127.0.0.1, for trying mcpauth out.",
    discussion: """
      Prints 'ready http://127.0.0.1:PORT' and a table of its servers, and serves them until it is interrupted. The requests \
      that it received are shown at /admin. Kinds whose documents are at an origin's root are served on the ports that follow.
      """)

  @Option(help: "The port of 127.0.0.1 to listen on; 0 for any.")
  var port = 8765

  @Option(name: .customLong("kind"), help: "Serve this kind only; repeatable.")
  var kinds: [String] = []

  @Option(help: "Serve this many numbered servers that share one authorization server.")
  var servers = 0

  @Option(help: ArgumentHelp("The duration of each registration.", valueName: "milliseconds"))
  var registerDelay = 0

  @Option(help: ArgumentHelp("The lifetime of the secrets of 'expiring' and 'managed-rotating'.", valueName: "seconds"))
  var secretSeconds: Int?

  @Option(help: ArgumentHelp("Write every request to this file, as one line of JSON.", valueName: "file"))
  var log: String?

  @Flag(help: "Print a servers.yaml for these servers, and serve nothing.")
  var printInventory = false

  @Flag(help: "List the kinds, and what is special about each.")
  var listKinds = false

  func validate() throws {
    guard (0...65_000).contains(port) else { throw ValidationError("--port must be from 0 to 65000") }
    guard (0...1_000_000).contains(servers) else { throw ValidationError("--servers must be from 0 to 1000000") }
    guard (0...3_600_000).contains(registerDelay) else {
      throw ValidationError("--register-delay must be from 0 to 3600000")
    }
    guard !printInventory || port != 0 else {
      throw ValidationError("--print-inventory needs the --port that will be listened on")
    }
    for kind in kinds where SandboxKind.named(kind) == nil {
      throw ValidationError("there is no kind '\(kind)'; --list-kinds lists them")
    }
  }

  func run() async throws {
    if listKinds {
      print(KindTable.text(SandboxKind.all.map { [$0.name, $0.endsWith, $0.summary] }), terminator: "")
      return
    }
    var configuration = kinds.isEmpty ? SandboxConfiguration() : SandboxConfiguration(kinds: kinds)
    configuration.numberedServers = servers
    configuration.registrationDelay = .milliseconds(registerDelay)
    if let secretSeconds {
      for index in configuration.kinds.indices
      where ["expiring", "managed-rotating"].contains(configuration.kinds[index].name) {
        configuration.kinds[index].registration.secretSeconds = secretSeconds
      }
    }
    if printInventory {
      print(SandboxInventory.text(for: configuration, port: port, all: !kinds.isEmpty), terminator: "")
      return
    }
    if let log {
      let file: RequestLog
      do {
        file = try RequestLog(path: log)
      } catch {
        throw Self.failed("cannot write \(log): \(error.words)")
      }
      configuration.onRequest = { file.append($0) }
    }
    let sandbox: Sandbox
    do {
      sandbox = try await Sandbox.start(configuration, port: port)
    } catch let error as SandboxError {
      throw Self.failed("\(error)")
    }
    // Before "ready" is printed, because a waiting program may send a signal at once.
    let signals = Signals()
    print("ready \(sandbox.origin)")
    print(KindTable.text(configuration.kinds.map { [$0.name, sandbox.url($0.name), $0.summary] }), terminator: "")
    if let first = sandbox.servers.first(where: { $0.hasPrefix("n-") }), let last = sandbox.servers.last {
      print("\(first) to \(last)  \(sandbox.url(first)) to \(sandbox.url(last))")
    }
    fflush(nil)
    await signals.first()
    await sandbox.stop()
  }

  private static func failed(_ words: String) -> ExitCode {
    FileHandle.standardError.write(Data("mcpauth-sandbox: \(words)\n".utf8))
    return ExitCode(1)
  }
}
