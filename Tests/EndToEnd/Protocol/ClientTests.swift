import Foundation
import MCPAuthSandbox
import Testing

/// Step 3: how mcpauth gets a client, and how it handles the answer (Registration#Strategies). Tests of the binary.
@Suite struct ClientTests {
  private static func documentClient(_ origin: String, _ path: String) -> String {
    "name: Sandbox client\n  redirect_uris: [\"\(Workplace.redirectURI)\"]\n  metadata_url: \(origin)\(path)"
  }

  // MARK: The order of the strategies

  struct Way: Sendable, CustomTestStringConvertible {
    var offersDocuments: Bool
    var offersRegistration: Bool
    var hasDocument: Bool
    var registration: String
    /// `cimd`, `dcr`, or the error code.
    var ends: String
    var warnings: [String] = []
    var testDescription: String {
      "\(registration): documents \(offersDocuments), registration \(offersRegistration), ours \(hasDocument)"
    }
  }

  private static let unsupported = "registration-unsupported"
  static let ways: [Way] = [
    Way(offersDocuments: true, offersRegistration: true, hasDocument: true, registration: "auto", ends: "cimd"),
    Way(offersDocuments: true, offersRegistration: false, hasDocument: true, registration: "auto", ends: "cimd"),
    Way(offersDocuments: false, offersRegistration: true, hasDocument: true, registration: "auto", ends: "dcr"),
    Way(
      offersDocuments: true, offersRegistration: true, hasDocument: false, registration: "auto", ends: "dcr",
      warnings: ["dcr-deprecated"]),
    Way(offersDocuments: false, offersRegistration: false, hasDocument: true, registration: "auto", ends: unsupported),
    Way(offersDocuments: true, offersRegistration: false, hasDocument: false, registration: "auto", ends: unsupported),
    Way(
      offersDocuments: true, offersRegistration: true, hasDocument: true, registration: "dcr", ends: "dcr",
      warnings: ["dcr-deprecated"]),
    Way(offersDocuments: true, offersRegistration: false, hasDocument: true, registration: "dcr", ends: unsupported),
    Way(offersDocuments: true, offersRegistration: true, hasDocument: true, registration: "cimd", ends: "cimd"),
    Way(offersDocuments: false, offersRegistration: true, hasDocument: true, registration: "cimd", ends: unsupported),
  ]

  @Test(
    "Registration#Strategies: first the document, then registration; mcpauth never replaces a strategy that the inventory names",
    arguments: ways)
  func way(row: Way) async throws {
    let configuration = SandboxConfiguration.made("cimd") {
      $0.takesClientMetadataDocuments = row.offersDocuments
      $0.registration.isOffered = row.offersRegistration
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply(
        "cimd", oauth2: ["registration: \(row.registration)"],
        client: row.hasDocument ? Self.documentClient(sandbox.origin, "/client.json") : nil)
      #expect(it.warnings == row.warnings, "\(it.run.out)")
      if row.ends == "cimd" || row.ends == "dcr" {
        #expect(it.run.exit == 0, "\(it.run.out)")
        #expect(it.entry["registration"].string == row.ends)
      } else {
        #expect(it.code == row.ends, "\(it.run.out)")
      }
      #expect(it.registrations == (row.ends == "dcr" ? 1 : 0))
      #expect(it.requests.contains { $0.path == "/client.json" } == (row.ends == "cimd"))
    }
  }

