package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthToolOutput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds the file of a `{file}` reference (InventoryReference#Secret-references). It follows one link at a time, because the path that a link names
/// is lost when all links are resolved at once: a link to `/dev/fd/7` would become the path of the open file. Nothing is opened.
package struct SecretFileFinder: Sendable {
  /// The greatest number of links in a path. It is the limit of Linux.
  static let linkLimit = 40
  /// The greatest length of a path in bytes.
  private static let longest = 4096

  /// The folder of the inventory; `{file}` is relative to it. Empty: the working directory.
  let folder: String
  /// Real paths of the files and folders in which mcpauth itself keeps secrets.
  let keptApart: [String]
  /// Who gets the secret in the file.
  let use: ReservedReference.Use
  /// The path that a link names; nil for anything else, and where nothing exists.
  let readLink: @Sendable (_ path: String) -> String?

  package init(
    folder: String, keptApart: [String], use: ReservedReference.Use = .server,
    readLink: @escaping @Sendable (_ path: String) -> String? = Self.linkTarget
  ) {
    self.folder = folder
    self.keptApart = keptApart
    self.use = use
    self.readLink = readLink
  }

  /// - Parameters:
  ///   - path: as written in the inventory.
  ///   - location: where it is written, for the error.
  /// - Returns: the absolute path without links. Components that do not exist are unchanged.
  /// - Throws: `reference-refused` when the path, or a link in it, leads to a file that a reference must not name.
  package func find(_ path: String, at location: SourceLocation? = nil) throws(Diagnostic) -> String {
    do throws(Refusal) {
      return try follow(HostFacts.absolute(FilePath.resolve(path, in: folder)))
    } catch {
      throw Diagnostic(
        .error, .referenceRefused, "the secret file '\(Printable.line(path))' is not read: \(error.reason)",
        at: location, help: ["keep the secret in a separate file"])
    }
  }

  private struct Refusal: Error {
    var reason: String
  }

  private func follow(_ path: String) throws(Refusal) -> String {
    var rest: [Substring] = path.split(separator: "/").reversed()
    var found: [Substring] = []
    var links = 0
    try check(path, links: links)
    while let component = rest.popLast() {
      if component == "." { continue }
      if component == ".." {
        _ = found.popLast()
        continue
      }
      guard let target = readLink(Self.path(found + [component])) else {
        found.append(component)
        continue
      }
      links += 1
      guard links <= Self.linkLimit else { throw Refusal(reason: "its path has over \(Self.linkLimit) links") }
      if target.hasPrefix("/") { found = [] }
      rest.append(contentsOf: target.split(separator: "/").reversed())
      try check(Self.path(found + Array(rest.reversed())), links: links)
    }
    let whole = Self.path(found)
    try check(whole, links: links)
    return whole
  }

  /// - Parameter path: absolute. It may contain `..`.
  private func check(_ path: String, links: Int) throws(Refusal) {
    guard path.utf8.count <= Self.longest, !path.utf8.contains(0) else {
      throw Refusal(reason: "this cannot be the path of a file")
    }
    guard let problem = ReservedReference.problem(ofFile: path, for: use) ?? ownProblem(path) else { return }
    throw Refusal(reason: links == 0 ? problem : "it leads to '\(Printable.line(path))', and \(problem)")
  }

  private func ownProblem(_ path: String) -> String? {
    keptApart.contains { path == $0 || path.hasPrefix($0 + "/") } ? "mcpauth itself keeps secrets there" : nil
  }

  private static func path(_ components: [Substring]) -> String { "/" + components.joined(separator: "/") }

  /// Reads a link of the disk.
  @Sendable package static func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: longest)
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { return nil }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
