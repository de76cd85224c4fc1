#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Resolves a path to the real location.
package enum RealPath {
  /// The absolute path without links, `.` and `..`. Components that do not exist are appended unchanged.
  ///
  /// - Parameter path: relative to the working directory, or absolute.
  package static func of(_ path: String) -> String {
    var existing = path.isEmpty ? "." : path
    var rest: [String] = []
    while true {
      if let found = realpath(existing, nil) {
        defer { free(found) }
        return resolved(String(cString: found), rest.reversed())
      }
      guard existing != ".", existing != "/" else { return path }
      let (folder, name) = FolderPath.split(existing)
      rest.append(name)
      existing = folder
    }
  }

  private static func resolved(_ base: String, _ rest: [String]) -> String {
    var components = base.split(separator: "/").map(String.init)
    for name in rest where !name.isEmpty && name != "." {
      if name == ".." { _ = components.popLast() } else { components.append(name) }
    }
    return "/" + components.joined(separator: "/")
  }

  /// Whether a path leads to a folder, or to something in it. Both are resolved first.
  package static func leads(_ path: String, into folder: String) -> Bool {
    path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
  }
}
