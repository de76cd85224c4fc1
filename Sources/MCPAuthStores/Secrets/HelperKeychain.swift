import MCPAuthCore

/// What a credential helper stores, by server URL: the four verbs of its protocol. Each answer is checked.
struct HelperKeychain: Sendable {
  let program: HelperProgram
  let turn = Turn()

  /// More than `SecretFolder.limit` allows for a record.
  private static let limit = 2 << 20

  /// All server URLs, including those of other programs.
  func urls() async throws(Diagnostic) -> [String] {
    let answer = try await program.run(.list)
    guard answer.succeeded else { throw refused(.list, answer) }
    let text = answer.output.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    // Some helpers print nothing for an empty list.
    if text.isEmpty { return [] }
    let json = try? JSONParser.parse(Array(text), refusingDuplicates: false)
    if json == .null { return [] }
    guard let object = json?.object else {
      throw program.failed("list printed something other than a JSON object", help: [check])
    }
    return object.members.map(\.name)
  }

  /// - Returns: nil when the helper has nothing for that URL.
  /// - Throws: `secret-unreadable` when the helper refuses, or its answer cannot be used; `store-failed` when there is no answer.
  func get(_ url: String) async throws(Diagnostic) -> [UInt8]? {
    let answer = try await program.run(.get, Array(url.utf8))
    if answer.saysNotFound { return nil }
    guard answer.succeeded else {
      var problem = refused(.get, answer)
      problem.code = .secretUnreadable
      throw problem
    }
    guard answer.output.count <= Self.limit,
      let json = try? JSONParser.parse(answer.output, refusingDuplicates: true), let secret = json["Secret"]?.string
    else { throw unreadable("get printed something other than a credential in JSON") }
    if let named = json["ServerURL"]?.string, !named.isEmpty, named != url {
      throw unreadable("get answered for another server URL than it was asked for")
    }
    // docker-credential-pass 0.6 reports a missing secret in this way. No value of mcpauth is empty.
    return secret.isEmpty ? nil : Array(secret.utf8)
  }

  /// Stores a value and reads it back. It counts as stored only when the same value comes back.
  ///
  /// - Parameter replaces: whether an existing value is replaced. Otherwise an existing value is an error.
  func store(
    _ url: String, username: String, _ value: [UInt8], replaces: Bool
  ) async throws(Diagnostic) {
    try await inTurn { () async throws(Diagnostic) in
      if !replaces, try await holding(url) != nil { throw program.failed("the record exists already") }
      let text = String(decoding: value, as: UTF8.self)
      let input = JSONWriter.canonical([
        "ServerURL": .string(url), "Username": .string(username), "Secret": .string(text),
      ])
      let answer = try await program.run(.store, input)
      // The output of the helper may repeat what it was given.
      guard answer.succeeded else {
        throw program.failed("store failed (\(answer.status))\(words(answer, given: text))", help: [check])
      }
      guard let kept = try await holding(url), Self.trimmed(kept) == Self.trimmed(value) else {
        throw program.failed("it reported that it stored a value, but does not return it", help: [check])
      }
    }
  }

  /// The same as `get`, for a call that stores: any problem is reported as a failure to store.
  private func holding(_ url: String) async throws(Diagnostic) -> [UInt8]? {
    do throws(Diagnostic) {
      return try await get(url)
    } catch {
      var problem = error
      problem.code = .storeFailed
      throw problem
    }
  }

  /// Removes a value. It is no error when the value does not exist.
  func erase(_ url: String) async throws(Diagnostic) {
    try await inTurn { () async throws(Diagnostic) in
      let answer = try await program.run(.erase, Array(url.utf8))
      if answer.succeeded || answer.saysNotFound { return }
      // Not every helper has a message for a missing value.
      if try await get(url) == nil { return }
      throw refused(.erase, answer)
    }
  }

  private func inTurn(_ work: () async throws(Diagnostic) -> Void) async throws(Diagnostic) {
    await turn.take()
    let result: Result<Void, Diagnostic>
    do throws(Diagnostic) { result = .success(try await work()) } catch { result = .failure(error) }
    await turn.give()
    try result.get()
  }

  // MARK: Messages

  private var check: String { "try it by hand: \(program.program) list" }

  func unreadable(_ problem: String, again: String = "mcpauth rotate NAME") -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable, "the credential helper \(program.program): \(problem)",
      help: ["restore the helper's own store from a backup", "or make a new one: \(again)"])
  }

  private func refused(_ verb: HelperProgram.Verb, _ answer: HelperProgram.Answer) -> Diagnostic {
    program.failed("\(verb.rawValue) failed (\(answer.status))\(words(answer, given: nil))", help: [check])
  }

  /// `: ` and the output of the helper, without anything that could be a credential.
  private func words(_ answer: HelperProgram.Answer, given: String?) -> String {
    let texts = [answer.errors, answer.output].map { String(decoding: $0, as: UTF8.self) }
    let text = texts.first { $0.contains { !$0.isWhitespace } } ?? ""
    // A credential is JSON. Output that repeats a part of the input is not shown.
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

  /// Helpers differ in how they treat a line end at the end of a value.
  private static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var bytes = bytes[...]
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    return bytes
  }
}
