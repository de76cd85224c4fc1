package import MCPAuthCore

/// A program that signs in with the clients. The raw value is the name of its export target.
package enum Consumer: String, Sendable, CaseIterable {
  case claudeCode = "claude-code"
  case vscode, cursor, gemini, codex, opencode, goose, librechat, litellm, toolhive, coder
  case copilotCLI = "copilot-cli"

  /// Whether an inventory can name it: what it needs of a client is known.
  package var isNameable: Bool {
    if case .unknown = facts.redirect.value { false } else { true }
  }

  package static let nameable = allCases.filter(\.isNameable)
}

package enum FactCertainty: Sendable {
  /// A test runs the program, and sees it (Tests/Consumers).
  case seen
  /// Read in its source or its documentation.
  case read
  /// Others report it, or it follows from something that was read: warnings say so.
  case reported
}

/// One fact of the table, and where it is from.
package struct ConsumerFact<Value: Sendable>: Sendable {
  package var value: Value
  package var source: String
  package var certainty: FactCertainty

  /// For a warning: ` (reported: vscode#278512)`; nothing for what is certain.
  package var hedge: String { certainty == .reported ? " (reported: \(source))" : "" }
}

/// What is known of a consumer: redirect URIs, methods, names and warnings follow from it, and from nothing else.
package struct ConsumerFacts: Sendable {
  /// The redirect URI that it sends.
  package enum Redirect: Sendable {
    /// `http://HOST:PORT/PATH` on the user's machine.
    ///
    /// - host: the one that is registered.
    /// - hosts: all that it can send.
    /// - path: nil where its configuration takes any.
    /// - port: what it listens on if nothing else is said; nil where a port has to be chosen.
    case loopback(host: String, hosts: Set<String>, path: String, takesAnyPath: Bool, port: Int?)
    /// The same for everybody: it sends one of them.
    case fixed([String])
    /// Below the address of its own installation; `{server}` is the server's name.
    case hosted(path: String)
    /// Below the address of its installation, with an id that only it knows.
    case hostedWithID(prefix: String)
    case unknown
  }

  /// Where it finds a client secret.
  package enum SecretPlace: Sendable, Equatable {
    /// In its file, as a value or a reference.
    case file
    /// Under a name that its file holds.
    case name
    /// Elsewhere: the text says how to put it there.
    case elsewhere(String)
    case nowhere
  }

  package enum ToolFilters: Sendable {
    case allowAndDeny, allowOnly, none
  }

  /// The names that it takes for a server.
  package struct Names: Sendable {
    /// Characters that are replaced, of those that a server's name can have.
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
