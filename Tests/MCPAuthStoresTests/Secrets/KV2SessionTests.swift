import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

/// Logins, renewals and refused tokens of a kv2 store.
@Suite struct KV2SessionTests {
  let web = FakeKV2()

  static let jwt = KV2Auth(.jwt, role: "mcpauth", credential: .env("BAO_ID_TOKEN"))

  @Test(
    "SecretStores#KV2: each method logs in once for many requests",
    arguments: [
      (jwt, "auth/jwt/login"), (KV2Auth(.jwt, mount: "gitlab", role: "r", credential: .env("A")), "auth/gitlab/login"),
      (KV2Auth(.approle, role: "id", credential: .file("x")), "auth/approle/login"),
      (KV2Auth(.kubernetes, role: "r", credential: .file(KV2Auth.podToken)), "auth/kubernetes/login"),
    ])
  func login(auth: KV2Auth, path: String) async throws {
    let store = try web.store(auth: auth)
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<20 { group.addTask { _ = try? await store.put(Sample.record("v\(index)")) } }
    }
    #expect(try await store.list()["linear"]?.count == 20)
    #expect(web.log.filter { $0 == "POST " + path }.count == 1)
    #expect(web.learned == ["given-token", "login-token-1"])
  }

  @Test("SecretStores#KV2: a refused login is store-failed, and its message has no credential")
  func refusedLogin() async throws {
    web.give(credential: "first-credential")
    let store = try web.store(auth: Self.jwt)
    web.reply("POST auth/jwt/login", .answer(400, ["errors": ["error validating token"]]))
    let refusal = try await diagnostic { try await store.list() }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains("the login with jwt at auth/jwt was refused (400): error validating token"))
    #expect(!"\(refusal)".contains("first-credential"))
    // Not for ever: the next request tries it again.
    #expect(try await store.list().isEmpty)
  }

  @Test(
    "SecretStores#KV2: a credential that is missing, or is no single word, is an error at its place; nothing is sent")
  func badCredential() async throws {
    let location = SourceLocation(file: "servers.yaml", line: 4, column: 9)
    let store = try web.store(auth: KV2Auth(.token, credential: .env("BAO_TOKEN"), location: location))
    let cases: [(String?, DiagnosticCode)] = [(nil, .secretMissing), ("two\nlines", .secretUnreadable)]
    for (credential, code) in cases {
      web.give(credential: credential)
      let refusal = try await diagnostic { try await store.list() }
      #expect(refusal.code == code && refusal.location == location)
    }
    #expect(web.log.isEmpty)
  }

  @Test(
    "SecretStores#KV2: a token that was revoked in the middle is replaced by one login, also for many requests at once")
  func revoked() async throws {
    let store = try web.store(auth: Self.jwt)
    try await store.put(Sample.record("a1"))
    web.revokeTokens()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<20 { group.addTask { try await store.put(Sample.record("v\(index)")) } }
      try await group.waitForAll()
    }
    #expect(web.logins == 2)
    #expect(try await store.list()["linear"]?.count == 21)
  }

  @Test("SecretStores#KV2: what a policy refuses leads to one more login in a run, not to one for each request")
  func policy() async throws {
    let store = try web.store(auth: Self.jwt)
    _ = try await store.list()
    web.deny("POST secret/data/")
    for version in ["a1", "b2", "c3"] {
      #expect(try await diagnostic { try await store.put(Sample.record(version)) }.code == .storeFailed)
    }
    #expect(web.logins == 2)
  }

  @Test("SecretStores#KV2: a given token that was revoked is read again: an agent may have written a new one")
  func agent() async throws {
    let store = try web.store()
    try await store.put(Sample.record("a1"))
    web.revokeTokens()
    let refusal = try await diagnostic { try await store.put(Sample.record("b2")) }
    #expect(refusal.code == .storeFailed && refusal.message.contains("permission denied"))
    web.give(credential: "new-token")
    web.allow(token: "new-token")
    try await store.put(Sample.record("b2"))
  }

  @Test("SecretStores#KV2: a token is renewed when two thirds of its life are over")
  func renewed() async throws {
    web.live(seconds: 600)
    for auth in [Self.jwt, KV2Auth(.token, credential: .env("BAO_TOKEN"))] {
      web.forgetLog()
      let store = try web.store(auth: auth)
      _ = try await store.list()
      web.pass(seconds: 300)
      _ = try await store.list()
      #expect(!web.log.contains("POST auth/token/renew-self"))
      for count in 1...3 {
        web.pass(seconds: 401)
        _ = try await store.list()
        #expect(web.log.filter { $0 == "POST auth/token/renew-self" }.count == count)
      }
    }
    #expect(web.logins == 1)
  }

  @Test(
    "SecretStores#KV2: a token that cannot be renewed is replaced by a login; a given one is used until it is refused")
  func notRenewable() async throws {
    web.live(seconds: 600, isRenewable: false)
    let store = try web.store(auth: Self.jwt)
    _ = try await store.list()
    web.pass(seconds: 401)
    _ = try await store.list()
    #expect(web.logins == 2)
    let given = try web.store()
    _ = try await given.list()
    web.pass(seconds: 401)
    _ = try await given.list()
    #expect(!web.log.contains("POST auth/token/renew-self"))
  }

  @Test("SecretStores#KV2: a token whose greatest life is nearly over is replaced by a login")
  func greatestLife() async throws {
    web.live(seconds: 600)
    let store = try web.store(auth: Self.jwt)
    _ = try await store.list()
    web.pass(seconds: 401)
    web.live(seconds: 5)
    web.forgetLog()
    _ = try await store.list()
    #expect(web.log.contains("POST auth/token/renew-self"))
    #expect(web.logins == 2)
  }
}
