import MCPAuthCore

extension Array where Element: Sendable {
  /// Transforms the elements, at most `limit` at a time. The results are in the order of the elements.
  package func mapConcurrently<Output: Sendable>(
    limit: Int, _ transform: @escaping @Sendable (Element) async -> Output
  ) async -> [Output] {
    var outputs = [Output?](repeating: nil, count: count)
    await withTaskGroup(of: (Int, Output).self) { group in
      var next = 0
      while next < count, next < Swift.max(1, limit) {
        let (index, element) = (next, self[next])
        group.addTask { (index, await transform(element)) }
        next += 1
      }
      while let (index, output) = await group.next() {
        outputs[index] = output
        guard next < count else { continue }
        let (following, element) = (next, self[next])
        group.addTask { (following, await transform(element)) }
        next += 1
      }
    }
    return outputs.compactMap { $0 }
  }

  /// The result of the work for each item of a secret store, in the order of the items. Most of the time is spent waiting for the store.
  func results<Value: Sendable>(
    _ work: @escaping @Sendable (Element) async throws(Diagnostic) -> Value
  ) async -> [Result<Value, Diagnostic>] {
    await mapConcurrently(limit: 8) { element in
      await Result { () async throws(Diagnostic) in try await work(element) }
    }
  }
}

extension Result where Success: Sendable, Failure == Diagnostic {
  /// The result of an asynchronous call.
  init(_ work: () async throws(Diagnostic) -> Success) async {
    do throws(Diagnostic) { self = .success(try await work()) } catch { self = .failure(error) }
  }
}
