extension AnswerMembers {
  func secret(_ name: String) -> Secret? { string(name).map(Secret.init) }

  /// `token_endpoint_auth_method`. Some servers send it as a list with one element (RealServers#70).
  var authMethod: String? {
    if let method = string("token_endpoint_auth_method") { return method }
    guard let list = strings("token_endpoint_auth_method"), list.count == 1 else { return nil }
    return list.first
  }

  /// `scope`, as a string (RFC 7591 section 2) or a list.
  var scopes: [String]? {
    let tokens =
      strings("scope") ?? object["scope"]?.string.map { $0.split(separator: " ").map(String.init) } ?? []
    return tokens.isEmpty ? nil : tokens
  }

  var applicationType: ApplicationType? { string("application_type").flatMap(ApplicationType.init) }

  /// A time in seconds, from a number or a numeric string. nil if it is missing. `isUnreadable` is true for a wrong value and false for a
  /// missing one.
  func seconds(_ name: String) -> (value: Int64?, isUnreadable: Bool) {
    switch object[name] {
    case nil, .null, .string(""): (nil, false)
    case .number(let text), .string(let text):
      // A number keeps its text, so a numeric string is read by the same rule.
      if let value = JSON.number(text).integer { (value, false) } else { (nil, true) }
    default: (nil, true)
    }
  }

  /// `registration_client_uri`, if mcpauth may use it: it must be https, or loopback as section 1 allows, and have the origin `origin`
  /// (Registration#Answers). Its query is kept (RealServers#75).
  func managementURI(origin: String, trust: ServerTrust) -> (uri: String?, oddity: String?) {
    guard let text = string("registration_client_uri") else { return (nil, nil) }
    let shown = ForeignText.printable(text.prefix { $0 != "?" }.description, limit: 256)
    do throws(CheckedURL.Problem) {
      let url = try CheckedURL(text, plaintext: trust.plaintext)
      guard url.origin == origin else {
        return (nil, "its registration_client_uri '\(shown)' does not have the origin \(origin), and is not used")
      }
      return (text, nil)
    } catch {
      return (nil, "its registration_client_uri '\(shown)' cannot be used: \(error.reason)")
    }
  }
}

extension AnswerMembers {
  /// When the secret expires, by `client_secret_expires_at` (RFC 7591 section 3.2.1; Registration#Answers).
  ///
  /// - Returns: a nil time means never. `isMissing` is true if the member was missing or could not be read.
  var secretExpiry: (time: Timestamp?, isMissing: Bool, oddity: String?) {
    let (value, isUnreadable) = seconds("client_secret_expires_at")
    guard let value else {
      let what = isUnreadable ? "is not a time" : "is missing"
      return (nil, true, "client_secret_expires_at \(what); it is assumed that the secret never expires")
    }
    if value == 0 { return (nil, false, nil) }
    if value > 100_000_000_000 {
      return (
        Timestamp(seconds: value / 1000), false,
        "client_secret_expires_at is after the year 5000; it is read as milliseconds"
      )
    }
    return (Timestamp(seconds: value), false, nil)
  }
}
