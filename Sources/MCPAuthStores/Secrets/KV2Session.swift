import MCPAuthCore
import MCPAuthPlan

/// The token of a run at a KV version 2 store: it logs in before the first request, renews the token while the run lasts, and logs in again when the
/// token is refused (SecretStores#KV2).
actor KV2Session {
  /// A token, and how long it lasts.
  struct Lease: Sendable {
    var token: Secret
    /// Counts the logins.
    var number: Int
    /// Milliseconds of the monotonic clock; nil: the token does not expire, or it is not known when.
    var renewAt: Int?
    var isRenewable = false
  }

  private let link: KV2Link
  private var lease: Lease?
  private var logins = 0
  /// The login after which a request was refused again: then a policy refuses it, and another login does not help.
  private var refusedAgain: Int?
  /// Several requests wait for one login.
  private var underWay: Task<Result<Lease, Diagnostic>, Never>?

  init(_ link: KV2Link) {
    self.link = link
  }

  /// Sends a request with the token of this run.
  ///
  /// - Throws: `store-address-refused`, `secret-missing` and the like for the credential, `store-failed` if the login fails.
  nonisolated func send(_ call: KV2Link.Call, isRepeatable: Bool) async throws(Diagnostic) -> KV2Link.Outcome {
    let first = try await current()
    let outcome = await link.send(call, token: first.token, isRepeatable: isRepeatable)
    guard case .success(let answer) = outcome, answer.status == 403, let second = try await replacement(of: first)
    else { return outcome }
    let repeated = await link.send(call, token: second.token, isRepeatable: isRepeatable)
    if case .success(let answer) = repeated, answer.status == 403 { await note(refused: second) }
    return repeated
  }

  /// The token for the next request.
  private func current() async throws(Diagnostic) -> Lease {
    if underWay == nil, let lease {
      guard let renewAt = lease.renewAt, link.connection.uptime() >= renewAt else { return lease }
    }
    return try await refreshed(replacing: nil)
  }

  /// - Returns: nil if there is no other token.
  private func replacement(of refused: Lease) async throws(Diagnostic) -> Lease? {
    if let lease, lease.number != refused.number { return lease.token == refused.token ? nil : lease }
    guard refused.number != refusedAgain else { return nil }
    let new = try await refreshed(replacing: refused)
    return new.token == refused.token ? nil : new
  }

  private func note(refused lease: Lease) { refusedAgain = lease.number }

  private func refreshed(replacing refused: Lease?) async throws(Diagnostic) -> Lease {
    if let underWay { return try await underWay.value.get() }
    let (old, isRefused) = (lease, refused != nil)
    logins += 1
    let number = logins
    let task = Task { [link] in
      await Self.fresh(link, old: old, isRefused: isRefused, number: number)
    }
    underWay = task
    let result = await task.value
    underWay = nil
    if case .success(let new) = result { lease = new }
    return try result.get()
  }

  /// Renews the old token, or logs in.
  private static func fresh(
    _ link: KV2Link, old: Lease?, isRefused: Bool, number: Int
  ) async -> Result<Lease, Diagnostic> {
    if let old, !isRefused {
      if old.isRenewable, let renewed = await renewed(link, old) { return .success(renewed) }
      // A token that is given and cannot be renewed is used until it is refused.
      if link.settings.auth.method == .token {
        var rest = old
        rest.renewAt = nil
        return .success(rest)
      }
    }
    do throws(Diagnostic) {
      return .success(try await login(link, number: number))
    } catch {
      return .failure(error)
    }
  }

  /// - Returns: nil if the token cannot be renewed for long enough.
  private static func renewed(_ link: KV2Link, _ old: Lease) async -> Lease? {
    let call = KV2Link.Call(method: .post, path: "auth/token/renew-self", body: [:])
    guard case .success(let answer) = await link.send(call, token: old.token, isRepeatable: true),
      answer.status == 200, let auth = answer.json?["auth"], auth["client_token"]?.string == old.token.open()
    else { return nil }
    var new = made(link, auth, token: old.token, number: old.number)
    // The greatest lifetime of the token is reached: only another login helps.
    guard let renewAt = new.renewAt, renewAt - link.connection.uptime() < 10_000 else { return new }
    guard link.settings.auth.method == .token else { return nil }
    new.renewAt = nil
    return new
  }

  private static func login(_ link: KV2Link, number: Int) async throws(Diagnostic) -> Lease {
    let auth = link.settings.auth
    try await link.connection.addresses.permit([link.settings.address], at: link.settings.location)
    let credential: Secret
    do throws(Diagnostic) {
      credential = try await link.connection.resolve(auth.credential)
    } catch {
      throw error.placed(at: auth.location)
    }
    link.connection.learn(credential)
    guard credential.isHeaderSafe else {
      throw Diagnostic(
        .error, .secretUnreadable, "the credential of the kv2 store is not one word of printable ASCII",
        at: auth.location, help: ["check what \(auth.credential.description) holds"])
    }
    if auth.method == .token { return await given(link, credential, number: number) }
    let (role, secret) = (JSON.string(auth.role), JSON.string(credential.open()))
    let body: JSON =
      auth.method == .approle ? ["role_id": role, "secret_id": secret] : ["role": role, "jwt": secret]
    let call = KV2Link.Call(method: .post, path: "auth/\(auth.mount)/login", body: body)
    let outcome = await link.send(call, token: nil, isRepeatable: true)
    guard case .success(let answer) = outcome else { throw link.problem(outcome, call) }
    guard answer.status == 200 else {
      guard (400...499).contains(answer.status), answer.status != 429 else { throw link.problem(outcome, call) }
      throw link.failed(
        "the login with \(auth.method.rawValue) at auth/\(auth.mount) was refused (\(answer.status))\(answer.words)",
        help: [
          "check the role, its bound claims or secret ids, and the mount of the auth method",
          "a token of a CI job is valid for some minutes: ask for it in the same job",
        ])
    }
    guard let given = answer.json?["auth"], let text = given["client_token"]?.string, !text.isEmpty else {
      throw link.failed("the login with \(auth.method.rawValue) returned no token")
    }
    let token = Secret(text)
    link.connection.learn(token)
    return made(link, given, token: token, number: number)
  }

  /// A token that the inventory refers to. Its lifetime is looked up; a token that may not do this is used until it is refused.
  private static func given(_ link: KV2Link, _ token: Secret, number: Int) async -> Lease {
    let call = KV2Link.Call(method: .get, path: "auth/token/lookup-self")
    guard case .success(let answer) = await link.send(call, token: token, isRepeatable: true), answer.status == 200,
      let data = answer.json?["data"]
    else { return Lease(token: token, number: number) }
    return made(link, data, token: token, number: number)
  }

  /// - Parameter answer: has `lease_duration` or `ttl` in seconds, and `renewable`.
  private static func made(_ link: KV2Link, _ answer: JSON, token: Secret, number: Int) -> Lease {
    var lease = Lease(token: token, number: number)
    lease.isRenewable = answer["renewable"]?.bool ?? false
    let seconds = answer["lease_duration"]?.integer ?? answer["ttl"]?.integer ?? 0
    if seconds > 0 {
      // A third of the lifetime is left for the renewal.
      lease.renewAt = link.connection.uptime() + Int(min(seconds, 31_536_000)) * 667
    }
    return lease
  }
}
