package import MCPAuthCore

/// When the client secret of an entry is due for renewal (InventoryReference#Secret-references, `renew_before`).
package enum SecretRenewal {
  /// The default of `renew_before`, in seconds.
  package static let defaultRenewBefore = 7 * 86_400

  /// - Returns: nil while no renewal is due, also where the method needs no secret, or the secret never expires.
  package static func due(_ entry: LockEntry, renewBefore: Int?, now: Timestamp) -> Reason? {
    guard let expiry = entry.secretExpiresAt, entry.needsSecret else { return nil }
    if expiry <= now { return .secretExpired }
    return renewalTime(entry, expiry: expiry, renewBefore: renewBefore) <= now ? .secretExpiring : nil
  }

  /// When renewal becomes due: `renew_before` ahead of the expiry, but never more than a third of the secret's lifetime ahead.
  package static func renewalTime(_ entry: LockEntry, expiry: Timestamp, renewBefore: Int?) -> Timestamp {
    var lead = Int64(renewBefore ?? defaultRenewBefore)
    if let registered = entry.registeredAt { lead = min(lead, max(0, (expiry.seconds - registered.seconds) / 3)) }
    return Timestamp(seconds: expiry.seconds - lead)
  }
}
