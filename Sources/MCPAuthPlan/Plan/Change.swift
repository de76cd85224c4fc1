package import MCPAuthCore

/// What a plan does for one server (PlanAndApply#Actions, Actions).
package enum Action: String, Sendable, CaseIterable {
  /// A new client at its authorization server.
  case register
  /// A new entry in the lock file without a registration.
  case add
  case update, replace, remove, blocked, unchanged

  /// The symbol of the action in a text plan.
  package var sign: String {
    switch self {
    case .register, .add: "+"
    case .update: "~"
    case .replace: "±"
    case .remove: "-"
    case .blocked: "!"
    case .unchanged: "="
    }
  }
}

/// Why a plan does it (PlanAndApply#Actions, Reasons), in the order of the list in that article.
package enum Reason: Sendable, Hashable {
  case new, recovered, urlChanged, issuerChanged, endpointsChanged, redirectURIsChanged, scopesChanged
  case authMethodChanged, applicationTypeChanged, registrationChanged, displayChanged, modeChanged, settingsChanged
  case secretExpiring, secretExpired, generationRaised, rotateRequested, registrationLost, moved, goneFromInventory
  case disabled
  /// For `blocked`: the code of the error.
  case code(DiagnosticCode)

  /// The name in JSON.
  package var name: String {
    switch self {
    case .new: "new"
    case .recovered: "recovered"
    case .urlChanged: "url-changed"
    case .issuerChanged: "issuer-changed"
    case .endpointsChanged: "endpoints-changed"
    case .redirectURIsChanged: "redirect-uris-changed"
    case .scopesChanged: "scopes-changed"
    case .authMethodChanged: "auth-method-changed"
    case .applicationTypeChanged: "application-type-changed"
    case .registrationChanged: "registration-changed"
    case .displayChanged: "display-changed"
    case .modeChanged: "mode-changed"
    case .settingsChanged: "settings-changed"
    case .secretExpiring: "secret-expiring"
    case .secretExpired: "secret-expired"
    case .generationRaised: "generation-raised"
    case .rotateRequested: "rotate-requested"
    case .registrationLost: "registration-lost"
    case .moved: "moved"
    case .goneFromInventory: "gone-from-inventory"
    case .disabled: "disabled"
    case .code(let code): code.rawValue
    }
  }
}

/// A fact that changes, for reviewers: for example `redirect_uris`, with old and new value. Never a secret.
package struct FieldChange: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case text(String)
    /// A list whose order may have no meaning: scopes, redirect URIs.
    case list([String])
  }

  /// The name of the field in the lock file (`redirect_uris`), or, with dots, in the inventory (`oauth2.client_secret`).
  package var field: String
  /// nil: there was no value.
  package var old: Value?
  /// nil: there will be no value.
  package var new: Value?

  package init(_ field: String, from old: Value?, to new: Value?) {
    self.field = field
    self.old = old
    self.new = new
  }

  package init(_ field: String, old: String?, new: String?) {
    self.init(field, from: old.map(Value.text), to: new.map(Value.text))
  }
}

