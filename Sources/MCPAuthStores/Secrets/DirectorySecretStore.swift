package import MCPAuthCore

/// Secret records as files that only their owner can read (SecretStores#Directory): `NAME.<version>.json`, for use on one machine.
package typealias DirectorySecretStore = FileSecretStore<PlainCodec>

extension FileSecretStore<PlainCodec> {
  /// - Parameters:
  ///   - inventoryPath: as the user gave it.
  ///   - path: `secrets.path` of the inventory, relative to its folder; nil: `.mcpauth/<stem>/secrets`.
  /// - Throws: `invalid-value` for a path that cannot be the path of an inventory. Nothing on the disk is read.
  package init(inventoryPath: String, path: String?) throws(Diagnostic) {
    self.init(folder: try Self.folder(inventoryPath: inventoryPath, path: path), codec: PlainCodec(), disk: .real)
  }

  static func folder(inventoryPath: String, path: String?) throws(Diagnostic) -> FolderPath {
    let place = try InventoryPlace(inventoryPath)
    guard var path else { return place.state.appending("secrets") }
    // An absolute path into the inventory's folder is treated like a relative one: links are not followed.
    let inside = place.folder.hasSuffix("/") ? place.folder : place.folder + "/"
    if path.hasPrefix(inside) { path.removeFirst(inside.count) }
    let components = path.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !components.isEmpty, components.last != "..", !path.utf8.contains(0) else {
      throw Diagnostic(
        .error, .invalidValue, "'\(ForeignText.printable(path))' cannot be the secrets' folder",
        help: ["name a separate folder: secrets: {path: secrets}"])
    }
    // Outside the inventory's folder, the path belongs to the user and its links are followed. Only the last component belongs to mcpauth.
    guard path.hasPrefix("/") else {
      let firstOwn = components.firstIndex(of: InventoryPlace.stateFolder) ?? components.count - 1
      return FolderPath(base: place.folder, below: components, firstOwn: firstOwn)
    }
    return FolderPath(
      base: "/" + components.dropLast().joined(separator: "/"), below: components.suffix(1), firstOwn: 0)
  }
}
