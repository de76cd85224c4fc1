/// The token endpoint auth methods that a program sends when it signs in with a client: the consumer's side of `TokenEndpointAuthMethod`.
public struct SignInMethods: Sendable, Equatable {
  /// The program, for messages: `codex`.
  public var consumer: String
  /// What it can send at all.
  public var methods: [String]
  /// It sends `client_secret_basic` wherever the server lists it, whatever method the client is registered with.
  public var prefersBasic: Bool

  /// All members as they are.
  public init(consumer: String, methods: [String], prefersBasic: Bool) {
    self.consumer = consumer
    self.methods = methods
    self.prefersBasic = prefersBasic
  }

  /// Whether it signs in with a client of this method.
  ///
  /// - Parameter supported: `token_endpoint_auth_methods_supported`; a missing list means `client_secret_basic` (RFC 8414 section 2).
  func sends(_ method: String, supported: [String]?) -> Bool {
    guard methods.contains(method) else { return false }
    let hasBasic = (supported ?? [TokenEndpointAuthMethod.basic]).contains(TokenEndpointAuthMethod.basic)
    return method != TokenEndpointAuthMethod.post || !prefersBasic || !hasBasic
  }
}

extension ClientMetadata {
  /// Whether every named consumer signs in with a client of this method.
  package func isSent(_ method: String, supported: [String]?) -> Bool {
    signInMethods.allSatisfy { $0.sends(method, supported: supported) }
  }
}
