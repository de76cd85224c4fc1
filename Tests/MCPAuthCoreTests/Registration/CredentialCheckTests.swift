import Foundation
import MCPAuthCore
import Testing

@Suite struct CredentialCheckTests {
  typealias World = RegistrationWorld

  func check(
    id: String = "c1", secret: Secret? = nil, method: String = "none", redirect: String = World.redirect,
    nonce: String = "n0nce"
  ) throws -> CredentialCheck {
    try CredentialCheck(
      tokenEndpoint: "https://as.example/token?p=1", clientID: id, secret: secret, method: method,
      redirectURI: redirect, nonce: nonce, trust: .remote)
  }

  func form(_ request: HTTPRequest) -> [String: String] {
    var components = URLComponents()
    components.percentEncodedQuery = String(decoding: request.body ?? [], as: UTF8.self)
    return Dictionary(uniqueKeysWithValues: (components.queryItems ?? []).map { ($0.name, $0.value ?? "") })
  }

  @Test("Registration#Verification: verify posts an invented code with the client's redirect URI, and accepts JSON")
  func publicClient() throws {
    let request = try check().request()
    #expect(request.method == .post)
    #expect(request.url.text == "https://as.example/token?p=1")
    #expect(request.field("content-type") == "application/x-www-form-urlencoded")
    #expect(request.field("accept") == "application/json")
    #expect(request.field("authorization") == nil)
    let form = form(request)
    #expect(form["grant_type"] == "authorization_code")
    #expect(form["redirect_uri"] == World.redirect)
    #expect(form["client_id"] == "c1")
    #expect(form["code"]?.hasSuffix("n0nce") == true)
    #expect(form["client_secret"] == nil)
  }

  @Test(
    "Registration#Verification, RFC 6749 2.3.1: with Basic, client_id is in the form too; id and secret are form-encoded"
  )
  func basic() throws {
    let request = try check(id: "a:b ü", secret: Secret("p%+:&="), method: "client_secret_basic").request()
    let encoded = try #require(request.field("authorization")?.split(separator: " ").last)
    let pair = String(decoding: try #require(Data(base64Encoded: String(encoded))), as: UTF8.self)
    #expect(pair == "a%3Ab%20%C3%BC:p%25%2B%3A%26%3D")
    #expect(form(request)["client_id"] == "a:b ü")
    #expect(form(request)["client_secret"] == nil)
  }

  @Test("RFC 6749 2.3.1: client_secret_post sends the secret in the form")
  func post() throws {
    let request = try check(secret: Secret("p%+:&="), method: "client_secret_post").request()
    #expect(form(request)["client_secret"] == "p%+:&=")
    #expect(request.field("authorization") == nil)
  }

  @Test("Registration#Authentication-method: a stored secret of a client without authentication is not sent")
  func keptSecret() throws {
    let request = try check(secret: Secret("kept-secret"), method: "none").request()
    #expect(!String(decoding: request.body ?? [], as: UTF8.self).contains("kept-secret"))
    #expect(request.field("authorization") == nil)
  }

  @Test("Registration#Verification: a method that needs a secret is not tried without one")
  func missing() {
    let error = #expect(throws: Diagnostic.self) { try check(method: "client_secret_post") }
    #expect(error?.code == .secretMissing)
  }

  @Test(
    "Registration#Verification: the error member decides, for any status",
    arguments: [
      ("invalid_grant", CredentialCheck.Verdict.known), ("invalid_code", .known), ("bad_verification_code", .known),
      ("invalid_client", .dead(error: "invalid_client")), ("invalid_client_id", .dead(error: "invalid_client_id")),
      ("bad_client_secret", .dead(error: "bad_client_secret")),
      ("incorrect_client_credentials", .dead(error: "incorrect_client_credentials")),
    ])
  func verdicts(error: String, verdict: CredentialCheck.Verdict) throws {
    for status in [200, 400, 401, 500] {
      #expect(try check().interpret(World.refusal(error, status: status)) == verdict)
    }
  }

  @Test("Registration#Verification: unauthorized_client says nothing without a comparison")
  func ambiguous() throws {
    for status in [200, 400, 401, 500] {
      #expect(try check().interpret(World.refusal("unauthorized_client", status: status)) == nil)
    }
  }

  @Test(
    "Registration#Verification: any other answer is inconclusive",
    arguments: [
      World.refusal("invalid_request"), World.text(500, "oops"), World.text(200, "<html>"),
      World.json(200, ["access_token": "t0ken-t0ken"]), .failure(.notSent(reason: "no route")),
      .failure(.connectionLost(reason: "reset")), World.text(401, "", type: "text/plain"),
    ])
  func cannotTell(answer: Result<HTTPResponse, HTTPFailure>) throws {
    guard case .cannotTell(let why) = try check().interpret(answer) else {
      Issue.record("took it for an answer")
      return
    }
    #expect(!why.isEmpty && !why.contains("t0ken"))
  }

  @Test(
    "Registration#Verification: the invented code and the invented client are new each time; a client without a redirect URI sends none"
  )
  func nonces() throws {
    let (one, two) = (try check(nonce: "one"), try check(redirect: "", nonce: "two"))
    #expect(form(one.request())["code"] != form(two.request())["code"])
    #expect(form(one.comparison())["client_id"] != form(two.comparison())["client_id"])
    #expect(form(two.request())["redirect_uri"] == nil)
  }

  @Test(
    "Registration#Verification: the error member counts in a form-encoded answer, too",
    arguments: [
      ("error=bad_verification_code&error_description=The+code+is+wrong%21", CredentialCheck.Verdict.known),
      (
        "error_uri=https%3A%2F%2Fa.example&error=incorrect%5Fclient%5Fcredentials",
        .dead(error: "incorrect_client_credentials")
      ),
      ("error=invalid_client&error=invalid_grant", .dead(error: "invalid_client")),
    ])
  func forms(body: String, verdict: CredentialCheck.Verdict) throws {
    let type = "application/x-www-form-urlencoded; charset=utf-8"
    #expect(try check().interpret(World.text(200, body, type: type)) == verdict)
    // Any other answer that contains such text is inconclusive.
    guard case .cannotTell = try check().interpret(World.text(200, body)),
      case .cannotTell = try check().interpret(World.text(200, "error%3Dinvalid_grant&access_token=x", type: type))
    else {
      Issue.record("took it for an answer")
      return
    }
  }

  @Test(
    "Registration#Verification: unauthorized_client is dead if an invented client gets the same answer, otherwise known"
  )
  func comparison() throws {
    let check = try check(secret: Secret("real-secret"), method: "client_secret_post")
    let made = form(check.comparison())
    #expect(made["client_id"] != "c1" && made["client_secret"] != "real-secret")
    #expect(made["redirect_uri"] == World.redirect)
    #expect(check.compare(World.refusal("unauthorized_client")) == .dead(error: "unauthorized_client"))
    #expect(check.compare(World.refusal("invalid_client", status: 401)) == .known)
    guard case .cannotTell = check.compare(.failure(.notSent(reason: "no route"))),
      case .cannotTell = check.compare(World.text(502, ""))
    else {
      Issue.record("no answer was taken for one")
      return
    }
  }
}
