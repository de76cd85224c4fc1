import MCPAuthCore

/// What a credential helper stores, by server URL: the four verbs of its protocol (SecretStores#Helper).
struct HelperKeychain: ProgramItems {
  let program: HelperProgram
  private let turn = Turn()

  /// Before the path in a server URL.
  static let base = "https://mcpauth/"
  /// More than `SecretFolder.limit` allows for a record.
  private static let limit = 2 << 20

  init(_ program: HelperProgram) {
    self.program = program
  }

  var process: StoreProcess { program.process }

  func paths() async throws(Diagnostic) -> [String] {
    try await urls().filter { $0.hasPrefix(Self.base) }.map { String($0.dropFirst(Self.base.count)) }
  }

  /// All server URLs, including those of other programs.
  private func urls() async throws(Diagnostic) -> [String] {
    let answer = try await program.run(.list)
    guard answer.succeeded else { throw refused(.list, answer) }
    let text = answer.output.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    // Some helpers print nothing for an empty list.
    if text.isEmpty { return [] }
    let json = try? JSONParser.parse(Array(text), refusingDuplicates: false)
    if json == .null { return [] }
    guard let object = json?.object else {
      throw process.failed(
        "list printed something other than a JSON object", help: ["try it by hand: \(process.trial)"])
    }
    return object.members.map(\.name)
  }

  func get(_ path: String) async throws(Diagnostic) -> [UInt8]? {
    let url = Self.base + path
    let answer = try await program.run(.get, Array(url.utf8))
    if answer.saysNotFound { return nil }
    guard answer.succeeded else {
      var problem = process.refused(HelperProgram.Verb.get.rawValue, answer, asked: url)
      problem.code = .secretUnreadable
      throw problem
    }
    guard answer.output.count <= Self.limit,
      let json = try? JSONParser.parse(answer.output, refusingDuplicates: true), let secret = json["Secret"]?.string
    else { throw process.unreadable("get printed something other than a credential in JSON") }
    if let named = json["ServerURL"]?.string, !named.isEmpty, named != url {
      throw process.unreadable("get answered for another server URL than it was asked for")
    }
    // docker-credential-pass 0.6 reports a missing secret in this way. No value of mcpauth is empty.
    return secret.isEmpty ? nil : Array(secret.utf8)
  }

  func store(
    _ path: String, clientID: String?, _ value: [UInt8], replaces: Bool
  ) async throws(Diagnostic) {
    try await turn.run { () async throws(Diagnostic) in
      if !replaces, try await holding(path) != nil { throw process.failed("the record exists already") }
      let text = String(decoding: value, as: UTF8.self)
      let input = JSONWriter.canonical([
        "ServerURL": .string(Self.base + path), "Username": .string(Self.username(clientID)), "Secret": .string(text),
      ])
      let problem: Diagnostic?
      switch try await program.reply(.store, input) {
      case .unanswered(let failure): problem = failure
      // The output of the helper may repeat what it was given.
      case .answered(let answer):
        problem = answer.succeeded ? nil : process.refused(HelperProgram.Verb.store.rawValue, answer, given: text)
      }
      try await settle(path, problem) { Self.trimmed($0) == Self.trimmed(value) }
    }
  }

  func erase(_ path: String) async throws(Diagnostic) {
    try await turn.run { () async throws(Diagnostic) in
      let answer = try await program.run(.erase, Array((Self.base + path).utf8))
      if answer.succeeded || answer.saysNotFound { return }
      // Not every helper has a message for a missing value.
      if try await get(path) == nil { return }
      throw refused(.erase, answer)
    }
  }

  private func refused(_ verb: HelperProgram.Verb, _ answer: StoreProcess.Answer) -> Diagnostic {
    process.refused(verb.rawValue, answer)
  }

  /// The client ID, where it is safe: helpers use the username in file names. Any other text from a server is not used.
  static func username(_ clientID: String?) -> String {
    guard let clientID else { return nobody }
    let isHarmless =
      (1...128).contains(clientID.utf8.count) && clientID.utf8.first != UInt8(ascii: ".")
      && clientID.utf8.first != UInt8(ascii: "-")
      && clientID.utf8.allSatisfy { $0.isASCIIAlphanumeric || "._-".utf8.contains($0) }
    return isHarmless ? clientID : nobody
  }

  private static let nobody = "mcpauth"

  /// Helpers differ in how they treat a line end at the end of a value.
  private static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var bytes = bytes[...]
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    return bytes
  }
}
