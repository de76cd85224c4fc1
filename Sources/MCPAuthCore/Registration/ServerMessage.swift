/// The text of a server's refusal (RFC 7591 section 3.2.2, RFC 6749 section 5.2), made safe to show.
///
/// Only for refusals. The body of a success contains credentials and is never shown.
struct ServerMessage {
  /// The most bytes of a body that are examined.
  private static let limit = 4096

  /// The `error` member, for comparisons. nil if there is none.
  let error: String?
  /// Whether the body is JSON of any kind.
  let isJSON: Bool
  /// `invalid_redirect_uri: only https`, or the first 512 bytes of the body made printable, or "no text".
  let shown: String
  private let searched: String

  init(_ response: HTTPResponse, hiding secrets: [Secret]) {
    let json: JSON?
    do throws(JSONParser.Problem) { json = try JSONParser.parse(response.body) } catch { json = nil }
    isJSON = json != nil
    // Some servers answer with a form, whatever `Accept` says.
    let isForm = json == nil && response.contentType == "application/x-www-form-urlencoded"
    let form = isForm ? FormEncoding.members(response.body) : [:]
    error = json?["error"]?.string ?? form["error"]
    var text: String
    if let error {
      text = error
      let description = json?["error_description"]?.string ?? form["error_description"]
      if let description, !description.isEmpty { text += ": " + description }
    } else {
      text = String(decoding: response.body.prefix(Self.limit), as: UTF8.self)
      // Marks the cut. If a secret is cut in two, its beginning is still found.
      if response.body.count > Self.limit { text += "…" }
    }
    searched = text.lowercased()
    // Some servers repeat what they received. The output also redacts, but a diagnostic must not contain a secret at all.
    for secret in secrets where secret.open().utf8.count >= 8 {
      // Works scalar by scalar, because the last one may be part of the same Character as a combining mark after it.
      text = String(text.unicodeScalars.replacing(secret.open().unicodeScalars, with: "<redacted>".unicodeScalars))
    }
    let printable = ForeignText.printable(text)
    shown = printable.isEmpty ? "no text" : printable
  }

  /// Whether the text contains this word, in any case.
  func mention(_ text: String) -> Bool { searched.contains(text.lowercased()) }

  /// Whether a refusal is about scopes: `invalid_scope`, `insufficient_scope`, or Keycloak's policy. Keycloak answers `insufficient_scope`
  /// for all its policies, including "Trusted Hosts". So the name of the policy decides.
  var nameScopes: Bool {
    if mention("Allowed Client Scopes") { return true }
    guard error == "invalid_scope" || error == "insufficient_scope" else { return false }
    return !mention("policy '")
  }
}
