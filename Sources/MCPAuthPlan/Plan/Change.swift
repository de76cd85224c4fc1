package import MCPAuthCore

/// What a plan does about one server (PlanAndApply#Actions, Actions).
package enum Action: String, Sendable, CaseIterable {
  case register, update, replace, remove, blocked, unchanged

  /// The sign that a text plan shows.
  package var sign: String {
    switch self {
    case .register: "+"
    case .update: "~"
    case .replace: "±"
    case .remove: "-"
    case .blocked: "!"
    case .unchanged: "="
    }
  }
}

/// Why (PlanAndApply#Actions, Reasons); in the order in which they are listed there.
package enum Reason: Sendable, Hashable {
  case new, recovered, urlChanged, issuerChanged, endpointsChanged, redirectURIsChanged, scopesChanged
  case authMethodChanged, applicationTypeChanged, registrationChanged, displayChanged, modeChanged, settingsChanged
  case secretExpiring, secretExpired, generationRaised, rotateRequested, registrationLost, moved, goneFromInventory
  case disabled
  /// `blocked`: the error's code.
  case code(DiagnosticCode)

  /// As it stands in JSON.
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

/// A fact that changes, for reviewers: `redirect_uris`, old and new. Never a secret.
package struct FieldChange: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case text(String)
    /// Of elements whose order may be of no meaning: scopes, redirect URIs.
    case list([String])
  }

  /// The lock's own name of it (`redirect_uris`), or, with dots, the inventory's (`oauth2.client_secret`).
  package var field: String
  /// nil: there was none.
  package var old: Value?
  /// nil: there will be none.
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

/// What a plan does about one server, and why. A value: apply does exactly this.
package struct Change: Sendable, Equatable {
  package var server: String
  package var action: Action
  package var reasons: [Reason]
  /// What there is now; nil when the server is new.
  package var entry: LockEntry?
  /// Of the client that will be, or is.
  package var issuer: String?
  /// Known beforehand only for clients that are not registered by this change.
  package var clientID: String?
  package var fields: [FieldChange]
  package var warnings: [Diagnostic]
  /// `blocked` only.
  package var error: Diagnostic?
  /// Where the server stands in the inventory; nil when it does not.
  package var location: SourceLocation?
  package var step: Step
  /// Where secrets of the inventory go by it.
  package var sends: [SecretSend] = []

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

  /// The entry as it will stand, as far as the plan knows; nil where nothing is known, or it goes.
  var entryToBe: LockEntry? {
    switch step {
    case .nothing: action == .unchanged ? entry : nil
    case .write(let new): new
    case .register(let registration), .updateInPlace(let registration): registration.template
    case .remove, .discoverFirst: nil
    }
  }

  /// Whether users have to connect again: their client is another one afterwards.
  package var makesUsersReconnect: Bool { action == .replace }
}

/// What apply has to do for a change.
package enum Step: Sendable, Equatable {
  case nothing
  /// The entry as it will stand in the lock; no request.
  case write(LockEntry)
  /// Registers a client (RFC 7591), and puts it in place of the entry, if there is one.
  case register(PlannedRegistration)
  /// Changes the client in place (RFC 7592).
  case updateInPlace(PlannedRegistration)
  /// Takes the entry out; its client is deleted where that can be done.
  case remove
  /// Offline: what would have to be done is known only after discovery.
  case discoverFirst

  /// Whether applying it asks anything of an authorization server.
  package var needsRequest: Bool {
    switch self {
    case .register, .updateInPlace: true
    case .nothing, .write, .remove, .discoverFirst: false
    }
  }
}

/// A registration or an update as it will be asked for, but for the secrets, which are resolved when it is sent.
package struct PlannedRegistration: Sendable, Equatable {
  /// The entry as it will stand in the lock but for what the server answers.
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

  package init(
    template: LockEntry, requested: RequestedRegistration, metadata: AuthorizationServerMetadata, endpoint: String,
    trust: ServerTrust, isFromInventory: Bool, initialAccessToken: SecretReference?,
    softwareStatement: SecretReference?
  ) {
    self.template = template
    self.requested = requested
    self.metadata = metadata
    self.endpoint = endpoint
    self.trust = trust
    self.isFromInventory = isFromInventory
    self.initialAccessToken = initialAccessToken
    self.softwareStatement = softwareStatement
  }
}
