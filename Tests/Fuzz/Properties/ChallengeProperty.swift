@testable import MCPAuthCore

/// The challenge parser. Each line of the input is a header field.
enum ChallengeProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    let fields = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    let challenges = AuthenticationChallenge.parse(fields)
    try require(challenges.count <= 64, "\(challenges.count) challenges")
    for challenge in challenges {
      try require(isToken(challenge.scheme), "the scheme \(challenge.scheme.debugDescription)")
      try require(challenge.parameters.count <= 64, "\(challenge.parameters.count) parameters")
      for parameter in challenge.parameters {
        try require(isToken(parameter.name), "the parameter \(parameter.name.debugDescription)")
      }
    }
    let printed = ChallengePrint.field(challenges)
    if printed.utf8.count < 1 << 16 {
      let again = AuthenticationChallenge.parse([printed])
      try require(again == challenges, "\(challenges) became \(again) by \(printed.debugDescription)")
    }
    try checkFindings(ChallengeFindings(challenges), challenges)
  }

  private static func checkFindings(
    _ findings: ChallengeFindings, _ challenges: [AuthenticationChallenge]
  ) throws(Violation) {
    try require(findings.isEmpty == challenges.isEmpty, "isEmpty")
    try require(findings.hasBearer == challenges.contains { $0.scheme == "bearer" }, "hasBearer")
    try require(findings.scopes?.isEmpty != true, "an empty list of scopes")
    for scope in findings.scopes ?? [] { try require(!scope.isEmpty && !scope.contains(" "), "the scope '\(scope)'") }
    for url in findings.resourceMetadata { try require(!url.isEmpty, "an empty resource_metadata") }
    try require(
      Set(findings.resourceMetadata.map { Array($0.utf8) }).count == findings.resourceMetadata.count, "one URL twice")
  }

  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text == text.lowercased()
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || "!#$%&'*+-.^_`|~".utf8.contains($0)
      }
  }
}

/// Prints challenges in the strict grammar of RFC 9110 section 11.6.1.
enum ChallengePrint {
  static func field(_ challenges: [AuthenticationChallenge]) -> String {
    challenges.map { challenge in
      var parts = challenge.parameters.map { $0.name + "=" + quoted($0.value) }
      if let token = challenge.token68 { parts.insert(token, at: 0) }
      return challenge.scheme + (parts.isEmpty ? "" : " ") + parts.joined(separator: ", ")
    }.joined(separator: ", ")
  }

  static func quoted(_ text: String) -> String {
    "\""
      + String(String.UnicodeScalarView(text.unicodeScalars.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }))
      + "\""
  }
}