/// What a plan does for one server, and why. It is a value: apply does exactly this.
///
/// A plan of many servers copies many of them. So what most of them do not have is kept behind a reference.
package struct Change: Sendable, Equatable {
  package var server: String
  package var action: Action
  package var reasons: [Reason]
  /// The current entry; nil when the server is new.
  package var entry: LockEntry?
  /// The issuer of the current or future client.
  package var issuer: String?
  /// Known in advance only for clients that this change does not register.
  package var clientID: String?
  package var fields: [FieldChange]
  package var warnings: [Diagnostic]
  /// Only for `blocked`.
  @Boxed package var error: Diagnostic?
  /// The location of the server in the inventory; nil when it is not in the inventory.
  package var location: SourceLocation?
  package var step: Step
  /// Where this change sends secrets of the inventory.
  package var sends: [SecretSend] = []
  /// The client after the change, for reviewers; nil if nothing about the client changes. `Planner.described` sets it.
  @Boxed package var client: PlannedClient?
  /// The client that the change gives up.
  package var oldClient: GivenUpClient?
  /// What the user can write in the inventory to make this change unnecessary.
  package var advice: [String] = []
  /// Whether the client was registered by another tool, and is imported now (`mcpauth import`).
  package var isImport = false

  package init(
    server: String, action: Action, reasons: [Reason], entry: LockEntry?, issuer: String? = nil,
    clientID: String? = nil,
    fields: [FieldChange] = [], warnings: [Diagnostic] = [], error: Diagnostic? = nil, location: SourceLocation? = nil,
    step: Step = .nothing
  ) {
    self.server = server
    self.action = action
    self.reasons = reasons
    self.entry = entry
    self.issuer = issuer
    self.clientID = clientID
    self.fields = fields
    self.warnings = warnings
    self.error = error
    self.location = location
    self.step = step
  }

  /// The entry after the change, as far as the plan knows it; nil where it is unknown, or where the entry is removed.
  var entryToBe: LockEntry? {
    switch step {
    case .nothing: action == .unchanged ? entry : nil
    case .write(let new): new
    case .register(let registration), .updateInPlace(let registration): registration.template
    case .remove, .discoverFirst: nil
    }
  }

  /// The same server, blocked. The client, and the warnings, stay as they are.
  package func blocked(by diagnostic: Diagnostic) -> Change {
    Change(
      server: server, action: .blocked, reasons: [.code(diagnostic.code)], entry: entry, issuer: entry?.issuer,
      clientID: entry?.clientID, warnings: warnings, error: diagnostic.placed(at: location), location: location)
  }

  /// The unchanged server with another auth method in its entry: the client and its secret stay the same.
  package func withAuthMethod(_ method: AuthMethod) -> Change {
    guard step == .nothing, action == .unchanged, var new = entry else { return self }
    new.client?.authMethod = method
    var change = self
    change.action = .update
    change.reasons = [.authMethodChanged]
    change.fields = LockEntry.fieldChanges(from: entry, to: new)
    change.step = .write(new)
    return change
  }

  /// The entry whose client the change keeps, with the same endpoints; nil if the client is replaced or removed, or if its endpoints change. Only
  /// such a client is asked about: the secret of a client whose server moved is not sent to its old address.
  package var keptEntry: LockEntry? {
    guard let entry, action != .blocked, !reasons.contains(.disabled) else { return nil }
    switch step {
    case .nothing: return entry
    case .write(let new): return new.hasClient(of: entry) && new.hasEndpoints(of: entry) ? entry : nil
    case .updateInPlace(let planned): return planned.template.hasEndpoints(of: entry) ? entry : nil
    case .register, .remove, .discoverFirst: return nil
    }
  }

  /// Whether the server has the same client afterwards, which may be registered in another way. Such a client is not deleted.
  var keepsClient: Bool {
    guard let entry, entry.clientID != nil, let new = entryToBe else { return false }
    return new.hasClient(of: entry)
  }

  /// Whether users have to connect again, because they get another client, or the same one at another token endpoint.
  package var makesUsersReconnect: Bool {
    action == .replace && !(keepsClient && entryToBe?.tokenEndpoint == entry?.tokenEndpoint)
  }
}

/// What apply has to do for a change.
package indirect enum Step: Sendable, Equatable {
  case nothing
  /// Writes this entry to the lock file. No request is made.
  case write(LockEntry)
  /// Registers a client (RFC 7591), and replaces the existing entry, if there is one.
  case register(PlannedRegistration)
  /// Updates the client in place (RFC 7592).
  case updateInPlace(PlannedRegistration)
  /// Removes the entry. Its client is deleted where that is possible.
  case remove
  /// Offline: the necessary step is known only after discovery.
  case discoverFirst

  /// Whether applying the step sends a request to an authorization server.
  package var needsRequest: Bool {
    switch self {
    case .register, .updateInPlace: true
    case .nothing, .write, .remove, .discoverFirst: false
    }
  }
}

/// A registration or an update as it will be requested, without the secrets. They are resolved when it is sent.
package struct PlannedRegistration: Sendable, Equatable {
  /// The entry as it will be in the lock file, without the values that the server's answer gives.
  package var template: LockEntry
  package var requested: RequestedRegistration
  package var metadata: AuthorizationServerMetadata
  /// Byte for byte as advertised or written.
  package var endpoint: String
  package var trust: ServerTrust
  /// Whether the inventory names the endpoint.
  package var isFromInventory: Bool
  package var initialAccessToken: SecretReference?
  package var softwareStatement: SecretReference?
}
