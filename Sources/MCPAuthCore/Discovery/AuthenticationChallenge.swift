/// One challenge of a `WWW-Authenticate` field (RFC 9110 section 11.6.1).
package struct AuthenticationChallenge: Sendable, Equatable {
  package struct Parameter: Sendable, Equatable {
    /// In lower case, because servers send names in any case.
    package var name: String
    /// The unescaped value, without its quotes.
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// In lower case: `bearer`.
  package var scheme: String
  package var token68: String?
  /// In the order of the text. A name may occur twice (RealServers#34).
  package var parameters: [Parameter]

  package init(scheme: String, token68: String? = nil, parameters: [Parameter] = []) {
    self.scheme = scheme
    self.token68 = token68
    self.parameters = parameters
  }

  /// All challenges of all fields, in order. Takes linear time. Reads at most 64 KiB of a field, 32 fields, and 64 challenges and
  /// parameters. Text that cannot be parsed is skipped. Its meaning is never guessed.
  package static func parse(_ fields: [String]) -> [AuthenticationChallenge] {
    var challenges: [AuthenticationChallenge] = []
    for field in fields.prefix(32) {
      var scanner = ChallengeScanner(Array(field.utf8.prefix(1 << 16)))
      scanner.read(into: &challenges, limit: 64)
    }
    return challenges
  }
}

/// The values that discovery uses from the challenges of an answer, for every scheme (RFC 9728 section 5.1, RFC 6750 section 3).
package struct ChallengeFindings: Sendable, Equatable {
  /// All `resource_metadata` values in order, without duplicates.
  package var resourceMetadata: [String] = []
  /// All tokens of all `scope` values in order, without duplicates. nil if there is no `scope`.
  package var scopes: [String]?
  package var hasBearer = false
  /// Whether there was no challenge.
  package var isEmpty = true

  package init(_ challenges: [AuthenticationChallenge] = []) {
    isEmpty = challenges.isEmpty
    var seenURLs: Set<[UInt8]> = []
    var seenScopes: Set<[UInt8]> = []
    var tokens: [String] = []
    for challenge in challenges {
      if challenge.scheme == "bearer" { hasBearer = true }
      for parameter in challenge.parameters where !parameter.value.isEmpty {
        switch parameter.name {
        case "resource_metadata":
          if seenURLs.insert(Array(parameter.value.utf8)).inserted { resourceMetadata.append(parameter.value) }
        case "scope":
          for token in parameter.value.split(separator: " ").map(String.init)
          where seenScopes.insert(Array(token.utf8)).inserted {
            tokens.append(token)
          }
        default: break
        }
      }
    }
    if !tokens.isEmpty { scopes = tokens }
  }
}
