import Crypto
import FoundationEssentials

/// Asks an authorization endpoint whether it takes a client's redirect URI (RealServers#40): the first step of a code flow, that nobody goes on with.
///
/// Some servers register a redirect URI and refuse it at the authorization endpoint. The redirect is not followed: whoever is asked shows a page,
/// or sends to one, for a pair of client and redirect URI that is in order, and refuses it on the spot otherwise (RFC 6749 section 4.1.2.1).
public struct RedirectURICheck: Sendable {
  /// What the answer says.
  public enum Verdict: Sendable, Equatable {
    /// A page, or a redirect.
    case accepted
    /// The client or its redirect URI is refused; what the server says, made printable.
    case refused(String)
    /// Neither can be told; why, made printable.
    case cannotTell(String)
  }

  private let endpoint: CheckedURL
  private let parameters: [(name: String, value: String)]
  private let provenance: HTTPRequest.Provenance

  /// - Parameters:
  ///   - authorizationEndpoint: of the authorization server that the client is bound to, with its query.
  ///   - clientID: verbatim.
  ///   - redirectURI: the one that is asked about, byte for byte.
  ///   - scopes: none where empty.
  ///   - resource: the resource indicator (RFC 8707); nil: none.
  ///   - nonce: random, of unreserved characters: state and PKCE challenge are made of it.
  ///   - trust: of the server that the client belongs to.
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

  /// RFC 7636 section 4.2, of a verifier that nobody will ever send.
  private static func challenge(_ nonce: String) -> String {
    Data(SHA256.hash(data: Data(("mcpauth-made-up-verifier-" + nonce).utf8))).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// The GET; follow no redirect, and look at no body but a refusal's.
  public func request() -> HTTPRequest {
    let added = parameters.map { FormEncoding.encode($0.name) + "=" + FormEncoding.encode($0.value) }
    let query = ([endpoint.query].compactMap(\.self).filter { !$0.isEmpty } + added).joined(separator: "&")
    return HTTPRequest(
      .get, endpoint.sibling(path: endpoint.path.isEmpty ? "/" : endpoint.path, query: query),
      fields: [HTTPField("Accept", "text/html, application/json;q=0.9")], provenance: provenance)
  }

  /// By the status alone: what a page says is for people.
  public func interpret(_ received: Result<HTTPResponse, HTTPFailure>) -> Verdict {
    switch received {
    // Only a success has a body that is read at all: a large page is a page.
    case .failure(.tooLarge): return .accepted
    case .failure(let failure): return .cannotTell(failure.message)
    case .success(let response):
      switch response.status {
      case 200...399: return .accepted
      // A login wall, a check for robots, a limit: nothing is said of the redirect URI.
      case 401, 403, 405, 407, 408, 421, 425, 429, 500...:
        return .cannotTell("the authorization endpoint answers \(response.status)")
      default:
        return .refused(
          "the authorization endpoint answers \(response.status), \(ServerMessage(response, hiding: []).shown)")
      }
    }
  }
}
