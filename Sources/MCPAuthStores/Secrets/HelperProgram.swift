import MCPAuthCore

/// A docker credential helper: the verb is its only argument.
struct HelperProgram: Sendable {
  enum Verb: String, Sendable {
    case store, get, erase, list
  }

  let process: StoreProcess

  /// - Parameters:
  ///   - helper: as in the inventory, for example `pass`.
  ///   - location: the location of the store in the inventory.
  init(
    helper: String, environment: [String: String], timeout: Duration, programs: StorePrograms,
    location: SourceLocation?
  ) {
    let program = Self.name(of: helper)
    process = StoreProcess(
      kind: "credential helper", program: program, trial: "\(program) list", environment: environment, timeout: timeout,
      permit: { () async throws(Diagnostic) in try await programs.permit(program, at: location) })
  }

  /// The program that the `helper` of an inventory names, for example `docker-credential-pass`.
  static func name(of helper: String) -> String { "docker-credential-" + helper }

  /// - Throws: as `StoreProcess.run`.
  func run(_ verb: Verb, _ input: [UInt8] = []) async throws(Diagnostic) -> StoreProcess.Answer {
    try await process.run(verb.rawValue, arguments: [verb.rawValue], input: input)
  }

  /// - Throws: as `StoreProcess.reply`.
  func reply(_ verb: Verb, _ input: [UInt8]) async throws(Diagnostic) -> StoreProcess.Reply {
    try await process.reply(verb.rawValue, arguments: [verb.rawValue], input: input)
  }
}

extension StoreProcess.Answer {
  /// Whether either stream contains the message of the protocol of helpers: `credentials not found in native keychain`.
  var saysNotFound: Bool {
    !succeeded
      && [output, errors].contains {
        String(decoding: $0, as: UTF8.self).lowercased().contains("credentials not found")
      }
  }
}
