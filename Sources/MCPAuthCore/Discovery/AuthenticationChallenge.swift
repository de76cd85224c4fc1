/// One challenge of a `WWW-Authenticate` field (RFC 9110 section 11.6.1).
package struct AuthenticationChallenge: Sendable, Equatable {
  package struct Parameter: Sendable, Equatable {
    /// Lowercase: names are in any case.
    package var name: String
    /// Unescaped, without its quotes.
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Lowercase: `bearer`.
  package var scheme: String
  package var token68: String?
  /// In the order of the text; a name may stand twice (RealServers#34).
  package var parameters: [Parameter]

  package init(scheme: String, token68: String? = nil, parameters: [Parameter] = []) {
    self.scheme = scheme
    self.token68 = token68
    self.parameters = parameters
  }

  /// Every challenge of every field, in order. Linear; what lies beyond 64 KiB of a field, 32 fields, or 64 challenges or parameters is not
  /// read. What cannot be understood is skipped, never guessed at.
  package static func parse(_ fields: [String]) -> [AuthenticationChallenge] {
    var challenges: [AuthenticationChallenge] = []
    for field in fields.prefix(32) {
      var scanner = ChallengeScanner(Array(field.utf8.prefix(1 << 16)))
      scanner.read(into: &challenges, limit: 64)
    }
    return challenges
  }
}

/// What discovery takes from the challenges of an answer, whatever their scheme (RFC 9728 section 5.1, RFC 6750 section 3).
package struct ChallengeFindings: Sendable, Equatable {
  /// Every `resource_metadata`, in order, each once.
  package var resourceMetadata: [String] = []
  /// Every token of every `scope`, in order, each once; nil when there is none.
  package var scopes: [String]?
  package var hasBearer = false
  /// Whether there was any challenge at all.
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
