import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// An inventory that servers are added to. Its new text is proved before it is written.
struct InventoryAddition: Sendable {
  /// A new text, and how it is read.
  struct Candidate: Sendable {
    var bytes: [UInt8]
    var inventory: Inventory
    /// The warnings that the old text did not have.
    var warnings: [Diagnostic]
  }

  let file: String
  let bytes: [UInt8]
  /// The inventory as it is.
  let inventory: Inventory
  /// Whether there is no file yet. Then `bytes` is the text to begin with.
  let isNew: Bool

  /// An existing file. Only `servers` may be missing in it.
  static func existing(
    _ file: String, in context: ToolContext
  ) throws(InventoryLoading.Refusal) -> InventoryAddition {
    do throws(InventoryLoading.Refusal) {
      let loaded = try InventoryLoading.load(file, in: context)
      return InventoryAddition(file: file, bytes: loaded.bytes, inventory: loaded.inventory, isNew: false)
    } catch {
      guard (try? context.checkPlace(file)) != nil, let bytes = try? context.readFile(file, InventoryLoading.limit),
        let editor = try? InventoryEditor(bytes, file: file), editor.lacksServers,
        case .success(let inventory) = context.readInventory(editor.withServers, file, context.variables)
      else { throw error }
      return InventoryAddition(file: file, bytes: bytes, inventory: inventory, isNew: false)
    }
  }

  /// A file that is still to be made, from a valid text without servers.
  ///
  /// - Throws: `output-failed` and the like, if there can be no inventory at the path.
  static func new(
    _ file: String, _ text: String, in context: ToolContext
  ) throws(InventoryMistakes) -> InventoryAddition {
    try InventoryMistakes.collecting { () throws(Diagnostic) -> Void in
      try context.checkPlace(file)
      try context.setup.proveWritable(file)
    }
    let bytes = Array(text.utf8)
    switch context.readInventory(bytes, file, context.variables) {
    case .success(let inventory):
      return InventoryAddition(file: file, bytes: bytes, inventory: inventory, isNew: true)
    case .failure(let mistakes): throw mistakes
    }
  }

  /// The text with new servers. It is read again: it must be the old inventory and exactly these servers.
  func adding(_ servers: [NewServer], in context: ToolContext) throws(InventoryMistakes) -> Candidate {
    let edited: [UInt8]
    do throws(Diagnostic) {
      edited = try InventoryEditor(bytes, file: file).adding(servers)
    } catch {
      var error = error
      error.help = ["nothing was written; add it by hand:\n" + InventoryEditor.lines(of: servers)]
      throw InventoryMistakes(diagnostics: [error])
    }
    let new: Inventory
    switch context.readInventory(edited, file, context.variables) {
    case .success(let inventory): new = inventory
    case .failure(let mistakes): throw InventoryMistakes(diagnostics: mistakes.withoutPlaces)
    }
    let names = Set(servers.map(\.name))
    let old = new.servers.filter { !names.contains($0.name) }
    guard new.servers.count == inventory.servers.count + servers.count, old.count == inventory.servers.count,
      zip(old, inventory.servers).allSatisfy({ $0.isSame(as: $1) })
    else {
      throw InventoryMistakes(
        diagnostics: [
          Diagnostic(
            .error, .unsafeMerge, "'\(Printable.line(file))' would be read as another inventory",
            help: ["nothing was written; add it by hand:\n" + InventoryEditor.lines(of: servers)])
        ])
    }
    let known = Set(inventory.warnings.map(\.message))
    return Candidate(
      bytes: edited, inventory: new, warnings: new.warnings.filter { !known.contains($0.message) })
  }

  /// - Throws: `output-failed`, `locked`, `interrupted`. The text is not written then.
  func write(_ candidate: Candidate, in context: ToolContext) async throws(InventoryMistakes) {
    do throws(Diagnostic) {
      if isNew { return try context.setup.create(file, candidate.bytes, 0o644) }
      // Of several processes that write the file at once, only the first finds the text that it read.
      let held = try await context.holdFile(file)
      defer { held.release() }
      guard let now = try? context.readFile(file, InventoryLoading.limit), now == bytes else {
        throw Diagnostic(
          .error, .outputFailed, "'\(Printable.line(file))' was changed in the meantime", help: ["run it again"])
      }
      try context.writeOutput(file, candidate.bytes, true)
    } catch {
      throw InventoryMistakes(diagnostics: [error])
    }
  }
}

extension InventoryMistakes {
  /// The errors without places, for a text that is not in a file yet.
  var withoutPlaces: [Diagnostic] {
    diagnostics.filter { $0.severity == .error }.map { mistake in
      var mistake = mistake
      mistake.location = nil
      mistake.notes = []
      return mistake
    }
  }

  /// - Throws: the failure of the work, as the only mistake.
  static func collecting<Value>(
    _ work: () throws(Diagnostic) -> Value
  ) throws(InventoryMistakes) -> Value {
    do throws(Diagnostic) {
      return try work()
    } catch {
      throw InventoryMistakes(diagnostics: [error])
    }
  }
}

extension InventoryServer {
  /// Whether both are equal, except for their places in the file.
  fileprivate func isSame(as other: InventoryServer) -> Bool {
    var moved = other
    moved.location = location
    moved.places = places
    return self == moved
  }
}
