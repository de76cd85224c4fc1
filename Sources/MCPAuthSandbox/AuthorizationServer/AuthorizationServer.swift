/// An authorization server with one issuer (OAuth 2.1). The `World` holds its state.
struct AuthorizationServer: Sendable {
  let site: Site
  let world: World
  /// The redirect URIs in `/client.json`.
  let clientDocumentRedirectURIs: [String]

  var rules: RegistrationRules { site.kind.registration }

  /// The issuer in the server's own document. Clients, codes and tokens are stored under it.
  var issuer: String { site.documentIssuer }

  /// A refusal. It is thrown up to the endpoint.
  struct Refusal: Error {
    var answer: SandboxAnswer

    init(_ status: Int, _ error: String, _ description: String, fields: [SandboxAnswer.Field] = []) {
      answer = .oauthError(status, error, description, fields: fields)
    }
  }

  /// The answer, or the answer of the refusal that `body` threw.
  static func answering(_ body: () throws(Refusal) -> SandboxAnswer) -> SandboxAnswer {
    do {
      return try body()
    } catch {
      return error.answer
    }
  }
}
