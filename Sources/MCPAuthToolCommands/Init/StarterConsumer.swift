import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// A program that signs in, as `--consumer` and the questions of `init` take it: `vscode`, `claude-code=33418`.
struct StarterConsumer: Sendable, Equatable {
  let consumer: Consumer
  /// The port of its callback.
  let port: Int?
  /// The URL of its installation.
  let url: String?

  /// - Throws: `invalid-value`, without a place.
  init(_ text: String) throws(Diagnostic) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
    let (name, value) = (parts[0], parts.count > 1 ? parts[1] : nil)
    guard let consumer = Consumer(rawValue: name), consumer.isNameable else { throw Self.unknown(name) }
    self.consumer = consumer
    switch consumer.facts.redirect.value {
    case .loopback(_, _, _, _, let own):
      url = nil
      guard let value else {
        guard own != nil else { throw Self.wrong("'\(name)' needs the port of its callback: \(name)=33418") }
        port = nil
        return
      }
      guard let number = Int(value), (1...65_535).contains(number) else {
        throw Self.wrong("the port of '\(name)' is a number from 1 to 65535: \(name)=33418")
      }
      port = number
    case .hosted, .hostedWithID:
      port = nil
      guard let value, value.contains("://") else {
        throw Self.wrong("'\(name)' needs the URL of its installation: \(name)=https://…")
      }
      url = value
    case .fixed, .unknown:
      guard value == nil else { throw Self.wrong("'\(name)' takes neither a port nor a URL") }
      port = nil
      url = nil
    }
  }

  private static func unknown(_ name: String) -> Diagnostic {
    let names = Consumer.nameable.map(\.rawValue)
    let nearest = NearestName.suggestion(for: name, in: names)
    let words = nearest.map { ": did you mean '\($0)'?" } ?? "; known are " + names.joined(separator: ", ")
    return wrong("'\(Printable.line(name))' is not a known consumer" + words)
  }

  private static func wrong(_ message: String) -> Diagnostic { Diagnostic(.error, .invalidValue, message) }

  /// The redirect URIs that it adds to the client. `{server}` is not replaced.
  var redirectURIs: [String] {
    ConsumerUse(consumer, port: port, url: url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }).redirectURIs
  }

  /// Its line below `consumers`.
  var line: String {
    var settings = ""
    if let port { settings = "callback_port: \(port)" }
    if let url { settings = "url: \(PastedText.yaml(url))" }
    return "\(consumer.rawValue): {\(settings)}"
  }
}
