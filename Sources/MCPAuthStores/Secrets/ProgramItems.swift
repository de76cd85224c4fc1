import MCPAuthCore

/// What a program stores, by path (`RecordPath`). Each answer of the program is checked.
protocol ProgramItems: Sendable {
  var process: StoreProcess { get }

  /// The paths of all items. Names of other programs and duplicates may be among them.
  func paths() async throws(Diagnostic) -> [String]

  /// - Returns: nil when there is nothing of that path.
  /// - Throws: `secret-unreadable` when the program refuses, or its answer cannot be used; `store-failed` when there is no answer.
  func get(_ path: String) async throws(Diagnostic) -> [UInt8]?

  /// Stores a value and reads it back. It counts as stored only when the same value comes back, then also if the program failed.
  ///
  /// - Parameters:
  ///   - clientID: whose record it is; nil for a value without a client.
  ///   - replaces: whether an existing value is replaced. Otherwise an existing value is an error.
  func store(_ path: String, clientID: String?, _ value: [UInt8], replaces: Bool) async throws(Diagnostic)

  /// Removes a value. It is no error when the value does not exist.
  func erase(_ path: String) async throws(Diagnostic)
}

extension ProgramItems {
  /// The same as `get`, for a call that stores: any problem is reported as a failure to store.
  func holding(_ path: String) async throws(Diagnostic) -> [UInt8]? {
    do throws(Diagnostic) {
      return try await get(path)
    } catch {
      var problem = error
      problem.code = .storeFailed
      throw problem
    }
  }

  /// Reads back what was stored. A value may be in the store although the program failed or gave no answer, and a client whose record may be stored
  /// must not be deleted (Reliability#When-an-answer-cannot-be-stored).
  ///
  /// - Parameters:
  ///   - problem: why it is not known whether the value was stored; nil: the program reported that it was.
  ///   - isStored: whether a value that the program returns is the one that was stored.
  /// - Throws: `store-failed`; `store-outcome-unknown` when the value cannot be read back.
  func settle(
    _ path: String, _ problem: Diagnostic?, _ isStored: ([UInt8]) -> Bool
  ) async throws(Diagnostic) {
    let kept: [UInt8]?
    do throws(Diagnostic) {
      kept = try await get(path)
    } catch {
      var unknown = problem ?? error
      unknown.code = .storeOutcomeUnknown
      unknown.notes.append(
        problem == nil
          ? "it reported that it stored a value, and the value could not be read back"
          : "it is not known whether the value was stored, and reading it back failed: \(error.message)")
      unknown.help = ["try it by hand: \(process.trial)"]
      throw unknown
    }
    if let kept, isStored(kept) { return }
    throw problem
      ?? process.failed(
        "it reported that it stored a value, but does not return it", help: ["try it by hand: \(process.trial)"])
  }
}
