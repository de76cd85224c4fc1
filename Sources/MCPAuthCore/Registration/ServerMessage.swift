/// What a server says of its refusal (RFC 7591 section 3.2.2, RFC 6749 section 5.2), fit to be shown.
///
/// Only for answers that refuse: the body of one that grants holds credentials and is never shown.
struct ServerMessage {
  /// Most bytes of a body that are looked at.
  private static let limit = 4096

  /// The `error` member, to compare with; nil when there is none.
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
    // Some answer with a form, whatever was accepted.
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
      // The mark of a cut: a secret that is cut in two is still found by its beginning.
      if response.body.count > Self.limit { text += "…" }
    }
    searched = text.lowercased()
    // Some servers repeat what they were sent; whoever prints redacts too, but a diagnostic holds no secret to begin with.
    for secret in secrets where secret.open().utf8.count >= 8 {
      text = text.replacing(secret.open(), with: "<redacted>")
    }
    let printable = ForeignText.printable(text)
    shown = printable.isEmpty ? "no text" : printable
  }

  /// Whether the words hold this text, in any case.
  func mention(_ text: String) -> Bool { searched.contains(text.lowercased()) }

  /// Whether a refusal is about scopes: `invalid_scope`, `insufficient_scope`, or Keycloak's policy. Keycloak answers
  /// `insufficient_scope` for every one of its policies, "Trusted Hosts" among them: the policy's name decides.
  var nameScopes: Bool {
    if mention("Allowed Client Scopes") { return true }
    guard error == "invalid_scope" || error == "insufficient_scope" else { return false }
    return !mention("policy '")
  }
}
