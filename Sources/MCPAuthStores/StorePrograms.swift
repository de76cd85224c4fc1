import MCPAuthCore

/// Which programs may be run because an inventory names them (SecretStores#Programs). A pull request could otherwise have any program
/// of that form run, with all that the user may do.
package actor StorePrograms {
  /// Programs by their whole names, comma-separated: `docker-credential-pass,docker-credential-secretservice`.
  package static let variable = "MCPAUTH_STORE_PROGRAMS"

  private let allowed: Set<String>
  private let ask: (@Sendable (_ program: String) async -> Bool)?
  /// A program is asked about once, however many wait for the answer.
  private var answers: [String: Task<Bool, Never>] = [:]

  /// - Parameter ask: asks a person whether a program may be run; nil where nobody is there to be asked.
  package init(environment: [String: String], ask: (@Sendable (_ program: String) async -> Bool)?) {
    let names = (environment[Self.variable] ?? "").split(separator: ",").map { $0.trimmed }
    allowed = Set(names)
    self.ask = ask
  }

  /// Exactly this one: a person named it on the command line.
  package init(allowing program: String) {
    allowed = [program]
    ask = nil
  }

  /// - Throws: `store-program-refused`.
  func permit(_ program: String, at location: SourceLocation?) async throws(Diagnostic) {
    if allowed.contains(program) { return }
    if let ask {
      let answer = answers[program] ?? Task { await ask(program) }
      answers[program] = answer
      if await answer.value { return }
    }
    let shown = ForeignText.printable(program, limit: 128)
    throw Diagnostic(
      .error, .storeProgramRefused,
      "the inventory names the program \(shown), and it was not run: \(Self.variable) does not name it", at: location,
      notes: ["an edit of the inventory must not be enough to have a program run"],
      help: ["if it is meant, set \(Self.variable)=\(shown) where mcpauth runs"])
  }
}

extension Substring {
  /// Without spaces and tabs at both ends.
  fileprivate var trimmed: String {
    let start = drop { $0 == " " || $0 == "\t" }
    return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
