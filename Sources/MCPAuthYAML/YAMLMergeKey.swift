/// Merge keys (https://yaml.org/type/merge.html): a mapping's own keys win, then the first mapping of the list that has the key.
enum YAMLMergeKey {
  /// The entries that a `<<` adds: those of a mapping, or of a list of mappings. For each name, only the first entry is kept.
  static func entries(of value: YAMLNode, at key: YAMLMark) throws(YAMLProblem) -> [YAMLEntry] {
    switch value.content {
    case .mapping(let entries): return entries
    case .sequence(let nodes):
      var all: [YAMLEntry] = []
      for node in nodes {
        switch node.content {
        case .mapping(let entries): all += entries
        case .unusable: continue
        case .sequence, .scalar: throw notMappings(at: key)
        }
      }
      return all
    case .unusable: return []
    case .scalar: throw notMappings(at: key)
    }
  }

  static func add(_ sources: [YAMLEntry], to own: inout [YAMLEntry]) {
    var names = Set(own.lazy.map(\.name))
    for entry in sources where names.insert(entry.name).inserted {
      own.append(YAMLEntry(entry.name, at: entry.mark, entry.value, isMerged: true))
    }
  }

  private static func notMappings(at mark: YAMLMark) -> YAMLProblem {
    YAMLProblem(
      .syntax, "'<<' takes a mapping, or a list of mappings", at: mark,
      help: ["write '<<: *name' for an anchor that a mapping has, or quote the key"])
  }
}
