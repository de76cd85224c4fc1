internal import MCPAuthCore

/// Finds the changes of a file from its value. Editors change the text.
struct MergePlan {
  let section: [String]
  let shape: MergeShape
  /// The file's name, for messages.
  let file: String
  private(set) var edits: [MergeEdit] = []

  /// - Parameter root: nil for an empty file.
  /// - Throws: `unsafe-merge`.
  mutating func compare(_ root: JSONObject, _ entries: [ExportEntry]) throws(Diagnostic) {
    guard !entries.isEmpty else { return }
    var there = root
    for (index, name) in section.enumerated() {
      guard let inner = try object(there[name], called: name), !inner.members.isEmpty else {
        let all = JSONObject(entries.map { .init($0.name, .object($0.value)) })
        edits.append(
          MergeEdit(path: Array(section[...index]), value: .object(all.wrapped(in: section[(index + 1)...]))))
        return
      }
      there = inner
    }
    for entry in entries {
      let path = section + [entry.name]
      guard let old = try object(there[entry.name], called: entry.name), !old.members.isEmpty else {
        edits.append(MergeEdit(path: path, value: .object(entry.value)))
        continue
      }
      try refuseForeign(old, entry)
      let kept = entry.kept.compactMap { $0.count == 1 ? $0.first : nil }
      update(path, old, entry.value, unchanged: shape.initial.union(kept))
      removeStale(path, old, entry)
    }
  }

  /// - Returns: nil when the value is missing or empty.
  private func object(_ value: JSON?, called name: String) throws(Diagnostic) -> JSONObject? {
    switch value {
    case nil, .null: return nil
    case .object(let object): return object
    case .some(let other):
      throw .unsafeMerge(file, "'\(ForeignText.printable(name, limit: 64))' is \(other.kind) there, not an object")
    }
  }

  /// Refuses to change an entry with this name that does not come from mcpauth.
  private func refuseForeign(_ old: JSONObject, _ entry: ExportEntry) throws(Diagnostic) {
    if old["command"] != nil || old["cmd"] != nil {
      throw foreign(entry, "is a program on the user's own machine")
    }
    let ours = shape.urlKeys.lazy.compactMap { entry.value[$0]?.string }.first
    let theirs = shape.urlKeys.lazy.compactMap { old[$0]?.string }.first
    guard let ours, let theirs, origin(theirs) != origin(ours) else { return }
    throw foreign(entry, "has the URL \(ForeignText.printable(theirs, limit: 200))")
  }

  private func foreign(_ entry: ExportEntry, _ what: String) -> Diagnostic {
    .unsafeMerge(
      file, "the server '\(entry.name)' there is not from mcpauth: it \(what)",
      help: ["remove its entry if it is the same server, or rename one of them", "or leave it out, with --only NAME"])
  }

  private func origin(_ url: String) -> String { (try? CheckedURL(url, plaintext: .loopback))?.origin ?? url }

  /// - Parameter unchanged: members that stay as they are if they exist.
  private mutating func update(_ path: [String], _ old: JSONObject, _ new: JSONObject, unchanged: Set<String> = []) {
    for member in new.members {
      let place = path + [member.name]
      guard let before = old[member.name] else {
        edits.append(MergeEdit(path: place, value: member.value))
        continue
      }
      if unchanged.contains(member.name) { continue }
      if case .object(let inner) = member.value, let oldInner = before.object, !oldInner.members.isEmpty {
        update(place, oldInner, inner)
      } else if before != member.value {
        edits.append(MergeEdit(path: place, value: member.value))
      }
    }
  }

  /// Removes owned keys that have no value now.
  private mutating func removeStale(_ path: [String], _ old: JSONObject, _ entry: ExportEntry) {
    var stale: [[String]] = []
    for key in shape.owned where !entry.kept.contains(key) {
      if Self.value(at: key, in: old) != nil, Self.value(at: key, in: entry.value) == nil { stale.append(key) }
    }
    // An object that becomes empty is removed too.
    for parent in Set(stale.filter { $0.count == 2 }.map { $0[0] }).sorted() where entry.value[parent] == nil {
      let gone = Set(stale.filter { $0.count == 2 && $0[0] == parent }.map { $0[1] })
      if old[parent]?.object?.members.allSatisfy({ gone.contains($0.name) }) == true {
        stale.removeAll { $0.first == parent }
        stale.append([parent])
      }
    }
    edits += stale.map { MergeEdit(path: path + $0, value: nil) }
  }

  private static func value(at path: [String], in object: JSONObject) -> JSON? {
    guard let first = path.first, let value = object[first] else { return nil }
    return path.count == 1 ? value : value.object.flatMap { Self.value(at: Array(path.dropFirst()), in: $0) }
  }
}

extension JSONObject {
  /// The object inside objects of these names, the first name outermost.
  func wrapped(in names: ArraySlice<String>) -> JSONObject {
    names.reversed().reduce(self) { JSONObject([.init($1, .object($0))]) }
  }

  /// Makes the same change on the value. The edited text must have this value.
  mutating func apply(_ edit: MergeEdit) {
    apply(edit.path[...], edit.value)
  }

  private mutating func apply(_ path: ArraySlice<String>, _ value: JSON?) {
    guard let name = path.first else { return }
    guard path.count > 1 else {
      self[name] = value
      return
    }
    var inner = self[name]?.object ?? JSONObject()
    inner.apply(path.dropFirst(), value)
    self[name] = .object(inner)
  }

  /// Whether both are equal, except for the order of members.
  func isSame(as other: JSONObject) -> Bool { JSONWriter.compact(.object(self)) == JSONWriter.compact(.object(other)) }
}

extension Diagnostic {
  static func unsafeMerge(_ file: String, _ problem: String, line: Int? = nil, help: [String] = []) -> Diagnostic {
    let place = line.map { ", line \($0)" } ?? ""
    return Diagnostic(
      .error, .unsafeMerge, "'\(ForeignText.printable(file))'\(place) cannot be updated: \(problem)",
      help: help.isEmpty
        ? ["nothing was written; export to a separate file, with --output, and copy what you need"] : help)
  }
}
