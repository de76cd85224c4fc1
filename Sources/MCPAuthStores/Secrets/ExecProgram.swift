import MCPAuthCore
import MCPAuthPlan

/// What a store program keeps (SecretStores#Exec): a request is one JSON object on stdin, its answer one on stdout, and the exit status says whether
/// it was done.
struct ExecProgram: ProgramItems {
  enum Verb: String, Sendable {
    case create, replace, get, list, delete
  }

  /// The exit statuses of the protocol that are not failures.
  private static let exists = 3
  private static let absent = 4
  /// More than `SecretFolder.limit` allows for a record.
  private static let limit = 2 << 20

  let process: StoreProcess
  private let arguments: [String]
  private let turn = Turn()

  /// - Parameters:
  ///   - command: as in the inventory: the program, found on the PATH of `environment`, and its arguments.
  ///   - location: the location of the store in the inventory.
  init(
    command: [String], environment: [String: String], timeout: Duration, programs: StorePrograms,
    location: SourceLocation?
  ) {
    let program = command.first ?? ""
    let shown = SecretsSettings.shown(command: command)
    arguments = Array(command.dropFirst())
    process = StoreProcess(
      kind: "store program", program: program, trial: "echo '{\"protocol\":1,\"verb\":\"list\"}' | \(shown)",
      environment: environment, timeout: timeout,
      permit: { () async throws(Diagnostic) in try await programs.permit(program, command: shown, at: location) })
  }

  func paths() async throws(Diagnostic) -> [String] {
    let answer = try await ask(.list)
    guard answer.succeeded else { throw refused(.list, answer) }
    guard let names = Self.object(answer)?["names"]?.array else {
      throw process.failed(
        "list printed something other than {\"names\": […]}", help: ["try it by hand: \(process.trial)"])
    }
    return names.compactMap(\.string)
  }

  func get(_ path: String) async throws(Diagnostic) -> [UInt8]? {
    let answer = try await ask(.get, path)
    if answer.code == Self.absent { return nil }
    guard answer.succeeded else {
      // The program may print the value that it should return.
      var problem = refused(.get, answer, asked: path)
      problem.code = .secretUnreadable
      throw problem
    }
    guard answer.output.count <= Self.limit, let value = Self.object(answer)?["value"]?.string else {
      throw process.unreadable("get printed something other than {\"value\": …}")
    }
    return Array(value.utf8)
  }

  func store(
    _ path: String, clientID: String?, _ value: [UInt8], replaces: Bool
  ) async throws(Diagnostic) {
    try await turn.run { () async throws(Diagnostic) in
      let verb: Verb = replaces ? .replace : .create
      let text = String(decoding: value, as: UTF8.self)
      let request = Self.request(verb, path, value: text)
      let problem: Diagnostic?
      switch try await process.reply(verb.rawValue, arguments: arguments, input: request) {
      case .unanswered(let failure): problem = failure
      case .answered(let answer) where answer.code == Self.exists && !replaces:
        throw process.failed("the record exists already")
      // What the program prints may repeat what it was given.
      case .answered(let answer):
        problem = answer.succeeded ? nil : refused(verb, answer, given: text)
      }
      try await settle(path, problem) { $0 == value }
    }
  }

  func erase(_ path: String) async throws(Diagnostic) {
    try await turn.run { () async throws(Diagnostic) in
      let answer = try await ask(.delete, path)
      guard answer.succeeded || answer.code == Self.absent else { throw refused(.delete, answer) }
    }
  }

  private func ask(_ verb: Verb, _ path: String? = nil) async throws(Diagnostic) -> StoreProcess.Answer {
    try await process.run(verb.rawValue, arguments: arguments, input: Self.request(verb, path))
  }

  /// Standard output is read only with exit status 0.
  private func refused(
    _ verb: Verb, _ answer: StoreProcess.Answer, given: String? = nil, asked: String? = nil
  ) -> Diagnostic {
    var answer = answer
    answer.output = []
    return process.refused(verb.rawValue, answer, given: given, asked: asked)
  }

  private static func request(_ verb: Verb, _ path: String?, value: String? = nil) -> [UInt8] {
    var request: JSONObject = ["protocol": 1, "verb": .string(verb.rawValue)]
    if let path { request["name"] = .string(path) }
    if let value { request["value"] = .string(value) }
    return JSONWriter.canonical(.object(request))
  }

  private static func object(_ answer: StoreProcess.Answer) -> JSONObject? {
    (try? JSONParser.parse(answer.output, refusingDuplicates: true))?.object
  }
}
