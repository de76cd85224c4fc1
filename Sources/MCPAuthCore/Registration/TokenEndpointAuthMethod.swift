/// `token_endpoint_auth_method` (RFC 7591 section 2): the three supported methods, and how one is chosen (Registration#Authentication-method).
///
/// All other code uses Strings for methods, because servers also name methods that mcpauth does not support.
public enum TokenEndpointAuthMethod {
  /// A public client: there is no secret that could leak or expire.
  public static let none = "none"
  /// The secret in `Authorization: Basic` (RFC 6749 section 2.3.1).
  public static let basic = "client_secret_basic"
  /// The secret in the body of the form (RFC 6749 section 2.3.1).
  public static let post = "client_secret_post"

  /// In the order of preference.
  static let preference = [none, basic, post]

  static func isKnown(_ method: String) -> Bool { preference.contains(method) }

  static func needsSecret(_ method: String) -> Bool { method != none }

  /// The method to register with (Registration#Authentication-method): the inventory's method, otherwise the first of `none`, basic and
  /// post that the server lists and every named consumer supports.
  ///
  /// - Parameters:
  ///   - supported: `token_endpoint_auth_methods_supported`. For the choice of mcpauth, nil means `client_secret_basic`
  ///     (RFC 8414 section 2). But nil never refuses a method that the inventory names, because the server has said nothing about its
  ///     methods.
  ///   - consumers: the methods that the consumers support.
  /// - Throws: `auth-method-unsupported`, `consumers-disagree`.
  static func forRegistration(
    inventory: String?, supported: [String]?, consumers: [SignInMethods] = []
  ) throws(Diagnostic) -> String {
    if let inventory {
      guard let supported, !supported.contains(inventory) else { return inventory }
      throw Diagnostic(
        .error, .authMethodUnsupported,
        "the authorization server does not support token_endpoint_auth_method '\(inventory)': it lists \(listing(supported))",
        help: ["leave token_endpoint_auth_method out to have one of the listed methods chosen, or write one of them"])
    }
    let listed = candidates(supported)
    guard !listed.isEmpty else {
      throw Diagnostic(
        .error, .authMethodUnsupported,
        "the authorization server lists no token endpoint auth method that can be used here: \(listing(supported ?? []))",
        help: [
          "none, client_secret_basic and client_secret_post can be registered; "
            + "a client with another method must be made by hand at the provider"
        ])
    }
    guard let first = candidates(supported, consumers: consumers).first else {
      throw consumersDisagree(consumers, supported: supported, listed: listed)
    }
    return first
  }

  private static func consumersDisagree(
    _ consumers: [SignInMethods], supported: [String]?, listed: [String]
  ) -> Diagnostic {
    Diagnostic(
      .error, .consumersDisagree,
      "no token endpoint auth method of the authorization server is sent by each of "
        + consumers.map(\.consumer).joined(separator: ", "),
      notes: listed.map { method in
        let senders = consumers.filter { $0.sends(method, supported: supported) }.map(\.consumer)
        return "\(method): " + (senders.isEmpty ? "none of them" : senders.joined(separator: ", "))
      },
      help: [
        "name fewer consumers in the server's oauth2 block, as consumers: [NAME]",
        "or write the server twice under two names, each for some of the consumers",
      ])
  }

  /// The next method to try after `method` was refused. nil if there is none.
  static func next(after method: String, supported: [String]?, consumers: [SignInMethods] = []) -> String? {
    let candidates = candidates(supported, consumers: consumers)
    guard let index = candidates.firstIndex(of: method), index + 1 < candidates.count else { return nil }
    return candidates[index + 1]
  }

  /// The method of a client that mcpauth does not register: preregistered, manual, or CIMD with `hasSecret` false
  /// (Registration#Client-ID-Metadata-Documents).
  ///
  /// - Parameters:
  ///   - inventory: the inventory's method. It has priority.
  ///   - hasSecret: whether the inventory contains a `client_secret`.
  ///   - supported: `token_endpoint_auth_methods_supported`. nil if unknown.
  public static func forOwnClient(inventory: String?, hasSecret: Bool, supported: [String]?) -> String {
    if let inventory { return inventory }
    guard hasSecret else { return none }
    guard let supported else { return basic }
    return [basic, post].first(where: supported.contains) ?? basic
  }

  private static func candidates(_ supported: [String]?, consumers: [SignInMethods] = []) -> [String] {
    preference.filter { method in
      (supported ?? [basic]).contains(method) && consumers.allSatisfy { $0.sends(method, supported: supported) }
    }
  }

  private static func listing(_ methods: [String]) -> String {
    ForeignText.printable(methods.joined(separator: ", "), limit: 200)
  }
}
