import Foundation
import Testing

/// Shells parse the output of `mcpauth completion`, mandoc the output of `mcpauth man`. Outside CI, a missing program is skipped.
@Suite struct CompletionTests {
  private static let inventory = """
    linear: {url: "https://mcp.linear.app/mcp"}
    lingo: {url: "https://mcp.lingo.example/mcp"}
    docs: {url: "https://docs.example.com/mcp", auth: none}
    """

  @Test(
    "PlanAndApply#Completions: bash completes commands, flags, their values, server names and codes",
    arguments: [
      (["st"], ["state", "status"]), (["state", "mo"], ["move"]), (["plan", "--ref"], ["--refresh"]),
      (["plan", "--format", "js"], ["json"]), (["plan", "--only", "li"], ["linear", "lingo"]),
      (["rotate", "d"], ["docs"]), (["state", "show", "gone"], ["gone-server"]), (["schema", "saved"], ["saved-plan"]),
      (["completion", "z"], ["zsh"]), (["explain", "resource-mis"], ["resource-mismatch"]),
    ])
  func bash(words: [String], expected: [String]) async throws {
    let place = try Workplace(servers: Self.inventory)
    try place.write(
      #"""
      set -u
      eval "$(mcpauth completion bash)"
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
      completer=$(complete -p mcpauth | sed -E 's/.* -F ([^ ]+) .*/\1/')
      set +u
      "$completer" mcpauth "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\n' "${COMPREPLY[@]}"
      """#, to: "complete.bash")
    try place.write(Self.lock, to: "servers.lock.json")
    let path = URL(fileURLWithPath: Binary.path).deletingLastPathComponent().path + ":/usr/local/bin:/usr/bin:/bin"
    let run = try await place.shell(["bash", "complete.bash", "mcpauth"] + words, environment: ["PATH": path])
    let found = run.out.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(found.sorted() == expected, "\(run.all)")
  }

  /// The smallest valid lock file.
  private static let lock = """
    {"version": 1, "lineage": "0123456789abcdef", "servers": {"gone-server": {"mode": "none", "url": "https://gone.example.com/mcp"}}, \
    "orphans": []}
    """

  @Test("PlanAndApply#Completions: with an invalid inventory, no server names are completed, and no error is printed")
  func mistakes() async throws {
    let place = try Workplace(servers: "linear: {url: 1")
    let run = try await place.run("---completion", "rotate", "--", "positional@0", "0", "0", "")
    #expect(run.err.isEmpty, "\(run.err)")
    #expect(run.out.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(run.out)")
  }

  @Test("PlanAndApply#Completions: each shell can parse its script", arguments: ["bash", "zsh", "fish"])
  func syntax(shell: String) async throws {
    let place = try Workplace()
    let script = try await place.run("completion", shell)
    #expect(script.exit == 0)
    #expect(script.out.contains("rotate"))
    #expect(!script.out.contains(place.folder.path))
    try place.write(script.out, to: "script")
    let flag = shell == "fish" ? "--no-execute" : "-n"
    guard let run = try await place.optional([shell, flag, "script"]) else { return }
    #expect(run.exit == 0, "\(run.all)")
    #expect(run.err.isEmpty, "\(run.err)")
  }

  @Test(
    "PlanAndApply#Exit-codes: mandoc accepts the manual page, which has every command, files, environment and exit codes"
  )
  func manual() async throws {
    let place = try Workplace()
    let page = try await place.run("man")
    #expect(page.exit == 0)
    try place.write(page.out, to: "mcpauth.1")
    guard let checked = try await place.optional(["mandoc", "-T", "lint", "-W", "warning", "mcpauth.1"]) else { return }
    #expect(checked.exit == 0, "\(checked.all)")
    let shown = try await place.shell(["mandoc", "-T", "ascii", "mcpauth.1"], environment: [:])
    let text = shown.out.replacing(/.\u{8}/, with: "")
    for words in [
      "mcpauth state merge", "mcpauth secrets keygen", "mcpauth version", "--allow-mass-change", "MCPAUTH_AGE_KEY_FILE",
      "servers.lock.json",
      "EXIT STATUS", "Another run holds the lock", "--only <name>", "NO_COLOR",
    ] { #expect(text.contains(words), "\(words)") }
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
  }
}

extension Workplace {
  /// - Returns: nil if the program is not installed. In CI this is a failure.
  fileprivate func optional(_ command: [String]) async throws -> Run? {
    let run = try await shell(["sh", "-c", "command -v \"$1\" >/dev/null || exit 77; exec \"$@\"", "sh"] + command)
    guard run.exit == 77 else { return run }
    if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("\(command[0]) is not installed") }
    return nil
  }

  fileprivate func shell(_ command: [String], environment: [String: String] = [:]) async throws -> Run {
    try await RunningBinary("/usr/bin/env", command, in: folder, environment: environment).finish()
  }
}
