import MCPAuthCore

/// Which programs may be run because an inventory names them (SecretStores#Programs). Without this check, a pull request could run any program with
/// such a name, with all permissions of the user. The arguments are from the inventory, and a person who is asked sees them.
package actor StorePrograms {
  /// Full program names, separated by commas: `docker-credential-pass,mcpauth-store-aws`.
  package static let variable = "MCPAUTH_STORE_PROGRAMS"

  private let allowed: Set<String>
  private let ask: (@Sendable (_ command: String) async -> Bool)?
  /// The user is asked about a command once, also when several callers wait for the answer.
  private var answers: [String: Task<Bool, Never>] = [:]

  /// - Parameter ask: asks the user whether a program may be run; nil when there is no user to ask.
  package init(environment: [String: String], ask: (@Sendable (_ command: String) async -> Bool)?) {
    let names = (environment[Self.variable] ?? "").split(separator: ",").map { $0.trimmed }
    allowed = Set(names)
    self.ask = ask
  }

  /// Allows exactly this program, because the user named it on the command line.
  package init(allowing program: String) {
    allowed = [program]
    ask = nil
  }

  /// - Parameter command: the program with its arguments, for the question; nil: it has none.
  /// - Throws: `store-program-refused`.
  func permit(
    _ program: String, command: String? = nil, at location: SourceLocation?
  ) async throws(Diagnostic) {
    if allowed.contains(program) { return }
    if let ask {
      let command = command ?? program
      let answer = answers[command] ?? Task { await ask(command) }
      answers[command] = answer
      if await answer.value { return }
    }
    let shown = ForeignText.printable(program, limit: 128)
    throw Diagnostic(
      .error, .storeProgramRefused,
      "the inventory names the program \(shown), and it was not run: \(Self.variable) does not name it", at: location,
      notes: ["an edit of the inventory must not be enough to make mcpauth run a program"],
      help: ["if this is intended, set \(Self.variable)=\(shown) where mcpauth runs"])
  }
}

extension Substring {
  /// The text without spaces and tabs at both ends.
  fileprivate var trimmed: String {
    let start = drop { $0 == " " || $0 == "\t" }
    return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