  @Test(
    "Registration#Strategies: registration-unsupported names the issuer, both endpoints and the redirect URI, and has lines to paste"
  )
  func unsupportedHelp() async throws {
    let it = try await KindRuns.run("no-registration")
    let help = try #require(it.server["error"]["help"].string)
    let everything = it.server["error"].description
    #expect(it.server["error"]["message"].string?.contains("manual credentials") == true)
    for part in [it.issuer, it.issuer + "/authorize", it.issuer + "/token"] { #expect(everything.contains(part)) }
    #expect(help.contains("http://127.0.0.1:7777/callback/no-registration"))
    for part in ["oauth2:", "registration: preregistered", "client_id:", "client_secret: {env:"] {
      #expect(help.contains(part))
    }
    // ErrorCodes#What-a-failure-says: each requested URL, with its status.
    let requests = it.server["error"]["requests"].array
    #expect(requests.map { $0["url"].string } == it.requests.map { $0.origin + $0.path })
    #expect(requests.map { $0["status"].integer } == it.requests.map(\.status))
  }

  // MARK: The client's own document

  struct OwnDocument: Sendable, CustomTestStringConvertible {
    var path: String
    var code: String?
    var warnings: [String] = []
    var testDescription: String { path }
  }

  static let documents: [OwnDocument] = [
    OwnDocument(path: "/client.json"),
    OwnDocument(path: "/client-wrong-id.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-no-id.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-no-name.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-other-redirects.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-with-secret.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-secret-method.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-html.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-list.json", code: "client-metadata-invalid"),
    OwnDocument(path: "/client-missing.json", warnings: ["client-metadata-unverified"]),
    OwnDocument(path: "/client-redirect.json", warnings: ["client-metadata-unverified"]),
    OwnDocument(path: "/client-broken.json", warnings: ["client-metadata-unverified"]),
  ]

  @Test(
    "Registration#Client-ID-Metadata-Documents: a wrong document is an error, a document that cannot be read is a warning",
    arguments: documents)
  func ownDocument(row: OwnDocument) async throws {
    try await withServers(SandboxConfiguration(kinds: ["cimd"])) { sandbox in
      let it = try await sandbox.apply("cimd", client: Self.documentClient(sandbox.origin, row.path))
      #expect(it.code == row.code, "\(it.run.out)")
      #expect(it.warnings == row.warnings)
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
      if row.code == nil {
        #expect(it.entry["client_id"].string == sandbox.origin + row.path)
        #expect(it.entry["token_endpoint_auth_method"].string == "none")
        #expect(it.entry["managed"].bool == false)
      }
    }
  }

  // MARK: The token endpoint auth method

  struct Method: Sendable, CustomTestStringConvertible {
    var listed: [String]?
    var asked: String?
    /// The method, or the error code.
    var ends: String
    var testDescription: String { "\(listed.map { "\($0)" } ?? "not said"), asked \(asked ?? "nothing")" }
  }

  static let methods: [Method] = [
    Method(listed: ["client_secret_post", "client_secret_basic", "none"], ends: "none"),
    Method(listed: ["client_secret_post", "client_secret_basic"], ends: "client_secret_basic"),
    Method(listed: ["private_key_jwt", "client_secret_post"], ends: "client_secret_post"),
    Method(listed: nil, ends: "client_secret_basic"),
    Method(listed: ["private_key_jwt", "tls_client_auth"], ends: "auth-method-unsupported"),
    Method(listed: ["none", "client_secret_post"], asked: "client_secret_post", ends: "client_secret_post"),
    Method(listed: ["none", "client_secret_post"], asked: "client_secret_basic", ends: "auth-method-unsupported"),
    // Without a list, no method is refused: the table of answers has a row for it.
    Method(listed: nil, asked: "none", ends: "none"),
  ]

  @Test("Registration#Strategies: the method in the request", arguments: methods)
  func method(row: Method) async throws {
    let configuration = SandboxConfiguration.made("methods") { $0.registration.methods = row.listed }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply(
        "methods", oauth2: row.asked.map { ["token_endpoint_auth_method: \($0)"] } ?? [])
      if row.ends == "auth-method-unsupported" {
        #expect(it.code == row.ends, "\(it.run.out)")
        #expect(it.bodies.isEmpty)
      } else {
        #expect(it.run.exit == 0, "\(it.run.out)")
        #expect(try it.body()["token_endpoint_auth_method"]?.string == row.ends)
        #expect(it.entry["token_endpoint_auth_method"].string == row.ends)
        try await CodeFlow(it).check()
      }
    }
  }

  struct Answer: Sendable, CustomTestStringConvertible {
    var listed: [String]?
    var asked: String?
    /// The method in the answer. nil if the answer has none.
    var says: SandboxJSON?
    var hasSecret: Bool
    var ends: String
    var warns: Bool = false
    var keepsSecret = false
    var testDescription: String {
      "lists \(listed.map { "\($0)" } ?? "nothing"), asked \(asked ?? "as listed"), says \(says?.text() ?? "nothing"), secret \(hasSecret)"
    }
  }

