/// Finds the known name that is nearest to a written name, for "Did you mean".
package enum NearestName {
  /// The candidate with the smallest edit distance, if the distance is at most three and at most a third of the length of the written name.
  package static func of(_ written: String, in candidates: some Sequence<String>) -> String? {
    let limit = min(3, max(1, written.count / 3))
    var best: (name: String, distance: Int)?
    for candidate in candidates where abs(candidate.count - written.count) <= limit {
      let distance = editDistance(Array(written.lowercased()), Array(candidate.lowercased()))
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// The nearest candidate, or the only one that contains the written name.
  package static func suggestion(for written: String, in candidates: some Sequence<String>) -> String? {
    of(written, in: candidates) ?? containing(written, in: candidates)
  }

  /// The only candidate that contains a written name of at least three characters, for example `claude-code` for `claude`.
  package static func containing(_ written: String, in candidates: some Sequence<String>) -> String? {
    let lower = written.lowercased()
    guard lower.count >= 3 else { return nil }
    let found = candidates.filter { $0.lowercased().contains(lower) }
    return found.count == 1 ? found.first : nil
  }

  /// Optimal string alignment: each insertion, deletion, substitution and swap of neighbours costs one.
  static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast = [Int]()
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + Array(repeating: 0, count: b.count)
      for j in 1...b.count {
        let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = min(last[j] + 1, row[j - 1] + 1, substitution)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], beforeLast[j - 2] + 1)
        }
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
