/// A path with `*`, `?` and `[a-z]` in names, and `**` for any number of folders.
struct GlobPattern {
  private let isAbsolute: Bool
  private let parts: [Substring]

  init(_ text: String) {
    isAbsolute = text.hasPrefix("/")
    parts = text.split(separator: "/")
  }

  static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }

  /// Files that match, sorted. Only a pattern that begins with a dot matches a name that begins with a dot.
  func matches(_ list: InventorySelection.Listing) -> [String] {
    var found: Set<String> = []
    descend(isAbsolute ? "/" : "", parts[...], list, into: &found)
    return found.sorted()
  }

  private func descend(
    _ folder: String, _ rest: ArraySlice<Substring>, _ list: InventorySelection.Listing, into found: inout Set<String>,
    depth: Int = 0
  ) {
    // The limit stops links that lead back to a folder above.
    guard let part = rest.first, depth < 64, let items = list(folder.isEmpty ? "." : folder) else { return }
    if part == "**" {
      descend(folder, rest.dropFirst(), list, into: &found, depth: depth + 1)
      for (name, isFolder) in items where isFolder && !name.hasPrefix(".") {
        descend(FilePath.resolve(name, in: folder), rest, list, into: &found, depth: depth + 1)
      }
      return
    }
    if part == "." || part == ".." {
      descend(FilePath.resolve(String(part), in: folder), rest.dropFirst(), list, into: &found, depth: depth + 1)
      return
    }
    let isLast = rest.count == 1
    for (name, isFolder) in items where isFolder != isLast && Self.matches(part, name) {
      let path = FilePath.resolve(name, in: folder)
      if isLast { found.insert(path) } else { descend(path, rest.dropFirst(), list, into: &found, depth: depth + 1) }
    }
  }

  /// Compares one name with one part of the pattern.
  static func matches(_ pattern: Substring, _ name: String) -> Bool {
    if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
    let pattern = Array(pattern)
    let name = Array(name)
    // Where to continue when the text after the last star does not match.
    var star: (pattern: Int, name: Int)?
    var (at, position) = (0, 0)
    while position < name.count {
      if at < pattern.count, pattern[at] == "*" {
        star = (at, position)
        at += 1
      } else if at < pattern.count, let length = Self.fits(pattern[at...], name[position]) {
        at += length
        position += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        at = last.pattern + 1
        position = last.name + 1
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == "*" }
  }

  /// - Returns: how many characters of the pattern match this character; nil when they do not match.
  private static func fits(_ pattern: ArraySlice<Character>, _ character: Character) -> Int? {
    guard let first = pattern.first else { return nil }
    if first == "?" { return 1 }
    guard first == "[", let end = pattern.dropFirst(2).firstIndex(of: "]") else { return first == character ? 1 : nil }
    var inside = pattern[(pattern.startIndex + 1)..<end]
    let isNegated = inside.first == "!" || inside.first == "^"
    if isNegated { inside = inside.dropFirst() }
    var isIn = false
    var at = inside.startIndex
    while at < inside.endIndex {
      if at + 2 < inside.endIndex, inside[at + 1] == "-" {
        isIn = isIn || (inside[at] <= character && character <= inside[at + 2])
        at += 3
      } else {
        isIn = isIn || inside[at] == character
        at += 1
      }
    }
    return isIn != isNegated ? end - pattern.startIndex + 1 : nil
  }
}
