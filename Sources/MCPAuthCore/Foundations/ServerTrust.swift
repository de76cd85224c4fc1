/// What was decided about a server's URL, once, where the URL was read: which URLs and addresses may be asked on behalf of this server
/// (Discovery#Requests, Discovery#Addresses).
public struct ServerTrust: Sendable, Hashable {
  /// The URL as it was written. Identifiers are compared with this text, byte for byte.
  public let written: String
  /// The URL that requests go to.
  public let url: CheckedURL
  /// The addresses beyond the public ones that URLs named by a server may lead to: those that the inventory allows, and loopback when the
  /// server's own URL is loopback.
  public let allowance: AddressAllowance

  /// Which http URLs pass: those on loopback, when the server's own URL is loopback.
  public var plaintext: CheckedURL.Plaintext { allowance.loopback ? .loopback : .refused }

  /// - Parameters:
  ///   - url: the MCP server's URL as it was written.
  ///   - allowPrivate: networks, addresses or host names that URLs named by a server may lead to.
  /// - Throws: `invalid-url` or `insecure-url`.
  public init(_ url: String, allowPrivate: [String] = []) throws(Diagnostic) {
    let checked = try CheckedURL.endpoint(url, called: "server's URL", plaintext: .loopback)
    self.init(checked, written: url, allowPrivate: allowPrivate)
  }

  /// - Parameter url: what `written` was read as, with http allowed on loopback.
  package init(_ url: CheckedURL, written: String, allowPrivate: [String]) {
    self.written = written
    self.url = url
    allowance = AddressAllowance(hosts: allowPrivate, loopback: url.isLoopback)
  }

  /// For a server whose URL could not be read: nothing is sent on its behalf.
  package static let unread = ServerTrust(.nowhere, written: "", allowPrivate: [])

  /// A URL that the inventory or a server named, for a request.
  ///
  /// - Parameter name: what the message calls it: `registration endpoint`.
  /// - Throws: `invalid-url` or `insecure-url`, naming the URL.
  public func endpoint(_ text: String, called name: String) throws(Diagnostic) -> CheckedURL {
    try CheckedURL.endpoint(text, called: name, plaintext: plaintext)
  }

  /// Who chose an endpoint. An endpoint of the server's own origin is trusted as the server's URL is.
  ///
  /// - Parameter isFromInventory: whether the inventory names the endpoint.
  public func provenance(of endpoint: CheckedURL, isFromInventory: Bool = false) -> HTTPRequest.Provenance {
    isFromInventory || endpoint.origin == url.origin ? .inventory : .discovered
  }
}
