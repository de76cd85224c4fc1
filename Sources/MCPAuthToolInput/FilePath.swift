/// Paths as text.
package enum FilePath {
  /// Everything before the last slash; empty when there is none, `/` for a file at the root.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Without the ending of the file name: `a.b/servers` for `a.b/servers.yaml`.
  package static func stem(of path: String) -> String {
    let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    return String(path[..<(path[name...].lastIndex(of: ".") ?? path.endIndex)])
  }

  /// The lock file beside an inventory.
  package static func lockFile(of inventory: String) -> String { stem(of: inventory) + ".lock.json" }

  package static func resolve(_ path: String, in folder: String) -> String {
    if path.hasPrefix("/") || folder.isEmpty { return path }
    return folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }
}
