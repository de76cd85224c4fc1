import MCPAuthCore

/// Changes that need no registration: an entry is written, or nothing changes.
extension Planner {
  func decideWithoutDiscovery(_ server: InventoryServer, _ entry: LockEntry?) -> Change {
    written(server, entry, EntryTemplate.unasked(server), warnings: [])
  }

  /// - Parameter new: the complete entry after the change.
  func written(_ server: InventoryServer, _ entry: LockEntry?, _ new: LockEntry, warnings: [Diagnostic]) -> Change {
    guard let entry else { return write(.add, [.new], server, nil, new, warnings) }
    var new = new
    if entry.mode == new.mode, new.client != nil, entry.registration != .cimd, new.registration != .cimd {
      new.inputs = ServerInputs.keepingUnusedDocument(new.inputs, from: entry.inputs, server)
    }
    if entry == new {
      var change = unchanged(server, entry, reasons: [])
      change.warnings = warnings
      return change
    }
    if let reason = clientChange(from: entry, to: new) {
      // Users need not connect again where there was no client. Where there will be no client any more, only a registered client is lost.
      let isReplaced = entry.clientID != nil && (new.clientID != nil || entry.registration == .dcr)
      return write(isReplaced ? .replace : .update, [reason], server, entry, new, warnings)
    }
    return write(.update, reasons(from: entry, to: new), server, entry, new, warnings)
  }

  /// Why the client is another one; nil when it is the same.
  private func clientChange(from old: LockEntry, to new: LockEntry) -> Reason? {
    if old.mode != new.mode { return .modeChanged }
    if old.registration != new.registration || old.clientID != new.clientID { return .registrationChanged }
    return nil
  }

  private func reasons(from old: LockEntry, to new: LockEntry) -> [Reason] {
    var reasons: [Reason] = []
    if old.url != new.url { reasons.append(.urlChanged) }
    if old.issuer != new.issuer { reasons.append(.issuerChanged) }
    // The resource depends on the URL: one reason is sufficient.
    var endpoints = new.endpoints
    if old.url != new.url, let before = old.endpoints {
      endpoints?.resource = before.resource
      endpoints?.discoveredBy = before.discoveredBy
    }
    if endpoints != old.endpoints, old.issuer == new.issuer { reasons.append(.endpointsChanged) }
    let difference = ClientDifference(
      old: ServerInputs.members(of: old.inputs), new: ServerInputs.members(of: new.inputs), isRegistered: false)
    reasons += difference.functional
    if old.client?.authMethod != new.client?.authMethod { reasons.append(.authMethodChanged) }
    return reasons.isEmpty ? [.settingsChanged] : reasons
  }

  private func write(
    _ action: Action, _ reasons: [Reason], _ server: InventoryServer, _ entry: LockEntry?, _ new: LockEntry,
    _ warnings: [Diagnostic]
  ) -> Change {
    Change(
      server: server.name, action: action, reasons: reasons, entry: entry, issuer: new.issuer, clientID: new.clientID,
      fields: LockEntry.fieldChanges(from: entry, to: new), warnings: warnings, location: server.location,
      step: .write(new))
  }
}
