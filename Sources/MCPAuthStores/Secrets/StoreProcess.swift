import MCPAuthCore
internal import Subprocess

/// Runs the program of a secret store: one request per process, with the input on stdin, never in the arguments (SecretStores#Programs).
struct StoreProcess: Sendable {
  /// What the program printed, and how it ended.
  struct Answer: Sendable {
    /// nil: a signal ended it.
    var code: Int?
    /// For example `exit status 1`.
    var status: String
    var output: [UInt8]
    var errors: [UInt8]

    var succeeded: Bool { code == 0 }

    /// `: ` and what the program printed, without anything that could be a secret.
    ///
    /// - Parameter given: the value that the program was given.
    func words(given: String? = nil) -> String {
      let texts = [errors, output].map { String(decoding: $0, as: UTF8.self) }
      let text = texts.first { $0.contains { !$0.isWhitespace } } ?? ""
      // A record is JSON. Output that repeats a part of the input is not shown.
      guard !text.isEmpty, !text.contains("{"), !text.contains("\"") else { return "" }
      if let given, Self.shares(text, given) { return "" }
      return ": " + ForeignText.printable(text, limit: 256)
    }

    /// Whether the text repeats a value of the JSON that was given.
    private static func shares(_ text: String, _ given: String) -> Bool {
      guard let json = try? JSONParser.parse(Array(given.utf8), refusingDuplicates: false), let object = json.object
      else { return text.contains(given) }
      return object.members.contains { member in
        guard let value = member.value.string, value.utf8.count >= 4 else { return false }
        return text.contains(value)
      }
    }
  }

  private enum Outcome: Sendable {
    case ended(Answer)
    case failed(SubprocessError)
    case broken
    case timedOut
  }

  /// The kind of the program, for messages: `credential helper`.
  let kind: String
  /// For example `docker-credential-pass`.
  let program: String
  let environment: [String: String]
  let timeout: Duration
  /// What a person runs to try the program.
  let trial: String
  /// - Throws: `store-program-refused`.
  let permit: @Sendable () async throws(Diagnostic) -> Void

  /// Far more than a list of 10,000 records needs.
  private static let outputLimit = 16 << 20
  private static let errorLimit = 1 << 16

  init(
    kind: String, program: String, trial: String, environment: [String: String], timeout: Duration,
    permit: @escaping @Sendable () async throws(Diagnostic) -> Void
  ) {
    self.kind = kind
    self.program = program
    self.trial = trial
    self.permit = permit
    // A store does not need the keys of mcpauth, or the token of a CI job.
    self.environment = environment.filter { name, _ in
      !(name.hasPrefix("MCPAUTH_") || name.hasPrefix("ACTIONS_") || name == "GITHUB_TOKEN")
    }
    self.timeout = timeout
  }

  /// - Parameter verb: what is asked, for messages.
  /// - Throws: `store-program-refused` when the program may not be run; `store-failed` when there is no answer: the program is missing, does not
  ///   end, or prints too much.
  func run(_ verb: String, arguments: [String], input: [UInt8]) async throws(Diagnostic) -> Answer {
    try await permit()
    // An operation that has started is finished, like a write to a disk, even when the caller was cancelled. The timeout limits it.
    let outcome = await Task { await race(arguments, input) }.value
    switch outcome {
    case .ended(let answer): return answer
    case .timedOut:
      throw failed(
        "\(verb) did not end within \(timeout.components.seconds) s, and was stopped",
        help: ["unlock it first, if it waits for a passphrase: \(trial)"])
    case .broken: throw failed("\(verb) could not be run")
    case .failed(let error):
      switch error.code {
      case .executableNotFound:
        throw failed(
          "there is no such program on PATH", help: ["install it, or name another \(kind) in the inventory"])
      case .outputLimitExceeded: throw failed("\(verb) printed too much")
      default: throw failed("\(verb) could not be run", help: ["check that the program can be run: \(trial)"])
      }
    }
  }

  // MARK: Messages

  func failed(_ what: String, help: [String] = []) -> Diagnostic {
    Diagnostic(.error, .storeFailed, "the \(kind) \(program): \(what)", help: help)
  }

  /// The answer to a request that failed.
  func refused(_ verb: String, _ answer: Answer, given: String? = nil) -> Diagnostic {
    failed("\(verb) failed (\(answer.status))\(answer.words(given: given))", help: ["try it by hand: \(trial)"])
  }

  func unreadable(_ problem: String, again: String = "mcpauth rotate NAME") -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable, "the \(kind) \(program): \(problem)",
      help: ["restore its store from a backup", "or make a new one: \(again)"])
  }

  func mismatch(_ problem: String, again: String = "mcpauth rotate NAME") -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch, "the \(kind) \(program): \(problem)",
      help: ["restore the right one from a backup", "or make a new one: \(again)"])
  }

  // MARK: Running

  private func race(_ arguments: [String], _ input: [UInt8]) async -> Outcome {
    await withTaskGroup(of: Outcome.self) { group in
      group.addTask { await execute(arguments, input) }
      group.addTask {
        try? await Task.sleep(for: timeout)
        return .timedOut
      }
      let first = await group.next() ?? .broken
      group.cancelAll()
      return first
    }
  }

  private func execute(_ arguments: [String], _ input: [UInt8]) async -> Outcome {
    var options = PlatformOptions()
    // The program gets its own process group. Ctrl-C at the terminal does not end it in the middle of its work, and processes that it started end
    // with it.
    options.processGroupID = 0
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(200))
    ]
    var variables: [Environment.Key: String] = [:]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { variables[key] = value }
    }
    do {
      // Not `input: .array`: version 1.0.2 traps when the program ends without reading, because it then never closes the pipe.
      let result = try await Subprocess.run(
        .name(program), arguments: Arguments(arguments), environment: .custom(variables), platformOptions: options,
        input: .inputWriter, output: .bytes(limit: Self.outputLimit), error: .bytes(limit: Self.errorLimit)
      ) { execution in
        // It is no error when the program does not read its input: its answer decides, and what it stored is read back.
        _ = try? await execution.standardInputWriter.write(input)
        try? await execution.standardInputWriter.finish()
      }
      let (code, status): (Int?, String) =
        switch result.terminationStatus {
        case .exited(let code): (Int(code), "exit status \(code)")
        case .signaled(let signal): (nil, "ended by signal \(signal)")
        }
      return .ended(Answer(code: code, status: status, output: result.standardOutput, errors: result.standardError))
    } catch let error as SubprocessError {
      return .failed(error)
    } catch {
      return .broken
    }
  }
}

/// Lets one caller run after another: many stores keep data in their own files, and two that write at the same time disturb each other.
actor Turn {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func give() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}

extension Turn {
  /// Does the work when it is the caller's turn.
  nonisolated func run(_ work: () async throws(Diagnostic) -> Void) async throws(Diagnostic) {
    await take()
    let result: Result<Void, Diagnostic>
    do throws(Diagnostic) { result = .success(try await work()) } catch { result = .failure(error) }
    await give()
    try result.get()
  }
}
