/// The decisions about a server's URL. They are made once, where the URL is read. They say which URLs and addresses mcpauth may send
/// requests to for this server (Discovery#Requests, Discovery#Addresses).
public struct ServerTrust: Sendable, Hashable {
  /// The URL as it was written. Identifiers are compared with this text byte for byte.
  public let written: String
  /// The URL that requests go to.
  public let url: CheckedURL
  /// The addresses that URLs named by a server may lead to, in addition to public addresses: those that the inventory allows, and loopback
  /// if the server's own URL is loopback.
  public let allowance: AddressAllowance

  /// Which http URLs are allowed: those on loopback, if the server's own URL is loopback.
  public var plaintext: CheckedURL.Plaintext { allowance.loopback ? .loopback : .refused }

  /// - Parameters:
  ///   - url: the MCP server's URL as it was written.
  ///   - allowPrivate: networks, addresses or host names that URLs named by a server may lead to.
  /// - Throws: `invalid-url` or `insecure-url`.
  public init(_ url: String, allowPrivate: [String] = []) throws(Diagnostic) {
    let checked = try CheckedURL.endpoint(url, called: "server's URL", plaintext: .loopback)
    self.init(checked, written: url, allowPrivate: allowPrivate)
  }

  /// - Parameter url: the parsed form of `written`, with http allowed on loopback.
  package init(_ url: CheckedURL, written: String, allowPrivate: [String]) {
    self.written = written
    self.url = url
    allowance = AddressAllowance(hosts: allowPrivate, loopback: url.isLoopback)
  }

  /// For a server whose URL could not be read. Nothing is sent for it.
  package static let unread = ServerTrust(.nowhere, written: "", allowPrivate: [])

  /// A URL for a request. The inventory or a server named it.
  ///
  /// - Parameter name: how the message calls the URL: `registration endpoint`.
  /// - Throws: `invalid-url` or `insecure-url`. The message contains the URL.
  public func endpoint(_ text: String, called name: String) throws(Diagnostic) -> CheckedURL {
    try CheckedURL.endpoint(text, called: name, plaintext: plaintext)
  }

  /// Who chose an endpoint. An endpoint at the server's own origin is trusted like the server's URL.
  ///
  /// - Parameter isFromInventory: whether the inventory names the endpoint.
  public func provenance(of endpoint: CheckedURL, isFromInventory: Bool = false) -> HTTPRequest.Provenance {
    isFromInventory || endpoint.origin == url.origin ? .inventory : .discovered
  }
}
