internal import MCPAuthCore

/// A secret of the inventory, and the URL that it will be sent to (PlanAndApply#Secrets-that-are-sent).
package struct SecretSend: Sendable, Equatable {
  /// The program that sends it.
  package enum Sender: String, Sendable {
    /// mcpauth, when the plan is applied.
    case apply
    /// `mcpauth verify`, and the consumers of an export.
    case verify
    /// Only the consumers of an export.
    case consumers
  }

  /// The key in the inventory, for example `oauth2.client_secret`.
  package var field: String
  package var reference: SecretReference
  /// nil: known only after discovery.
  package var destination: String?
  package var sender: Sender
  /// Whether the destination is new: the lock file does not record that this reference is sent there.
  package var isNew: Bool

  /// The origin of the destination; nil if it is not known, or is no URL.
  package var origin: String? { destination.flatMap(SecretDestination.origin) }
}

extension Planner {
  /// The secrets of the inventory that the change sends, or that other programs send after it.
  func sends(_ change: Change, _ server: InventoryServer) -> [SecretSend] {
    let planned: LockEntry?
    var registration: (endpoint: String?, isUpdate: Bool)?
    switch change.step {
    case .nothing, .remove: return []
    case .write(let entry): planned = entry
    case .register(let request):
      planned = request.template
      registration = (request.endpoint, false)
    case .updateInPlace(let request):
      planned = request.template
      registration = (request.endpoint, true)
    case .discoverFirst:
      planned = nil
      registration = (server.mode.oauth2?.registrationEndpoint, false)
    }
    let old = entry(of: server)
    func send(
      _ field: String, _ reference: SecretReference, to destination: String?, by sender: SecretSend.Sender,
      before locked: String?
    ) -> SecretSend {
      let isSame =
        ServerInputs.reference(field, in: old) == reference.description
        && destination != nil && destination == locked
      return SecretSend(
        field: field, reference: reference, destination: destination, sender: sender, isNew: !isSame)
    }
    var sends: [SecretSend] = []
    for use in server.secretUses {
      switch use.field {
      case "oauth2.client_secret":
        let endpoint = planned?.tokenEndpoint ?? server.mode.oauth2?.tokenEndpoint
        sends.append(send(use.field, use.reference, to: endpoint, by: .verify, before: old?.tokenEndpoint))
        // Consumers authenticate there too (RFC 7009 section 2.1). At the origin of the token endpoint the line above already says so.
        let revocation = planned?.endpoints?.revocationEndpoint ?? server.mode.oauth2?.revocationEndpoint
        if let revocation, endpoint.flatMap(SecretDestination.origin) != SecretDestination.origin(revocation) {
          sends.append(
            send(
              use.field, use.reference, to: revocation, by: .consumers, before: old?.endpoints?.revocationEndpoint))
        }
      case "oauth2.initial_access_token", "oauth2.software_statement":
        guard let registration, !registration.isUpdate || use.field == "oauth2.software_statement" else { continue }
        sends.append(
          send(
            use.field, use.reference, to: registration.endpoint, by: .apply,
            before: old?.endpoints?.registrationEndpoint))
      default:
        sends.append(send(use.field, use.reference, to: server.url, by: .consumers, before: old?.url))
      }
    }
    return sends
  }
}
