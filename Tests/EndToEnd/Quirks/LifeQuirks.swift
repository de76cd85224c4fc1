import Foundation
import MCPAuthSandbox
import Testing

/// RealServers#57 to RealServers#66: what happens to clients over time.
enum LifeQuirks {
  static let rows: [Quirk] = [
    everyRun, purged, neverRenewed, cannotRenew, consent, lostAnswer, makeBeforeBreak, plainSecrets, addresses,
    managed,
  ]

  private static let everyRun = Quirk(
    57, "a program that registers in every run creates very many clients",
    "registered once: a run without changes sends no request and writes no file",
    made: { _ in }
  ) { sandbox in
    let it = try await sandbox.quirk()
    let files = try it.place.snapshot()
    for options in [[], ["--yes"]] {
      let again = try await sandbox.again(it, options: options)
      #expect(again.action == "unchanged" && again.requests.isEmpty, "\(again.trail)")
    }
    let refreshed = try await sandbox.again(it, options: ["--refresh"])
    #expect(refreshed.calls.isEmpty, "\(refreshed.trail)")
    #expect(sandbox.registrations(Quirk.kind) == 1)
    #expect(try it.place.snapshot() == files)
  }

  private static let purged = Quirk(
    58, "AWS, Supabase, Metabase: registered clients are purged",
    "verify finds out; no registration without a person's command; rotate gets a new client",
    made: { $0.registration.methods = ["client_secret_basic"] }
  ) { sandbox in
    let it = try await sandbox.quirk()
    sandbox.forgetClients()
    for options in [[], ["--refresh"]] {
      let apply = try await sandbox.again(it, options: options)
      #expect(apply.action == "unchanged" && apply.calls.isEmpty, "\(apply.run.out)")
    }
    let dead = try await it.place.run("verify", "--format", "json")
    #expect(dead.exit == 1)
    #expect(try dead.json()["servers"][0]["outcome"].string == "dead", "\(dead.out)")
    // Supabase's 422 is not an OAuth error, so the outcome is not known.
    sandbox.change(Quirk.kind) {
      $0.faults[.token] = SandboxFault(.json(422, ["message": "client not found"]))
    }
    let unclear = try await it.place.run("verify", "--format", "json")
    #expect(try unclear.json()["servers"][0]["outcome"].string == "cannot-tell", "\(unclear.out)")
    sandbox.change(Quirk.kind) { $0.faults = [:] }
    #expect(sandbox.registrations(Quirk.kind) == 1)
    let rotate = try await it.place.run("rotate", Quirk.kind)
    #expect(rotate.exit == 0, "\(rotate.all)")
    #expect(sandbox.registrations(Quirk.kind) == 2)
    #expect(try await it.place.run("verify").exit == 0)
  }

