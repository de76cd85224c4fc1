import Foundation

extension AuthorizationServer {
  /// Authenticates the client (RFC 6749 2.3.1): by Basic, by the form, or by its id only. It must use the method that it is registered with.
  func authenticate(_ request: SandboxRequest, _ form: [String: String]) throws(Refusal) -> SandboxClient {
    let authorization = request.value(of: "Authorization")
    let basic = try authorization.map { (value) throws(Refusal) in try Self.basic(value) }
    if basic != nil, form["client_secret"] != nil {
      throw Refusal(400, "invalid_request", "two ways of client authentication at once")
    }
    if let basic, let id = form["client_id"], id != basic.id {
      throw Refusal(400, "invalid_request", "two client ids")
    }
    guard let id = basic?.id ?? form["client_id"] else { throw unknown("no client", isBasic: authorization != nil) }
    let method = basic != nil ? "client_secret_basic" : form["client_secret"] != nil ? "client_secret_post" : "none"
    guard let client = client(id) else { throw unknown("the client is not known", isBasic: basic != nil) }
    guard client.method == method else {
      throw unknown(
        "the client is registered with \(client.method), and was sent with \(method)", isBasic: basic != nil)
    }
    if method != "none" {
      guard let secret = client.secret, secret == basic?.secret ?? form["client_secret"] else {
        throw unknown("the client secret is wrong", isBasic: basic != nil)
      }
      guard client.secretExpiresAt == 0 || Double(client.secretExpiresAt) > World.now else {
        throw unknown("the client secret has expired", isBasic: basic != nil)
      }
    }
    return client
  }

  /// RFC 6749 5.2: 401, with a challenge if the client used Basic.
  private func unknown(_ description: String, isBasic: Bool) -> Refusal {
    Refusal(
      401, site.kind.unknownClientError, description,
      fields: isBasic ? [.init("WWW-Authenticate", "Basic realm=\"token\"")] : [])
  }

  /// The id and the secret are form-encoded within the base64 (RFC 6749 2.3.1).
  private static func basic(_ value: String) throws(Refusal) -> (id: String, secret: String) {
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])) else {
      throw Refusal(
        401, "invalid_client", "the Authorization field does not have Basic credentials",
        fields: [.init("WWW-Authenticate", "Basic realm=\"token\"")])
    }
    let pair = String(decoding: data, as: UTF8.self).split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard pair.count == 2, let id = FormValues.decoded(pair[0]), let secret = FormValues.decoded(pair[1]) else {
      throw Refusal(400, "invalid_request", "the Basic credentials are not form-encoded")
    }
    return (id, secret)
  }
}
