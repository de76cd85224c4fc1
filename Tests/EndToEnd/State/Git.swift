import Foundation
import Testing

/// Runs git in a workplace, without the configuration of this machine.
extension Workplace {
  @discardableResult
  func git(_ arguments: String..., location: SourceLocation = #_sourceLocation) async throws -> Run {
    let run = try await tryGit(arguments)
    #expect(run.exit == 0, "git \(arguments): \(run.all)", sourceLocation: location)
    return run
  }

  func tryGit(_ arguments: [String]) async throws -> Run {
    let settings = [
      "user.name=t", "user.email=t@example.com", "commit.gpgsign=false", "init.defaultBranch=main",
      "merge.autoEdit=false",
    ]
    return try await RunningBinary(
      "/usr/bin/env", ["git"] + settings.flatMap { ["-c", $0] } + arguments, in: folder,
      environment: [
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true",
      ]
    ).finish()
  }

  /// Creates a repository in which `mcpauth state merge` is the merge driver of lock files.
  func initRepository(prefer: String? = nil) async throws {
    try await git("init", "-q")
    let option = prefer.map { " --prefer \($0)" } ?? ""
    try await git("config", "merge.mcpauth.driver", "'\(Binary.path)' state merge\(option) %O %A %B %P")
    try write("*.lock.json merge=mcpauth\n", to: ".gitattributes")
    try write(".mcpauth/\n", to: ".gitignore")
  }

  func commit(_ message: String) async throws {
    try await git("add", "-A")
    try await git("commit", "-q", "-m", message)
  }

  /// Copies the secret records of another workplace, as a merge would do with committed records.
  func takeRecords(of other: Workplace) throws {
    for name in other.names(in: Self.secrets) where !exists("\(Self.secrets)/\(name)") && name.hasSuffix(".json") {
      try FileManager.default.copyItem(
        at: other.path("\(Self.secrets)/\(name)"), to: path("\(Self.secrets)/\(name)"))
    }
  }
}
