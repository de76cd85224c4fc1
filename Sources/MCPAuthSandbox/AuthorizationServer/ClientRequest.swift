/// The checked client metadata of a registration or an update (RFC 7591 2, 3.2.2).
struct ClientRequest {
  typealias Refusal = AuthorizationServer.Refusal

  var redirectURIs: [String]
  var method: String
  var grantTypes: [String]
  var scope: String?
  /// All members except those in `serversOwn`.
  var metadata: [String: SandboxJSON]

  /// The members that RFC 7591 2 and OpenID Connect Dynamic Client Registration 2 define, if a client for MCP could send them.
  static let known: Set<String> = [
    "redirect_uris", "token_endpoint_auth_method", "grant_types", "response_types", "client_name", "client_uri",
    "logo_uri",
    "scope", "contacts", "tos_uri", "policy_uri", "jwks_uri", "jwks", "software_id", "software_version",
    "software_statement",
    "application_type",
  ]

  /// The members that only the server may set (RFC 7592 2.2: MUST NOT be in an update).
  static let serversOwn: Set<String> = [
    "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at",
  ]

  init(_ request: SandboxRequest, rules: RegistrationRules) throws(Refusal) {
    let type = request.value(of: "Content-Type")?.split(separator: ";").first.map { $0.lowercased() } ?? ""
    guard type == "application/json" else {
      throw Self.wrong("the request has to be application/json, not '\(type)'")
    }
    guard let json = request.json, let members = json.object else {
      throw Self.wrong("the request is not a JSON object")
    }
    if rules.refusesUnknownMembers {
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        guard Self.known.contains(name) || name == "client_id" || name == "client_secret" else {
          throw Self.wrong("unrecognized field '\(name)'")
        }
        guard value != .null, value != "", value != [] else { throw Self.wrong("'\(name)' is empty") }
      }
    }
    if rules.refusesSoftwareStatements, members["software_statement"] != nil {
      throw Refusal(400, "unapproved_software_statement", "this software is not approved here")
    }
    redirectURIs = try Self.redirectURIs(members, rules: rules)
    method = try Self.method(members, rules: rules)
    grantTypes = try Self.grantTypes(members, rules: rules)
    scope = try Self.scope(members, rules: rules)
    if let types = members["response_types"], types.strings != ["code"] {
      throw Self.wrong("'response_types' can only be [\"code\"]")
    }
    for name in ["client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri", "software_id", "software_version"] {
      if let value = members[name], value != .null, value.string == nil {
        throw Self.wrong("'\(name)' has to be a string")
      }
    }
    metadata = members.filter {
      !Self.serversOwn.contains($0.key) && $0.key != "client_id" && $0.key != "client_secret"
    }
    metadata["redirect_uris"] = .strings(redirectURIs)
    metadata["grant_types"] = .strings(grantTypes)
    metadata["response_types"] = ["code"]
    metadata["token_endpoint_auth_method"] = .string(method)
    metadata["scope"] = scope.map(SandboxJSON.string)
  }

  private static func wrong(_ description: String) -> Refusal { Refusal(400, "invalid_client_metadata", description) }

  private static func redirectURIs(_ members: [String: SandboxJSON], rules: RegistrationRules) throws(Refusal)
    -> [String]
  {
    guard let uris = members["redirect_uris"]?.strings, !uris.isEmpty else {
      throw Refusal(400, "invalid_redirect_uri", "'redirect_uris' has to be a list of at least one string")
    }
    let isWeb = members["application_type"].map { $0 == "web" } ?? false
    for uri in uris {
      guard let kind = RedirectURI(uri) else {
        throw Refusal(
          400, "invalid_redirect_uri", "'\(uri)' is not an absolute URI without a fragment, or is http to another host")
      }
      switch (rules.redirects, kind) {
      case (.loopbackOnly, .https), (.loopbackOnly, .custom):
        throw Refusal(400, "invalid_redirect_uri", "only loopback redirect URIs are allowed")
      case (.httpsOnly, .loopback), (.httpsOnly, .custom):
        throw Refusal(400, "invalid_redirect_uri", "redirect URIs must use https")
      default: break
      }
      // OpenID Connect Dynamic Client Registration 2, application_type.
      if isWeb, kind != .https {
        throw Refusal(400, "invalid_redirect_uri", "'\(uri)' is not for a client of application_type 'web'")
      }
    }
    return uris
  }

  private static func method(_ members: [String: SandboxJSON], rules: RegistrationRules) throws(Refusal) -> String {
    let listed = rules.methods ?? ["none", "client_secret_basic", "client_secret_post"]
    // RFC 7591 2: the default is client_secret_basic.
    guard let asked = (members["token_endpoint_auth_method"] ?? "client_secret_basic").string else {
      throw wrong("'token_endpoint_auth_method' has to be a string")
    }
    if let assigned = rules.assignsMethod { return assigned }
    guard listed.contains(asked) else { throw wrong("token_endpoint_auth_method '\(asked)' is not supported") }
    return asked
  }

  private static func grantTypes(_ members: [String: SandboxJSON], rules: RegistrationRules) throws(Refusal) -> [String]
  {
    guard let value = members["grant_types"] else { return ["authorization_code"] }
    guard let types = value.strings, !types.isEmpty else { throw wrong("'grant_types' has to be a list of strings") }
    for type in types where !rules.grantTypes.contains(type) { throw wrong("grant type '\(type)' is not supported") }
    return types
  }

  private static func scope(_ members: [String: SandboxJSON], rules: RegistrationRules) throws(Refusal) -> String? {
    guard let value = members["scope"] else { return nil }
    guard let scope = value.string else { throw wrong("'scope' has to be a string") }
    if rules.refusesScope { throw wrong("scope is not allowed in a registration") }
    for name in scope.split(separator: " ") where !rules.scopes.contains(String(name)) {
      throw wrong("scope '\(name)' is not known")
    }
    return scope
  }
}

/// The kinds of redirect URIs for a public or confidential client (RFC 8252 7, OAuth 2.1 2.3.1).
enum RedirectURI {
  case https, loopback, custom

  /// nil if the URI is not allowed: it is relative, has a fragment, or uses plain http to a host that is not loopback.
  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), !text.contains("#"),
      text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F })
    else { return nil }
    let scheme = text[..<colon].lowercased()
    let rest = text[text.index(after: colon)...]
    switch scheme {
    case "https" where rest.hasPrefix("//") && rest.count > 2: self = .https
    case "http" where rest.hasPrefix("//"):
      let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
      let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
      guard ["127.0.0.1", "[::1]", "localhost"].contains(String(host)) else { return nil }
      self = .loopback
    case "http", "https", "javascript", "data", "": return nil
    default: self = .custom
    }
  }

  /// Whether a redirect URI equals the registered one, byte for byte. Only the port of a loopback URI may differ (RFC 8252 7.3).
  static func matches(_ uri: String, _ registered: String) -> Bool {
    if uri == registered { return true }
    guard RedirectURI(uri) == .loopback, RedirectURI(registered) == .loopback else { return false }
    return withoutPort(uri) == withoutPort(registered)
  }

  private static func withoutPort(_ uri: String) -> String {
    let start = uri.index(uri.startIndex, offsetBy: "http://".count)
    let authority = uri[start...].prefix { $0 != "/" && $0 != "?" }
    let isLiteral = authority.hasPrefix("[")
    let host = isLiteral ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    return String(host) + uri[authority.endIndex...]
  }
}