  private static let all = ["none", "client_secret_basic", "client_secret_post"]
  static let answers: [Answer] = [
    Answer(listed: all, says: "none", hasSecret: false, ends: "none"),
    Answer(
      listed: all, asked: "client_secret_post", says: "client_secret_post", hasSecret: true, ends: "client_secret_post",
      keepsSecret: true),
    Answer(
      listed: ["client_secret_basic"], says: "client_secret_post", hasSecret: true, ends: "client_secret_post",
      warns: true, keepsSecret: true),
    Answer(
      listed: all, asked: "client_secret_basic", says: "client_secret_post", hasSecret: true,
      ends: "client_secret_basic", warns: true, keepsSecret: true),
    Answer(listed: all, says: "none", hasSecret: true, ends: "none", warns: true, keepsSecret: true),
    Answer(listed: all, says: "client_secret_basic", hasSecret: false, ends: "registration-insufficient"),
    // The token endpoint of the sandbox knows another secret, so it refuses each method that sends one.
    Answer(
      listed: all, asked: "client_secret_post", says: nil, hasSecret: true, ends: "client_secret_post", warns: true,
      keepsSecret: true),
    Answer(listed: all, says: nil, hasSecret: true, ends: "none", keepsSecret: true),
    Answer(listed: all, says: nil, hasSecret: false, ends: "none"),
    Answer(
      listed: nil, asked: "none", says: nil, hasSecret: true, ends: "none", warns: true, keepsSecret: true),
    Answer(listed: all, says: ["none"], hasSecret: false, ends: "none"),
    Answer(listed: all, says: "private_key_jwt", hasSecret: false, ends: "auth-method-unsupported"),
    Answer(listed: all, says: "tls_client_auth", hasSecret: true, ends: "auth-method-unsupported"),
    Answer(listed: all, says: "x_made_up", hasSecret: true, ends: "auth-method-unsupported"),
  ]

