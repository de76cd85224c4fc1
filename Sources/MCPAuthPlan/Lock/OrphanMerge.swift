/// Merges three lists of orphans. There is never a conflict: where both sides changed an orphan, the result is the one that loses less.
struct OrphanMerge {
  private(set) var result: [Orphan] = []

  init(base: [Orphan], ours: [Orphan], theirs: [Orphan]) {
    func line(_ orphan: Orphan, in list: [Orphan]) -> Orphan? { list.first { $0.isAbout(sameAs: orphan) } }
    for orphan in ours + theirs where line(orphan, in: result) == nil {
      let (old, our, their) = (line(orphan, in: base), line(orphan, in: ours), line(orphan, in: theirs))
      let merged: Orphan? =
        if our == their || their == old { our } else if our == old { their } else { Self.combined(old, our, their) }
      if let merged { result.append(merged) }
    }
  }

  /// If one side removed an orphan and the other changed it, it stays in the list, because an unnecessary list entry does no harm.
  private static func combined(_ old: Orphan?, _ our: Orphan?, _ their: Orphan?) -> Orphan? {
    guard let our, let their else { return our ?? their }
    var orphan = our
    orphan.since = min(our.since, their.since)
    // One side may have found that it cannot be deleted. Without a common ancestor, this cannot be known.
    orphan.managed = old == nil ? our.managed || their.managed : our.managed && their.managed
    orphan.retried = our.retried || their.retried
    return orphan
  }
}
