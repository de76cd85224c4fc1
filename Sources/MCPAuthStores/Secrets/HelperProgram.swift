import MCPAuthCore
internal import Subprocess

/// Runs a docker credential helper: one verb a process, input on stdin, never in the arguments.
struct HelperProgram: Sendable {
  enum Verb: String, Sendable {
    case store, get, erase, list
  }

  /// What it printed and how it ended.
  struct Answer: Sendable {
    var succeeded: Bool
    /// `exit status 1`
    var status: String
    var output: [UInt8]
    var errors: [UInt8]

    /// The protocol's own words, on either stream: `credentials not found in native keychain`.
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

  /// `docker-credential-pass`
  let program: String
  let environment: [String: String]
  let timeout: Duration
  /// - Throws: `store-program-refused`.
  let permit: @Sendable () async throws(Diagnostic) -> Void

  /// Far above 10,000 records in a `list`.
  private static let outputLimit = 16 << 20
  private static let errorLimit = 1 << 16

  /// - Parameters:
  ///   - helper: as in the inventory: `pass`.
  ///   - location: of the store in the inventory.
  init(
    helper: String, environment: [String: String], timeout: Duration, programs: StorePrograms,
    location: SourceLocation?
  ) {
    let program = Self.name(of: helper)
    self.program = program
    permit = { () async throws(Diagnostic) in try await programs.permit(program, at: location) }
    // A helper has no business with our keys, nor with a CI job's token.
    self.environment = environment.filter { name, _ in
      !(name.hasPrefix("MCPAUTH_") || name.hasPrefix("ACTIONS_") || name == "GITHUB_TOKEN")
    }
    self.timeout = timeout
  }

  /// The program that an inventory's `helper` names: `docker-credential-pass`.
  static func name(of helper: String) -> String { "docker-credential-" + helper }

  /// - Throws: `store-program-refused` where it may not be run; `store-failed` where there is no answer: it is missing, hangs, or prints
  ///   without end.
  func run(_ verb: Verb, _ input: [UInt8] = []) async throws(Diagnostic) -> Answer {
    try await permit()
    // What is under way is finished, as a write to a disk is, whoever waits for it: the time allowed bounds it.
    let outcome = await Task { await race(verb, input) }.value
    switch outcome {
    case .ended(let answer): return answer
    case .timedOut:
      throw failed(
        "\(verb.rawValue) had no answer within \(timeout.components.seconds) s, and was ended",
        help: ["unlock it first, if it waits for a passphrase: \(program) list"])
    case .broken: throw failed("\(verb.rawValue) could not be run")
    case .failed(let error):
      switch error.code {
      case .executableNotFound:
        throw failed("there is no such program on PATH", help: ["install it, or name another helper in the inventory"])
      case .outputLimitExceeded: throw failed("\(verb.rawValue) printed more than a helper ever needs to")
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
    // A group of its own: Ctrl-C at the terminal does not end it half-way, and what it started ends with it.
    options.processGroupID = 0
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(200))
    ]
    var variables: [Environment.Key: String] = [:]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { variables[key] = value }
    }
    do {
      // Not `input: .array`: version 1.0.2 traps when the program ends without reading, for it then never closes the pipe.
      let result = try await Subprocess.run(
        .name(program), arguments: [verb.rawValue], environment: .custom(variables), platformOptions: options,
        input: .inputWriter, output: .bytes(limit: Self.outputLimit), error: .bytes(limit: Self.errorLimit)
      ) { execution in
        // What a program did not read is no error of its own: its answer tells, and what it kept is read back.
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

/// Lets one in after the other: many helpers keep their own files, and two that write at once get into each other's way.
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
