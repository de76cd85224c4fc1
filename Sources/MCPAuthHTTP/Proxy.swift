import AsyncHTTPClient

/// An HTTP proxy, which is asked for a tunnel (CONNECT) to every host that goes through it.
struct Proxy: Sendable, Hashable {
  var host: String
  var port: Int
  /// `user:password` of the proxy's URL, percent-decoded and in base64; goes into `Proxy-Authorization`.
  var credentials: String?

  var configuration: HTTPClient.Configuration.Proxy {
    .server(host: host, port: port, authorization: credentials.map { .basic(credentials: $0) })
  }
}
