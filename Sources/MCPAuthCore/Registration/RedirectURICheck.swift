import Crypto
import FoundationEssentials

/// Asks an authorization endpoint whether it accepts a client's redirect URI (RealServers#40). This is the first step of a code flow that
/// is never continued.
///
/// Some servers register a redirect URI but refuse it at the authorization endpoint. The redirect is not followed. For a valid pair of
/// client and redirect URI, the server shows a page or redirects to one. Otherwise it refuses at once (RFC 6749 section 4.1.2.1).
public struct RedirectURICheck: Sendable {
  /// What the answer shows.
  public enum Verdict: Sendable, Equatable {
    /// The answer is a page or a redirect.
    case accepted
    /// The client or its redirect URI is refused. The text is the server's, made printable.
    case refused(String)
    /// The answer shows neither. The text says why, made printable.
    case cannotTell(String)
  }

  private let endpoint: CheckedURL
  private let parameters: [(name: String, value: String)]
  private let provenance: HTTPRequest.Provenance

  /// - Parameters:
  ///   - authorizationEndpoint: the endpoint of the authorization server that the client is bound to, with its query.
  ///   - clientID: unchanged.
  ///   - redirectURI: the redirect URI to check, byte for byte.
  ///   - scopes: empty: no scope is sent.
  ///   - resource: the resource indicator (RFC 8707). nil: none is sent.
  ///   - nonce: random, of unreserved characters. The state and the PKCE challenge are derived from it.
  ///   - trust: the trust of the server that the client belongs to.
  ///   - isFromInventory: whether the inventory names the endpoint.
  /// - Throws: `invalid-url`, `insecure-url`.
  public init(
    authorizationEndpoint: String, clientID: String, redirectURI: String, scopes: [String], resource: String?,
    nonce: String, trust: ServerTrust, isFromInventory: Bool = false
  ) throws(Diagnostic) {
    endpoint = try trust.endpoint(authorizationEndpoint, called: "authorization endpoint")
    var parameters = [
      (name: "response_type", value: "code"), ("client_id", clientID), ("redirect_uri", redirectURI),
      ("state", "mcpauth-" + nonce), ("code_challenge", Self.challenge(nonce)), ("code_challenge_method", "S256"),
    ]
    if !scopes.isEmpty { parameters.append(("scope", scopes.joined(separator: " "))) }
    if let resource { parameters.append(("resource", resource)) }
    self.parameters = parameters
    provenance = trust.provenance(of: endpoint, isFromInventory: isFromInventory)
  }

  /// RFC 7636 section 4.2, for a verifier that is never sent.
  private static func challenge(_ nonce: String) -> String {
    Data(SHA256.hash(data: Data(("mcpauth-made-up-verifier-" + nonce).utf8))).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// The GET. The sender must not follow redirects, and must read only the body of a refusal.
  public func request() -> HTTPRequest {
    let added = parameters.map { FormEncoding.encode($0.name) + "=" + FormEncoding.encode($0.value) }
    let query = ([endpoint.query].compactMap(\.self).filter { !$0.isEmpty } + added).joined(separator: "&")
    return HTTPRequest(
      .get, endpoint.sibling(path: endpoint.path.isEmpty ? "/" : endpoint.path, query: query),
      fields: [HTTPField("Accept", "text/html, application/json;q=0.9")], provenance: provenance)
  }

  /// Decides only by the status. The text of a page is for users.
  public func interpret(_ received: Result<HTTPResponse, HTTPFailure>) -> Verdict {
    switch received {
    // Only the body of a success is limited by size. So the answer is a success with a large page.
    case .failure(.tooLarge): return .accepted
    case .failure(let failure): return .cannotTell(failure.message)
    case .success(let response):
      switch response.status {
      case 200...399: return .accepted
      // A login page, a check for robots, or a limit: these say nothing about the redirect URI.
      case 401, 403, 405, 407, 408, 421, 425, 429, 500...:
        return .cannotTell("the authorization endpoint answers \(response.status)")
      default:
        return .refused(
          "the authorization endpoint answers \(response.status), \(ServerMessage(response, hiding: []).shown)")
      }
    }
  }
}
