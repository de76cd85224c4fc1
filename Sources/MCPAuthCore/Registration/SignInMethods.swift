/// The token endpoint auth methods that a program uses when it signs in with a client. This is the consumer's counterpart of
/// `TokenEndpointAuthMethod`.
public struct SignInMethods: Sendable, Equatable {
  /// The program, for messages: `codex`.
  public var consumer: String
  /// All methods that it supports.
  public var methods: [String]
  /// Whether it uses `client_secret_basic` if the server lists it, even if the client is registered with another method.
  public var prefersBasic: Bool

  /// Sets all members without checks.
  public init(consumer: String, methods: [String], prefersBasic: Bool) {
    self.consumer = consumer
    self.methods = methods
    self.prefersBasic = prefersBasic
  }

  /// Whether the program can sign in with a client that has this method.
  ///
  /// - Parameter supported: `token_endpoint_auth_methods_supported`. A missing list means `client_secret_basic` (RFC 8414 section 2).
  func sends(_ method: String, supported: [String]?) -> Bool {
    guard methods.contains(method) else { return false }
    let hasBasic = (supported ?? [TokenEndpointAuthMethod.basic]).contains(TokenEndpointAuthMethod.basic)
    return method != TokenEndpointAuthMethod.post || !prefersBasic || !hasBasic
  }
}

extension ClientMetadata {
  /// Whether every named consumer can sign in with a client that has this method.
  package func isSent(_ method: String, supported: [String]?) -> Bool {
    signInMethods.allSatisfy { $0.sends(method, supported: supported) }
  }
}
