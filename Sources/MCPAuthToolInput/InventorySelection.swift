import FoundationEssentials
package import MCPAuthCore
import MCPAuthToolOutput

/// The inventories that the arguments name: files, folders, and patterns that no shell has expanded.
package struct InventorySelection: Sendable {
  /// The names in a folder, and whether each is a folder; nil when the folder does not exist or cannot be read.
  package typealias Listing = @Sendable (_ folder: String) -> [String: Bool]?

  let list: Listing
  /// Whether a file is an inventory, rather than any YAML.
  let isInventory: @Sendable (_ file: String) -> Bool

  package init(list: @escaping Listing, isInventory: @escaping @Sendable (String) -> Bool) {
    self.list = list
    self.isInventory = isInventory
  }

  /// - Returns: each file once, in the order of the arguments; those of a folder or a pattern sorted.
  /// - Throws: `inventory-unreadable` for a folder without an inventory, and a pattern that matches nothing.
  package func files(_ arguments: [String]) throws(Diagnostic) -> [String] {
    var found: [String] = []
    var known: Set<String> = []
    for argument in arguments {
      for file in try files(argument) where known.insert(Self.normal(file)).inserted { found.append(file) }
    }
    return found
  }

  /// Whether an argument names one file: neither a folder nor a pattern. The file may be missing.
  package func isFile(_ argument: String) -> Bool {
    list(argument) == nil && (!GlobPattern.isPattern(argument) || exists(argument))
  }

  private func files(_ argument: String) throws(Diagnostic) -> [String] {
    if list(argument) != nil {
      let found = yaml(in: argument).filter(isInventory)
      if !found.isEmpty { return found }
      throw Diagnostic(
        .error, .inventoryUnreadable, "there is no inventory in the folder '\(Printable.line(argument))'",
        help: [
          "an inventory is a .yaml or .yml file with 'servers:'; to search folders in it too: '\(Printable.line(argument))/**/servers.yaml'"
        ])
    }
    if isFile(argument) { return [argument] }
    let found = GlobPattern(argument).matches(list)
    if !found.isEmpty { return found }
    throw Diagnostic(
      .error, .inventoryUnreadable, "no file matches '\(Printable.line(argument))'",
      help: [
        "'*' and '?' match characters of a name, and '**' matches nested folders; they do not match a name that begins with a dot"
      ])
  }

  private func exists(_ file: String) -> Bool {
    let folder = FilePath.folder(of: file)
    return list(folder.isEmpty ? "." : folder)?[
      String(file[(file.lastIndex(of: "/").map(file.index(after:)) ?? file.startIndex)...])] != nil
  }

  private func yaml(in folder: String) -> [String] {
    let names = (list(folder) ?? [:]).filter { !$0.value && ($0.key.hasSuffix(".yaml") || $0.key.hasSuffix(".yml")) }
    return names.keys.sorted().map { FilePath.resolve($0, in: folder) }
  }

  /// Whether a line begins with `servers:`. Other YAML files in the folder are not inventories.
  package static func looksLikeInventory(_ bytes: [UInt8]) -> Bool {
    bytes.split(separator: 0x0A).contains { line in
      let text = line.drop { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
      guard text.starts(with: "servers".utf8) else { return false }
      let rest = text.dropFirst(7).drop {
        $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: " ")
      }
      return rest.first == UInt8(ascii: ":")
    }
  }

  /// `./a/b` and `a//b` are `a/b`.
  package static func normal(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}

extension InventorySelection {
  /// The real folders.
  package static let folders: Listing = { folder in
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
    var items: [String: Bool] = [:]
    for name in names {
      var isFolder = false
      let exists = FileManager.default.fileExists(atPath: FilePath.resolve(name, in: folder), isDirectory: &isFolder)
      // A dangling link is listed as a file: reading it gives the error.
      items[name] = exists && isFolder
    }
    return items
  }
}
