import MCPAuthCore
import MCPAuthPlan

/// The server and the client of a change for each format: what they will be, and what becomes of the old client (PlanAndApply#Approval).
enum PlannedClientText {
  /// Rows of a label and a text. Values that are in the changed fields already are left out.
  ///
  /// - Parameter code: marks a value that is not mcpauth's own text.
  static func rows(_ change: Change, code: (String) -> String = { $0 }) -> [(String, String)] {
    var rows: [(String, String)] = []
    let shown = Set(change.fields.map(\.field))
    if let client = change.client {
      rows += self.rows(client, beside: shown, code)
    } else if case .write(let new) = change.step, new.client == nil {
      // Modes without a client.
      if !shown.contains("url") { rows.append(("url", value(new.url, code))) }
      if !shown.contains("mode") { rows.append(("mode", new.mode.rawValue)) }
    } else if change.action == .remove, let url = change.entry?.url {
      rows.append(("url", value(url, code)))
    }
    // The words of a removal say what becomes of its client.
    if let old = change.oldClient, change.action != .remove { rows.append(("old client", words(old, code))) }
    return rows
  }

  private static func rows(
    _ client: PlannedClient, beside shown: Set<String>, _ code: (String) -> String
  ) -> [(String, String)] {
    var rows: [(String, String)] = []
    if !shown.contains("url") { rows.append(("url", value(client.url, code))) }
    rows.append(("how", words(client.way, client.registration)))
    if !shown.contains("token_endpoint_auth_method") {
      rows.append(("auth method", value(client.authMethod.text, code)))
    }
    if shown.contains("scopes") {
      rows.append(("scopes from", words(client.scopesFrom) ?? "no source"))
    } else {
      let source = words(client.scopesFrom).map { " (from \($0))" } ?? ""
      rows.append(("scopes", list(client.scopes, code) + source))
    }
    if !shown.contains("redirect_uris"), !client.redirectURIs.isEmpty {
      rows.append(("redirect URIs", list(client.redirectURIs, code)))
    }
    rows.append(("secret", words(client.secret) + (client.store.map { ", kept in the \($0.rawValue) store" } ?? "")))
    if !client.consumers.isEmpty { rows.append(("sign-in", words(client.consumers))) }
    if let task = client.byHand { rows.append(("by hand", words(task, code))) }
    return rows
  }

  // MARK: Words

  private static func value(_ text: String, _ code: (String) -> String) -> String {
    code(ForeignText.printable(text))
  }

  /// A server can name thousands of scopes.
  private static func list(_ texts: [String], _ code: (String) -> String) -> String {
    texts.isEmpty ? "none" : Wrap.names(texts.map { value($0, code) }, limit: 50)
  }

  private static func words(_ way: PlannedClient.Way, _ registration: LockedClient.Registration) -> String {
    switch way {
    case .register: "dynamic client registration (RFC 7591)"
    case .updateInPlace: "update in place (RFC 7592)"
    case .metadataDocument: "Client ID Metadata Document"
    case .inventory: "client of the inventory (\(registration.rawValue))"
    case .imported: "imported client"
    case .recovered: "client of an earlier run"
    case .kept: "same client"
    }
  }

  private static func words(_ source: ScopeSelection.Source) -> String? {
    switch source {
    case .inventory: "the inventory"
    case .challenge: "the server's challenge"
    case .resourceMetadata: "the resource metadata"
    case .none: nil
    }
  }

  private static func words(_ source: PlannedClient.SecretSource) -> String {
    switch source {
    case .none: "none"
    case .server: "a new one from the authorization server"
    case .stored: "the client's own"
    case .inventory: "yours, by the reference in the inventory"
    }
  }

  /// `claude-code, librechat; not: cursor`
  private static func words(_ consumers: [PlannedClient.SignIn]) -> String {
    let able = consumers.filter(\.isPossible).map(\.consumer.rawValue)
    let unable = consumers.filter { !$0.isPossible }.map(\.consumer.rawValue)
    let first = able.isEmpty ? "no consumer" : able.joined(separator: ", ")
    return first + (unable.isEmpty ? "" : "; not: " + unable.joined(separator: ", "))
  }

  private static func words(_ task: PlannedClient.ProviderTask, _ code: (String) -> String) -> String {
    var parts: [String] = []
    for (verb, uris) in [("add", task.adding), ("remove", task.removing)] where !uris.isEmpty {
      parts.append("\(verb) the redirect URI\(uris.count == 1 ? "" : "s") \(list(uris, code))")
    }
    return "client \(value(task.clientID, code)) at the provider of \(value(task.provider, code)): "
      + parts.joined(separator: "; ")
  }

  private static func words(_ old: GivenUpClient, _ code: (String) -> String) -> String {
    let issuer = old.issuer.map { value($0, code) } ?? "its server"
    let fate =
      switch old.fate {
      case .deleted: "is deleted at \(issuer)"
      case .stays: "stays at \(issuer), and will be listed under orphans"
      case .lost: "is not known at \(issuer) any more"
      case .own: "stays at its provider: delete it there if nothing else uses it"
      }
    return value(old.clientID, code) + " " + fate
  }

  // MARK: JSON

  static func document(_ client: PlannedClient) -> JSON {
    var object: JSONObject = [
      "url": .string(client.url), "registration": .string(client.registration.rawValue),
      "how": .string(client.way.rawValue), "token_endpoint_auth_method": .string(client.authMethod.text),
      "scopes": .strings(client.scopes), "scopes_from": .string(client.scopesFrom.rawValue),
      "redirect_uris": .strings(client.redirectURIs), "secret": .string(client.secret.rawValue),
      "secret_store": .string(or: client.store?.rawValue),
      "consumers": .array(
        client.consumers.map { signIn -> JSON in
          ["name": .string(signIn.consumer.rawValue), "can_sign_in": .bool(signIn.isPossible)]
        }),
    ]
    if let task = client.byHand {
      object["by_hand"] = [
        "provider": .string(task.provider), "client_id": .string(task.clientID),
        "add_redirect_uris": .strings(task.adding), "remove_redirect_uris": .strings(task.removing),
      ]
    }
    return .object(object)
  }

  static func document(_ old: GivenUpClient) -> JSON {
    [
      "client_id": .string(old.clientID), "issuer": .string(or: old.issuer), "fate": .string(old.fate.rawValue),
    ]
  }
}
