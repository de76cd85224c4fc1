package import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// `mcpauth init`: the files that were written, and what a person has to do next.
package struct InitPage: Presentable {
  package enum FileState: String, Sendable {
    case created, completed, unchanged
  }

  package struct File: Sendable, Equatable {
    package var path: String
    package var state: FileState

    package init(_ path: String, _ state: FileState) {
      self.path = path
      self.state = state
    }
  }

  package enum MergeDriver: String, Sendable {
    case set, unchanged
    /// The working directory is not in a git clone, or git failed.
    case byHand = "by-hand"
  }

  /// Something that a person has to do.
  package struct Step: Sendable, Equatable {
    package var text: String
    /// A command or a text to copy.
    package var command: String?

    package init(_ text: String, command: String? = nil) {
      self.text = text
      self.command = command
    }
  }

  let inventory: String
  package var files: [File] = []
  /// The public keys of a new inventory.
  package var recipients: [String] = []
  /// A new private key that is in no file.
  package var identity: Secret?
  package var identityFile: String?
  package var mergeDriver: MergeDriver?
  package var next: [Step] = []
  package var problems: [Diagnostic] = []

  package init(inventory: String) {
    self.inventory = inventory
  }

  package var isDone: Bool { problems.isEmpty }

  package var notes: [Diagnostic] { problems }

  package func text(_ settings: ReportSettings) -> String {
    let lines = settings.isQuiet && isDone ? "" : rows
    guard isDone else {
      let words = files.isEmpty && identityFile == nil ? "nothing was written" : "run it again to write the rest"
      return lines + settings.style("init: not done", .boldRed) + ": \(words)\n"
    }
    let states: [FileState] = [.created, .completed, .unchanged]
    var counts = states.map { state in "\(files.count { $0.state == state }) \(state.rawValue)" }
    if mergeDriver == .set { counts.append("merge driver set") }
    let text = lines + "init: \(counts.joined(separator: ", "))\n"
    return settings.isQuiet ? text : text + Self.steps(next, settings)
  }

  /// The steps with their numbers; empty where there is none.
  static func steps(_ steps: [Step], _ settings: ReportSettings) -> String {
    guard !steps.isEmpty else { return "" }
    var text = "\nnext:\n"
    for (index, step) in steps.enumerated() {
      let room = (settings.wrap ?? Int.max) - 5
      let lines = Wrap.lines(step.text, first: room, rest: room)
      text += "  \(index + 1). " + lines.map(Printable.line).joined(separator: "\n     ") + "\n"
      if let command = step.command { text += "     \(Printable.line(command))\n" }
    }
    return text
  }

  static func document(of steps: [Step]) -> JSON {
    .array(steps.map { ["text": .string($0.text), "command": .string(or: $0.command)] })
  }

  private var rows: String {
    var rows = files.map { [$0.state.rawValue, Printable.line($0.path)] }
    if let identityFile { rows.insert(["created", "\(Printable.line(identityFile)) (the private key)"], at: 0) }
    return Columns.align(rows).map { $0 + "\n" }.joined()
  }

  /// The new private key, as text for standard output. It is printed before the inventory is written.
  package static func shown(_ identity: Secret) -> String {
    """
    a new age key pair was made. servers.yaml gets the public key. This is the private key; it is not shown again:

    \(identity.open())

    keep it as the CI secret MCPAUTH_AGE_KEY, or in a file outside the repository that MCPAUTH_AGE_KEY_FILE names.
    never commit it.


    """
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "done": .bool(isDone),
      "files": .array(files.map { ["path": .string($0.path), "state": .string($0.state.rawValue)] }),
      "recipients": .strings(recipients), "identity": .string(or: identity?.open()),
      "identity_file": .string(or: identityFile), "merge_driver": .string(or: mergeDriver?.rawValue),
      "next": Self.document(of: next), "diagnostics": Documents.diagnostics(problems),
    ]
  }
}
