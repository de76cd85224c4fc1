/// The sandbox's own Client ID Metadata Document, as the operator of a client would serve it, and wrong variants for tests.
///
/// | path | |
/// |---|---|
/// | `/client.json` | correct |
/// | `/client-wrong-id.json` | a `client_id` that differs from its URL |
/// | `/client-no-id.json`, `/client-no-name.json` | without that member |
/// | `/client-other-redirects.json` | other redirect URIs |
/// | `/client-with-secret.json`, `/client-secret-method.json` | a secret; a method that needs a secret |
/// | `/client-html.json`, `/client-list.json` | not a JSON object |
/// | `/client-missing.json`, `/client-redirect.json`, `/client-broken.json` | 404, a redirect, 500 |
///
/// `?redirect_uri=…` (repeatable) sets its redirect URIs. The query is then part of the client id.
struct ClientDocuments {
  var redirectURIs: [String]

  func answer(_ request: SandboxRequest) -> SandboxAnswer? {
    guard request.method == "GET", request.path.hasPrefix("/client"), request.path.hasSuffix(".json") else {
      return nil
    }
    switch request.path {
    case "/client-html.json": return .html()
    case "/client-list.json": return .json(200, [])
    case "/client-missing.json": return .text(404, "not found")
    case "/client-redirect.json": return .redirect(to: "/client.json")
    case "/client-broken.json": return .text(500, "internal error")
    default: return document(path: request.path, query: request.query, origin: request.origin).map { .json(200, $0) }
    }
  }

  /// The document at a path and query of an origin. nil if there is none.
  func document(path: String, query: String?, origin: String) -> SandboxJSON? {
    let named = (FormValues.pairs(query ?? "") ?? []).filter { $0.name == "redirect_uri" }.map(\.value)
    let right: SandboxJSON = [
      "client_id": .string(origin + path + (query.map { "?\($0)" } ?? "")),
      "client_name": "Sandbox client",
      "client_uri": .string(origin),
      "redirect_uris": .strings(named.isEmpty ? redirectURIs : named),
      "grant_types": ["authorization_code", "refresh_token"],
      "response_types": ["code"],
      "token_endpoint_auth_method": "none",
      "application_type": "native",
    ]
    let changes: [String: SandboxJSON]? =
      switch path {
      case "/client.json": [:]
      case "/client-wrong-id.json": ["client_id": .string(origin + "/client.json")]
      case "/client-no-id.json": ["client_id": .null]
      case "/client-no-name.json": ["client_name": .null]
      case "/client-other-redirects.json": ["redirect_uris": ["https://other.example/callback"]]
      case "/client-with-secret.json": ["client_secret": "not-a-secret-any-more"]
      case "/client-secret-method.json": ["token_endpoint_auth_method": "client_secret_basic"]
      default: nil
      }
    return changes.map(right.changed)
  }
}
