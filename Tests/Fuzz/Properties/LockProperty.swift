import MCPAuthCore
import MCPAuthPlan

/// The text of the lock file: accepted text is written with the same values each time; a refusal has a place in the file.
enum LockProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let lock: Lock
    do throws(Diagnostic) {
      lock = try LockCodec.decode(bytes, file: "mcpauth.lock")
    } catch {
      try DiagnosticProperty.check(error)
      try require(error.code == .lockInvalid || error.code == .lockTooNew, "refused as \(error.code.rawValue)")
      if error.location != nil { try DiagnosticProperty.checkPlace(error.location, in: FileLines(bytes)) }
      return
    }
    let written = LockCodec.encode(lock)
    let again: Lock
    do throws(Diagnostic) {
      again = try LockCodec.decode(written, file: "mcpauth.lock")
    } catch {
      throw Violation("what was written is refused: \(error.message)")
    }
    try require(again.lineage.isExactly(lock.lineage), "another lineage")
    try require(
      again.servers.mapValues { JSONWriter.compact($0.json) } == lock.servers.mapValues { JSONWriter.compact($0.json) },
      "other servers")
    try require(again.orphans.count == lock.orphans.count, "other orphans")
    try require(LockCodec.encode(again) == written, "it is not written the same twice")
    for (name, entry) in lock.servers {
      guard let copy = try? LockEntry(json: entry.json) else { throw Violation("the entry of \(name) is refused") }
      try require(copy == entry, "the entry of \(name) is another one after a print")
    }
  }
}
