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
}
