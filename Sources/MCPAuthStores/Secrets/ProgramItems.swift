import MCPAuthCore

/// What a program stores, by path (`RecordPath`). Each answer of the program is checked.
protocol ProgramItems: Sendable {
  var process: StoreProcess { get }

  /// The paths of all items. Names of other programs and duplicates may be among them.
  func paths() async throws(Diagnostic) -> [String]

  /// - Returns: nil when there is nothing of that path.
  /// - Throws: `secret-unreadable` when the program refuses, or its answer cannot be used; `store-failed` when there is no answer.
  func get(_ path: String) async throws(Diagnostic) -> [UInt8]?

  /// Stores a value and reads it back. It counts as stored only when the same value comes back.
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
}
