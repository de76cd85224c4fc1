import MCPAuthCore
internal import Subprocess

/// Runs a docker credential helper: one verb per process, with the input on stdin, never in the arguments.
struct HelperProgram: Sendable {
  enum Verb: String, Sendable {
    case store, get, erase, list
  }

  /// What the helper printed, and how it ended.
  struct Answer: Sendable {
    var succeeded: Bool
    /// For example `exit status 1`.
    var status: String
    var output: [UInt8]
    var errors: [UInt8]

    /// Whether either stream contains the message of the protocol: `credentials not found in native keychain`.
    var saysNotFound: Bool {
      !succeeded
        && [output, errors].contains {
          String(decoding: $0, as: UTF8.self).lowercased().contains("credentials not found")
        }
    }
  }

  private enum Outcome: Sendable {
    case ended(Answer)
    case failed(SubprocessError)
    case broken
    case timedOut
  }

  /// For example `docker-credential-pass`.
  let program: String
  let environment: [String: String]
  let timeout: Duration
  /// - Throws: `store-program-refused`.
  let permit: @Sendable () async throws(Diagnostic) -> Void

  /// Far more than a `list` with 10,000 records needs.
  private static let outputLimit = 16 << 20
  private static let errorLimit = 1 << 16

  /// - Parameters:
  ///   - helper: as in the inventory, for example `pass`.
  ///   - location: the location of the store in the inventory.
  init(
    helper: String, environment: [String: String], timeout: Duration, programs: StorePrograms,
    location: SourceLocation?
  ) {
    let program = Self.name(of: helper)
    self.program = program
    permit = { () async throws(Diagnostic) in try await programs.permit(program, at: location) }
    // A helper does not need the keys of mcpauth, or the token of a CI job.
    self.environment = environment.filter { name, _ in
      !(name.hasPrefix("MCPAUTH_") || name.hasPrefix("ACTIONS_") || name == "GITHUB_TOKEN")
    }
    self.timeout = timeout
  }

  /// The program that the `helper` of an inventory names, for example `docker-credential-pass`.
  static func name(of helper: String) -> String { "docker-credential-" + helper }

  /// - Throws: `store-program-refused` when the program may not be run; `store-failed` when there is no answer: the program is missing, does not
  ///   end, or prints too much.
  func run(_ verb: Verb, _ input: [UInt8] = []) async throws(Diagnostic) -> Answer {
    try await permit()
    // An operation that has started is finished, like a write to a disk, even when the caller was cancelled. The timeout limits it.
    let outcome = await Task { await race(verb, input) }.value
    switch outcome {
    case .ended(let answer): return answer
    case .timedOut:
      throw failed(
        "\(verb.rawValue) did not end within \(timeout.components.seconds) s, and was stopped",
        help: ["unlock it first, if it waits for a passphrase: \(program) list"])
    case .broken: throw failed("\(verb.rawValue) could not be run")
    case .failed(let error):
      switch error.code {
      case .executableNotFound:
        throw failed("there is no such program on PATH", help: ["install it, or name another helper in the inventory"])
      case .outputLimitExceeded: throw failed("\(verb.rawValue) printed too much")
      default:
        throw failed("\(verb.rawValue) could not be run", help: ["check that the program can be run: \(program) list"])
      }
    }
  }

  func failed(_ what: String, help: [String] = []) -> Diagnostic {
    Diagnostic(.error, .storeFailed, "the credential helper \(program): \(what)", help: help)
  }

  private func race(_ verb: Verb, _ input: [UInt8]) async -> Outcome {
    await withTaskGroup(of: Outcome.self) { group in
      group.addTask { await execute(verb, input) }
      group.addTask {
        try? await Task.sleep(for: timeout)
        return .timedOut
      }
      let first = await group.next() ?? .broken
      group.cancelAll()
      return first
    }
  }

  private func execute(_ verb: Verb, _ input: [UInt8]) async -> Outcome {
    var options = PlatformOptions()
    // The helper gets its own process group. Ctrl-C at the terminal does not end it in the middle of its work, and processes that it started end
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
        .name(program), arguments: [verb.rawValue], environment: .custom(variables), platformOptions: options,
        input: .inputWriter, output: .bytes(limit: Self.outputLimit), error: .bytes(limit: Self.errorLimit)
      ) { execution in
        // It is no error when the program does not read its input: its answer decides, and what it stored is read back.
        _ = try? await execution.standardInputWriter.write(input)
        try? await execution.standardInputWriter.finish()
      }
      let status =
        switch result.terminationStatus {
        case .exited(let code): "exit status \(code)"
        case .signaled(let signal): "ended by signal \(signal)"
        }
      return .ended(
        Answer(
          succeeded: result.terminationStatus.isSuccess, status: status, output: result.standardOutput,
          errors: result.standardError))
    } catch let error as SubprocessError {
      return .failed(error)
    } catch {
      return .broken
    }
  }
}

/// Lets one caller run after another: many helpers store data in their own files, and two that write at the same time disturb each other.
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