  @Test("Registration#Strategies, the table of methods: which part of the answer is used", arguments: answers)
  func answerMethod(row: Answer) async throws {
    let configuration = SandboxConfiguration.made("answers") {
      $0.registration.methods = row.listed
      $0.registration.answerChanges = [
        "token_endpoint_auth_method": row.says ?? .null,
        "client_secret": row.hasSecret ? "a-secret-of-the-answer" : .null,
        "client_secret_expires_at": row.hasSecret ? 0 : .null,
      ]
    }
    let it = try await withServers(configuration) {
      try await $0.apply("answers", oauth2: row.asked.map { ["token_endpoint_auth_method: \($0)"] } ?? [])
    }
    #expect(it.bodies.count == 1)
    if Self.all.contains(row.ends) {
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.entry["token_endpoint_auth_method"].string == row.ends)
      #expect(it.warnings.isEmpty == !row.warns, "\(it.warnings)")
      #expect(it.entry["secret_version"].isNull == !row.keepsSecret)
      if row.keepsSecret {
        #expect(try it.place.record("answers")["client_secret"].string == "a-secret-of-the-answer")
      }
    } else {
      #expect(it.code == row.ends, "\(it.run.out)")
      // The client exists at the server, and no server entry uses it.
      let orphan = it.lock["orphans"][0]
      #expect(orphan["client_id"].string == it.clients.first?.clientID)
      #expect(orphan["reason"].string == "check-failed")
    }
    #expect(!it.run.all.contains("a-secret-of-the-answer"))
    #expect(it.place.lockText?.contains("a-secret-of-the-answer") == false)
  }

  // MARK: The rest of the answer

  struct Check: Sendable, CustomTestStringConvertible {
    var changes: [String: SandboxJSON]
    var code: String?
    var warnings: [String] = []
    /// The expiry in the lock entry.
    var expiry: String?
    var testDescription: String { SandboxJSON.object(changes).text() }
  }

  static let checks: [Check] = [
    Check(changes: ["client_id_issued_at": "1780000000"]),
    Check(changes: ["redirect_uris": .null]), Check(changes: ["redirect_uris": []]),
    Check(changes: ["redirect_uris": ["http://127.0.0.1:7777/callback/checks", "https://more.example"]]),
    Check(changes: ["redirect_uris": ["http://127.0.0.1:7777/callback/checks/"]], code: "registration-altered"),
    Check(changes: ["redirect_uris": ["http://127.0.0.1:7777/callback/Checks"]], code: "registration-altered"),
    Check(changes: ["redirect_uris": ["HTTP://127.0.0.1:7777/callback/checks"]], code: "registration-altered"),
    Check(changes: ["grant_types": .null]),
    Check(changes: ["grant_types": ["refresh_token"]], code: "registration-insufficient"),
    Check(changes: ["client_secret_expires_at": .null], warnings: ["unusual-answer"]),
    Check(changes: ["client_secret_expires_at": 0]), Check(changes: ["client_secret_expires_at": "0"]),
    Check(changes: ["client_secret_expires_at": 4_102_444_800], expiry: "2100-01-01T00:00:00Z"),
    Check(changes: ["client_secret_expires_at": "4102444800"], expiry: "2100-01-01T00:00:00Z"),
    Check(
      changes: ["client_secret_expires_at": 4_102_444_800_000], warnings: ["unusual-answer"],
      expiry: "2100-01-01T00:00:00Z"),
    Check(changes: ["client_secret_expires_at": 1], code: "registration-expired"),
    Check(changes: ["client_id": "with space/and:signs%20?&=\"\\"]), Check(changes: ["client_id": "ü-🙂"]),
    Check(changes: ["client_id": ""], code: "registration-outcome-unknown"),
    Check(changes: ["client_id": 7], code: "registration-outcome-unknown"),
    Check(changes: ["client_id": "a\u{1B}[2Jb"], code: "registration-outcome-unknown"),
    Check(changes: ["client_id": "a\nb"], code: "registration-outcome-unknown"),
  ]

  @Test("Registration#Strategies: the checks of the answer, and the values that are stored", arguments: checks)
  func check(row: Check) async throws {
    let configuration = SandboxConfiguration.made("checks") {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.answerChanges = row.changes
    }
    let it = try await withServers(configuration) { try await $0.apply("checks") }
    #expect(it.code == row.code, "\(it.run.out)")
    if row.code == nil {
      #expect(it.warnings == row.warnings, "\(it.run.out)")
      #expect(it.entry["client_id"].string == row.changes["client_id"]?.string ?? it.clients.first?.clientID)
      #expect(it.entry["client_secret_expires_at"].string == row.expiry)
      #expect(it.entry["client_secret_expires_at"].isNull == (row.expiry == nil))
    } else {
      #expect(it.run.exit == 1)
      #expect(it.entry.isMissing)
      #expect(it.lock["orphans"].array.count == 1)
      let isUnknown = row.code == "registration-outcome-unknown"
      #expect(it.lock["orphans"][0]["reason"].string == (isUnknown ? "outcome-unknown" : "check-failed"))
      #expect(it.lock["orphans"][0]["client_id"].isNull == isUnknown)
      #expect(!it.run.all.contains("\u{1B}"))
    }
  }

  @Test(
    "Registration#Strategies: a client that mcpauth rejects after the registration is deleted if the server supports it"
  )
  func refusedAndDeleted() async throws {
    let it = try await KindRuns.run("alters-managed")
    #expect(it.trail.suffix(2) == ["POST register", "DELETE management"])
    #expect(it.requests.last?.value(of: "Authorization")?.hasPrefix("Bearer ") == true)
    #expect(it.clients.isEmpty)
    #expect(it.registrations == 1)
    #expect(it.lock["orphans"].array.isEmpty)
    let kept = try await KindRuns.run("alters-redirects")
    #expect(kept.clients.count == 1)
    #expect(kept.lock["orphans"][0]["client_id"].string == kept.clients.first?.clientID)
    #expect(kept.warnings == ["client-left-behind"])
  }

  @Test(
    "Registration#Strategies: registration_client_uri is stored only if it has the origin of the registration endpoint")
  func managementElsewhere() async throws {
    let it = try await KindRuns.run("managed-elsewhere")
    #expect(it.entry["managed"].bool == false)
    #expect(it.warnings == ["unusual-answer"])
    let managed = try await KindRuns.run("managed")
    #expect(managed.entry["managed"].bool == true)
    #expect(try managed.place.record("managed")["registration_client_uri"].string?.hasPrefix(managed.origin) == true)
  }

  @Test(
    "Registration#Strategies: warnings for answers that are accepted",
    arguments: [
      ("sloppy", "unusual-answer"), ("narrows", "scope-narrowed"), ("public-only", "unusual-answer"),
      ("public-secret", "unusual-answer"), ("unsaid-expiry", "unusual-answer"), ("broader", "resource-is-broader"),
      ("trailing-slash", "issuer-trailing-slash"), ("multi-as", "authorization-server-passed-over"),
      ("rejects-scope", "registration-retried"),
    ])
  func warnings(kind: String, code: String) async throws {
    let it = try await KindRuns.run(kind)
    #expect(it.warnings == [code])
    #expect(it.run.exit == 0)
  }

  @Test("Registration#Scopes: narrower scopes from the answer are locked")
  func narrowed() async throws {
    let it = try await KindRuns.run("narrows")
    #expect(try it.body()["scope"] == "read write")
    #expect(it.entry["scopes"].strings == ["read"])
  }

  // MARK: Refusals

  struct Refusal: Sendable, CustomTestStringConvertible {
    var answer: SandboxAnswer
    var code: String
    /// Text that the message and help must contain.
    var says: [String] = []
    var testDescription: String { "\(answer.status) \(answer.body)" }
  }

  static let refusals: [Refusal] = [
    Refusal(
      answer: .oauthError(400, "invalid_redirect_uri", "redirect URIs must use https"), code: "redirect-uri-rejected",
      says: ["redirect URIs must use https"]),
    Refusal(
      answer: .oauthError(400, "invalid_client_metadata", "logo_uri is ugly"), code: "client-metadata-rejected",
      says: ["logo_uri is ugly"]),
    Refusal(answer: .oauthError(400, "invalid_software_statement", "no"), code: "software-statement-rejected"),
    Refusal(answer: .oauthError(400, "unapproved_software_statement", "no"), code: "software-statement-rejected"),
    Refusal(answer: .text(401, "no"), code: "registration-protected", says: ["initial_access_token"]),
    Refusal(answer: .text(403, "no"), code: "registration-protected", says: ["allow list"]),
    Refusal(
      answer: .oauthError(403, "insufficient_scope", "Policy 'Trusted Hosts' rejected request"),
      code: "registration-protected", says: ["Trusted Hosts"]),
    Refusal(answer: .text(404, "no"), code: "registration-unsupported", says: ["preregistered"]),
    Refusal(answer: .text(405, "no"), code: "registration-unsupported"),
    Refusal(answer: .text(501, "no"), code: "registration-unsupported"),
    Refusal(
      answer: .text(429, "no", fields: [.init("Retry-After", "120")]), code: "rate-limited", says: ["120"]),
    Refusal(answer: .text(503, "no", fields: [.init("Retry-After", "120")]), code: "rate-limited", says: ["120"]),
    Refusal(
      answer: .text(409, "already there"), code: "registration-rejected", says: ["409", "text/plain", "already there"]),
    Refusal(answer: .text(422, "no"), code: "registration-rejected"),
    Refusal(
      answer: .oauthError(400, "something_else", "odd words"), code: "registration-rejected", says: ["odd words"]),
    Refusal(answer: .text(400, String(repeating: "x", count: 5000)), code: "registration-rejected"),
  ]

  @Test(
    "Registration#Strategies, the table of refusals: the code, the text of the server, and no unknown outcome",
    arguments: refusals)
  func refusal(row: Refusal) async throws {
    let configuration = SandboxConfiguration.made("refusals") {
      // One method only, so there is no second request.
      $0.registration.methods = ["none"]
      $0.faults[.register] = SandboxFault(row.answer)
    }
    let it = try await withServers(configuration) { try await $0.apply("refusals") }
    #expect(it.run.exit == 1)
    #expect(it.code == row.code, "\(it.run.out)")
    #expect(it.bodies.count == 1)
    let error = it.server["error"]
    for part in row.says {
      #expect((error["message"].string ?? "").contains(part) || (error["help"].string ?? "").contains(part), "\(error)")
    }
    #expect(it.lock["orphans"].array.isEmpty)
    #expect(it.run.out.utf8.count < 4096, "a server's words are cut")
    let last = try #require(error["requests"].array.last)
    #expect(last["status"].integer == row.answer.status)
    #expect(last["url"].string == it.issuer + "/register")
  }

  @Test(
    "Registration#Strategies: the text of a server is made printable in every format",
    arguments: ["text", "json"])
  func words(format: String) async throws {
    try await withServers(SandboxConfiguration(kinds: ["teapot"])) { sandbox in
      let place = try Workplace(servers: sandbox.block("teapot"))
      let run = try await place.run("apply", "--format", format)
      #expect(run.exit == 1)
      let forbidden = ["\u{1B}", "\u{7}", "\u{202E}", "\n::error::fake", "\n##[error]"]
      for part in forbidden { #expect(!run.all.contains(part), "\(run.all)") }
      // A CI runner executes the first anywhere in a line, the second only at the beginning of a line.
      if format == "text" {
        #expect(!run.all.contains("##[error]"), "\(run.all)")
        #expect(!run.all.split(separator: "\n").contains { $0.drop { $0 == " " }.hasPrefix("::") }, "\(run.all)")
      }
      #expect(run.all.contains("registration-rejected"))
    }
  }

  @Test(
    "Registration#Strategies: mcpauth waits for a short Retry-After of a 429 or a 503",
    arguments: ["rate-limited-briefly", "busy"])
  func waited(kind: String) async throws {
    let it = try await KindRuns.run(kind)
    #expect(it.run.exit == 0)
    #expect(it.registrations == 1)
    let times = it.requests.filter { $0.endpoint == .register }.map(\.time)
    try #require(times.count == 2, "\(it.trail)")
    #expect(times[1] - times[0] >= 0.9)
    #expect(it.bodies.first == it.bodies.last)
  }
}
