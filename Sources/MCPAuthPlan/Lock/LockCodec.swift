package import MCPAuthCore

/// The text of the lock file (PlanAndApply#Lock-file): canonical JSON, so that the same state always gives the same bytes.
package enum LockCodec {
  /// The maximum size of a lock file in bytes: a hundred times the size for 10,000 servers.
  package static let limit = 1 << 30

  package static func encode(_ lock: Lock) -> [UInt8] {
    let servers = lock.servers.map { JSONObject.Member($0.key, $0.value.json) }
    let orphans = lock.orphans.sorted { $0.sortKey < $1.sortKey }.map(\.json)
    var object: JSONObject = [
      "lineage": .string(lock.lineage), "version": .number(String(Lock.currentVersion)),
      "servers": .object(JSONObject(servers)), "orphans": .array(orphans),
    ]
    if let command = lock.secretsCommand { object["secrets_command"] = .array(command.map { .string($0) }) }
    if let place = lock.movedTo { object["moved_to"] = .string(place) }
    if lock.moves > 0 { object["moves"] = .number(String(lock.moves)) }
    return JSONWriter.canonical(.object(object))
  }

  /// - Parameters:
  ///   - isSide: whether the text is one side of a merge. Then `file` is not a path for commands.
  ///   - acceptsMoved: whether the text may be a copy of a state that is somewhere else.
  /// - Throws: `lock-invalid` with the line, `lock-too-new`, or `state-moved`. If any part of a lock file is not understood, nothing of it is used.
  package static func decode(
    _ bytes: [UInt8], file: String, isSide: Bool = false, acceptsMoved: Bool = false
  ) throws(Diagnostic) -> Lock {
    let lock = try decodeAny(bytes, file: file, isSide: isSide)
    guard let place = lock.movedTo, !acceptsMoved else { return lock }
    throw Diagnostic(
      .error, .stateMoved,
      "'\(file)' is a copy: the state is in \(ForeignText.printable(place, limit: 256))",
      help: [
        "write that place into the inventory: state",
        "or move the state into this file: mcpauth state migrate --to file",
      ])
  }

  private static func decodeAny(_ bytes: [UInt8], file: String, isSide: Bool) throws(Diagnostic) -> Lock {
    // Each entry is decoded when it was read: the JSON of all of them would take several times the memory of the entries.
    var entries: [String: LockEntry] = [:]
    var wrong: LockShapeError?
    let json = try parse(bytes, file: file, isSide: isSide) { name, value in
      guard wrong == nil else { return }
      do throws(LockShapeError) {
        entries[name] = try LockEntry(json: value)
      } catch {
        wrong = LockShapeError(message: "server '\(ForeignText.printable(name, limit: 64))': \(error.message)")
      }
    }
    // The version is checked first: a newer format may differ in everything else.
    if let version = json["version"]?.integer, version > Lock.currentVersion {
      throw Diagnostic(
        .error, .lockTooNew, "'\(file)' has version \(version); this mcpauth knows up to \(Lock.currentVersion)",
        help: ["use the mcpauth that wrote it, or a newer one"])
    }
    do throws(LockShapeError) {
      var members = try LockMembers(json)
      guard try members.integer("version") == Lock.currentVersion else {
        throw members.wrong("version", "not \(Lock.currentVersion)")
      }
      var lock = Lock(lineage: try members.requiredString("lineage"))
      guard try members.object("servers") != nil else { throw members.wrong("servers", "missing") }
      if let wrong { throw wrong }
      lock.servers = entries
      if let orphans = members.take("orphans") {
        guard let array = orphans.array else { throw members.wrong("orphans", "\(orphans.kind), not a list") }
        for element in array { lock.orphans.append(try Orphan(json: element)) }
      }
      lock.secretsCommand = try members.strings("secrets_command")
      lock.movedTo = try members.string("moved_to")
      lock.moves = try members.integer("moves") ?? 0
      try members.refuseRest()
      return lock
    } catch {
      throw invalid(error.message, file: file, location: nil)
    }
  }

  private static func parse(
    _ bytes: [UInt8], file: String, isSide: Bool, to receive: @escaping (_ server: String, _ entry: JSON) -> Void
  ) throws(Diagnostic) -> JSON {
    do throws(JSONParser.Problem) {
      return try JSONParser.parse(bytes, membersOf: "servers", to: receive)
    } catch {
      if case .syntax(_, let offset) = error, hasConflict(at: offset, in: bytes) {
        throw Diagnostic(
          .error, .lockInvalid, "'\(file)' is not a lock file: a merge-conflict marker",
          at: SourceLocation(file: file, line: JSONParser.line(of: offset, in: bytes), column: 1),
          help: isSide
            ? ["the markers were committed: resolve the conflict in that commit, and merge again"]
            : LockConflictHelp.markers(in: file))
      }
      let (message, offset): (String, Int) =
        switch error {
        case .syntax(let message, let offset): (message, offset)
        case .tooDeep(let limit): ("nested over \(limit) levels", 0)
        case .duplicate(let name, let offset): ("'\(ForeignText.printable(name, limit: 64))' is defined twice", offset)
        }
      let line = JSONParser.line(of: offset, in: bytes)
      throw invalid(message, file: file, location: SourceLocation(file: file, line: line, column: 1))
    }
  }

  private static func hasConflict(at offset: Int, in bytes: [UInt8]) -> Bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].contains { bytes.dropFirst(offset).starts(with: $0.utf8) }
  }

  private static func invalid(_ message: String, file: String, location: SourceLocation?) -> Diagnostic {
    Diagnostic(
      .error, .lockInvalid, "'\(file)' is not a lock file: \(message)", at: location,
      help: [
        "restore it from version control; nothing was written",
        "do not edit it by hand: it says which clients are yours",
      ])
  }
}
