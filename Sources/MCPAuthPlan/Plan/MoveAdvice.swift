import MCPAuthCore

/// How a server that has a new name keeps its client (InventoryReference#Servers, `moved_from`).
extension Planner {
  /// Suggests `moved_from` for a new server that has the URL and the mode of a server that is gone from the inventory. A client that is lost cannot be
  /// kept, and a metadata document is the client of each server without it.
  func suggestMoves(_ changes: inout [Change], _ places: [String: Int], gone: [String]) {
    var names: [String: String] = [:]
    for name in gone {
      guard let entry = standing.entries[name], entry.clientID != nil, !entry.isLost, entry.registration != .cimd
      else { continue }
      let key = Self.moveKey(entry.mode, entry.url)
      if names[key] == nil { names[key] = name }
    }
    guard !names.isEmpty else { return }
    for index in changes.indices where changes[index].entry == nil && !changes[index].reasons.contains(.recovered) {
      guard let server = places[changes[index].server].map({ inventory.servers[$0] }), server.isEnabled,
        server.movedFrom == nil, server.mode.oauth2 != nil,
        let old = names[Self.moveKey(Self.mode(of: server), server.url)]
      else { continue }
      changes[index].advice.append(
        "'\(old)' had this URL and is gone from the inventory; "
          + "if '\(server.name)' is its new name, write moved_from: \(PastedText.yaml(old)) to keep its client")
    }
  }

  private static func moveKey(_ mode: LockEntry.Mode, _ url: String) -> String { mode.rawValue + " " + url }

  /// How to keep the client of a server that moves, if it is replaced only because `{server}` in a redirect URI has another value now.
  ///
  /// - Parameter change: the change as it was decided, without the reason `moved`.
  func keepingClient(_ change: Change, _ server: InventoryServer) -> String? {
    guard change.action == .replace, change.reasons == [.redirectURIsChanged], let entry = change.entry,
      let (old, _) = movedEntry(of: server), let settings = server.mode.oauth2,
      let after = settings.client?.redirectURIs,
      let before = ServerInputs.members(of: entry.inputs)["redirect_uris"]?.array?.compactMap(\.string)
    else { return nil }
    // The redirect URIs of consumers are added whatever the server's block says.
    let added = RedirectURIs(nil, adding: settings.consumers)?.resolved(for: server.name) ?? []
    guard after.allSatisfy({ before.contains($0) || !added.contains($0) }) else { return nil }
    let renamed = after.map { Self.renamed($0, from: server.name, to: old, among: before) }
    guard Set(renamed) == Set(before) else { return nil }
    let own = before.filter { !added.contains($0) }.map { PastedText.yaml($0) }
    guard !own.isEmpty else { return nil }
    return "only the name in the redirect URIs changes; to keep the client, write the redirect URIs of the old name "
      + "in the server's oauth2 block: redirect_uris: [\(own.joined(separator: ", "))]"
  }

  /// The redirect URI with the old name in place of the new one.
  private static func renamed(_ uri: String, from name: String, to old: String, among known: [String]) -> String {
    if known.contains(uri) { return uri }
    for range in uri.ranges(of: name) {
      var other = uri
      other.replaceSubrange(range, with: old)
      if known.contains(other) { return other }
    }
    return uri.replacing(name, with: old)
  }
}
