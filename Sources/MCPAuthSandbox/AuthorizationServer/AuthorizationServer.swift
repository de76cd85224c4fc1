/// An authorization server of one issuer (OAuth 2.1): what it remembers is the world's.
struct AuthorizationServer: Sendable {
  let site: Site
  let world: World
  /// What `/client.json` has for redirect URIs.
  let clientDocumentRedirectURIs: [String]

  var rules: RegistrationRules { site.kind.registration }

  /// Clients, codes and tokens go by the issuer as its own document has it.
  var issuer: String { site.documentIssuer }

  /// A refusal, to be thrown up to the endpoint.
  struct Refusal: Error {
    var answer: SandboxAnswer

    init(_ status: Int, _ error: String, _ description: String, fields: [SandboxAnswer.Field] = []) {
      answer = .oauthError(status, error, description, fields: fields)
    }
  }

  /// The answer, or the refusal that was thrown on the way.
  static func answering(_ body: () throws(Refusal) -> SandboxAnswer) -> SandboxAnswer {
    do {
      return try body()
    } catch {
      return error.answer
    }
  }
}
