package import MCPAuthCore

/// A program that signs in with the clients. The raw value is the name of its export target.
package enum Consumer: String, Sendable, CaseIterable {
  case claudeCode = "claude-code"
  case vscode, cursor, gemini, codex, opencode, goose, librechat, litellm, toolhive, coder
  case copilotCLI = "copilot-cli"

  /// Whether an inventory can name this consumer. It can when the requirements of the consumer on a client are known.
  package var isNameable: Bool {
    if case .unknown = facts.redirect.value { false } else { true }
  }

  package static let nameable = allCases.filter(\.isNameable)
}

package enum FactCertainty: Sendable {
  /// A test runs the program, and observes the fact (Tests/Consumers).
  case seen
  /// Found in the source code or the documentation of the program.
  case read
  /// Reported by others, or concluded from a source. Warnings mention this.
  case reported
}

/// One fact of the table, and its source.
package struct ConsumerFact<Value: Sendable>: Sendable {
  package var value: Value
  package var source: String
  package var certainty: FactCertainty

  /// A suffix for a warning: ` (reported: vscode#278512)`; empty for a fact that is certain.
  package var hedge: String { certainty == .reported ? " (reported: \(source))" : "" }
}

/// What is known about a consumer. Redirect URIs, methods, names and warnings depend only on these facts.
package struct ConsumerFacts: Sendable {
  /// The redirect URI that the consumer sends.
  package enum Redirect: Sendable {
    /// `http://HOST:PORT/PATH` on the user's machine.
    ///
    /// - host: the host that is registered.
    /// - hosts: all hosts that the consumer can send.
    /// - path: the default path.
    /// - port: the port that it listens on by default; nil where the user must choose a port.
    case loopback(host: String, hosts: Set<String>, path: String, takesAnyPath: Bool, port: Int?)
    /// The same redirect URIs for all users: the consumer sends one of them.
    case fixed([String])
    /// A path below the URL of the user's own installation. `{server}` is the server's name.
    case hosted(path: String)
    /// A path below the URL of the user's own installation, with an ID that only the installation knows.
    case hostedWithID(prefix: String)
    case unknown
  }

  /// Where the consumer finds a client secret.
  package enum SecretPlace: Sendable {
    /// In its configuration file, as a value or a reference.
    case file
    /// Under a name that its configuration file contains.
    case name
    /// In another place. The text says how to put the secret there.
    case elsewhere(String)
  }

  /// The tool lists that its configuration file can contain.
  package enum ToolFilters: Sendable {
    case allowAndDeny, allowOnly, none
  }

  /// The server names that the consumer accepts.
  package struct Names: Sendable {
    /// The characters that are replaced, out of those that a server's name can contain.
    package var replaced: Set<Character>
    package var replacement: Character

    package func mapped(_ name: String) -> String {
      String(name.map { replaced.contains($0) ? replacement : $0 })
    }
  }

  package var redirect: ConsumerFact<Redirect>
  package var methods: ConsumerFact<SignInMethods>
  package var secret: ConsumerFact<SecretPlace>
  package var speaksSSE: ConsumerFact<Bool>
  package var names: ConsumerFact<Names>
  package var toolFilters: ConsumerFact<ToolFilters>
}