  private static let neverRenewed = Quirk(
    59, "an expired secret; a server that always returns the same registration",
    "renewed before it expires; renewal-ineffective if the new secret expires no later; the old client is kept",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = 90 * 86_400
      $0.registration.deduplicates = true
    }
  ) { sandbox in
    let it = try await sandbox.quirk("renew_before: 91d")
    try it.place.makeOld(Quirk.kind)
    let renewal = try await sandbox.apply(Quirk.kind, in: it.place)
    #expect(renewal.code == "renewal-ineffective", "\(renewal.run.out)")
    #expect(renewal.action == "replace" && renewal.reasons == ["secret-expiring"])
    #expect(renewal.calls == ["POST register"])
    #expect(renewal.entry["client_id"].string == it.entry["client_id"].string)
    sandbox.change(Quirk.kind) {
      $0.registration.deduplicates = false
      $0.registration.secretSeconds += 86_400
    }
    let renewed = try await sandbox.apply(Quirk.kind, in: it.place)
    #expect(renewed.run.exit == 0, "\(renewed.run.all)")
    #expect(renewed.entry["client_id"].string != it.entry["client_id"].string)
  }

  private static let cannotRenew = Quirk(
    60, "an expired secret, and discovery no longer finds a registration endpoint",
    "a failure in every run, with its code; never a silent success",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = 90 * 86_400
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    sandbox.expireSecrets()
    try it.place.editEntry(Quirk.kind, ["client_secret_expires_at": "2026-01-01T00:00:00Z"])
    sandbox.change(Quirk.kind) { $0.registration.isOffered = false }
    for _ in 0..<2 {
      let run = try await sandbox.apply(Quirk.kind, in: it.place)
      #expect(run.run.exit == 1, "\(run.run.all)")
      #expect(run.server["outcome"].string == "failed")
      #expect(run.code == "registration-unsupported", "\(run.run.out)")
      #expect(run.entry["client_id"].string == it.entry["client_id"].string)
    }
    let status = try await it.place.run("status", "--check", "--format", "json")
    #expect(status.exit == 1 && status.out.contains("secret-expired"), "\(status.out)")
  }

  private static let consent = Quirk(
    61, "a replacement of an expiring client without approval",
    "the plan shows it first; with renew: never it is blocked",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.secretSeconds = 90 * 86_400
    }
  ) { sandbox in
    let it = try await sandbox.quirk("renew_before: 91d")
    try it.place.makeOld(Quirk.kind)
    let plan = try await it.place.run("plan", "--format", "json", "--detailed-exitcode")
    #expect(plan.exit == 2)
    let change = try plan.json()["servers"][0]
    #expect(change["action"].string == "replace" && change["reasons"].strings == ["secret-expiring"])
    #expect(change["users_must_reconnect"].bool == true)
    let never = try await sandbox.again(it, "renew: never", "renew_before: 91d")
    #expect(never.action == "blocked" && never.code == "secret-expiring", "\(never.run.out)")
    #expect(sandbox.registrations(Quirk.kind) == 1)
  }

  private static let lostAnswer = Quirk(
    62, "a timeout or a crash after the POST",
    "an unknown outcome in the lock, repeated only with --retry-unknown; the secret is stored before the lock",
    made: { $0.faults[.register] = SandboxFault(.drop, times: 1, takesEffect: true) }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-outcome-unknown", says: [it.issuer, "--retry-unknown", "mcpauth import"])
    #expect(it.registrations == 1)
    #expect(it.lock["orphans"][0]["reason"].string == "outcome-unknown")
    let blocked = try await sandbox.again(it)
    #expect(blocked.action == "blocked" && blocked.code == "registration-outcome-unknown")
    #expect(blocked.registrations == 1)
    let retried = try await sandbox.again(it, options: ["--retry-unknown"])
    #expect(retried.run.exit == 0 && retried.registrations == 2, "\(retried.run.all)")
    #expect(retried.lock["orphans"][0]["retried"].bool == true)

    // A crash directly after the answer: the next run uses what was stored, and registers nothing again.
    let place = try Workplace(servers: sandbox.block(Quirk.kind, oauth2: ["scopes: [read]"]))
    sandbox.answer("POST", "/as/quirk/register", with: SandboxAnswer.hang, times: 1)
    let running = try place.start(["apply"])
    try await eventually("the registration was asked for", within: 60) {
      sandbox.requests().contains { $0.note == "hang" }
    }
    running.send(SIGKILL)
    _ = try await running.finish()
    let after = try await sandbox.apply(Quirk.kind, in: place)
    #expect(after.code == "registration-outcome-unknown", "\(after.run.all)")
    #expect(after.calls.isEmpty)
  }

  private static let makeBeforeBreak = Quirk(
    63, "a replacement that fails in the middle",
    "the new client is stored before the old one is deleted; until then the lock, the secret and the client stay",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.management = ManagementRules()
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    let secret = try it.place.record(Quirk.kind)["client_secret"].string
    for answer in [SandboxAnswer.text(403, "no"), .text(500, "x")] {
      sandbox.change(Quirk.kind) { $0.faults[.register] = SandboxFault(answer) }
      let failed = try await sandbox.again(it, "generation: 1", options: ["--retry-unknown"])
      #expect(failed.run.exit == 1, "\(failed.run.all)")
      #expect(failed.entry["client_id"].string == it.entry["client_id"].string)
      #expect(try it.place.record(Quirk.kind)["client_secret"].string == secret)
      #expect(!failed.trail.contains("DELETE management"))
    }
    sandbox.change(Quirk.kind) { $0.faults = [:] }
    let done = try await sandbox.again(it, "generation: 1", options: ["--retry-unknown"])
    #expect(done.run.exit == 0, "\(done.run.all)")
    #expect(done.trail.suffix(2) == ["POST register", "DELETE management"])
    #expect(done.clients.map(\.clientID) == [done.entry["client_id"].string])
  }

  private static let plainSecrets = Quirk(
    64, "secrets in a committed configuration",
    "a separate store, files 0600 in folders 0700; the lock has only a version; no secret in output and other files",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.management = ManagementRules()
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    let client = try #require(it.clients.first)
    let secrets = [client.secret, client.managementToken].compactMap(\.self)
    #expect(secrets.count == 2)
    let record = try it.place.recordPath(Quirk.kind)
    #expect(try it.place.mode(record) == 0o600)
    #expect(try it.place.mode(Workplace.secrets) == 0o700)
    for (name, bytes) in try it.place.snapshot() where name != record {
      for secret in secrets { #expect(!String(decoding: bytes, as: UTF8.self).contains(secret), "\(name)") }
    }
    for command in [
      ["status"], ["state", "show", Quirk.kind], ["plan"], ["export", "--to", "json"], ["apply", "--verbose"],
    ] {
      let run = try await it.place.run(command)
      for secret in secrets { #expect(!run.all.contains(secret), "\(command)") }
    }
    #expect(it.entry["secret_version"].string?.isEmpty == false)
  }

  private static let addresses = Quirk(
    65, "discovered URLs that lead to private addresses",
    "address-blocked before a request is sent, in each document and in each notation",
    made: { _ in }
  ) { sandbox in
    let hosts = ["169.254.169.254", "10.0.0.1", "[::ffff:a9fe:a9fe]", "2852039166"]
    for host in hosts {
      let url = SandboxJSON.string("https://\(host)/x")
      sandbox.change(Quirk.kind) { $0.metadataChanges = ["authorization_servers": [url]] }
      let issuer = try await sandbox.quirk()
      issuer.expectFailure("address-blocked")
      #expect(issuer.trail == ["POST mcp", "GET resource-metadata"])
      sandbox.change(Quirk.kind) {
        $0.metadataChanges = [:]
        $0.issuerMetadataChanges = ["registration_endpoint": url]
      }
      let registration = try await sandbox.quirk()
      registration.expectFailure("address-blocked")
      sandbox.change(Quirk.kind) {
        $0.issuerMetadataChanges = [:]
        $0.challenge = ["Bearer resource_metadata=\"https://\(host)/x\""]
      }
      let pointer = try await sandbox.quirk()
      pointer.expectFailure("address-blocked")
      #expect(pointer.trail == ["POST mcp"])
      sandbox.change(Quirk.kind) { $0.challenge = SandboxKind("", "").challenge }
    }
  }

  private static let managed = Quirk(
    66, "few servers support RFC 7592; if they do, the token can change",
    "URL and token are stored with the secrets, and used to delete a removed client",
    made: {
      $0.management = .with { $0.rotatesToken = true }
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    #expect(it.entry["managed"].bool == true)
    #expect(it.place.lockText?.contains("registration_access_token") == false)
    let record = try it.place.record(Quirk.kind)
    #expect(record["registration_access_token"].string == it.clients.first?.managementToken)
    #expect(record["registration_client_uri"].string?.hasPrefix(it.issuer) == true)
    try it.place.write(servers: "docs: {url: \"https://docs.example/mcp\", auth: none}")
    let removal = try await it.place.run("apply", "--allow-mass-change")
    #expect(removal.exit == 0, "\(removal.all)")
    #expect(sandbox.clients().isEmpty)
    #expect(sandbox.requests().last?.method == "DELETE")
    #expect(try it.place.lock()["orphans"].array.isEmpty)
  }
}
