import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

/// How to cause each code of `validate`, `plan` and `apply`. `CommandTable` has the codes of other commands.
enum ErrorTable {
  static let all = inventory + requests + discovery + registration + life + state + warnings

  /// Codes that need more than a row. For each, the file of this target with a test that causes it.
  static let elsewhere: [DiagnosticCode: String] = [
    .clockWrong: "Reliability/ClockTests.swift", .secretShared: "Secrets/SecretsMoveTests.swift",
    .storeOutcomeUnknown: "../Stores/openbao.py", .intentSettled: "../Etcd/runs.py",
    .stateNotEmpty: "../Etcd/runs.py",
  ]

  private static let head = "version: 1\nclient: {name: a, redirect_uris: [\"http://127.0.0.1:7777/cb\"]}\n"

  // MARK: InventoryReference#Servers

  static let inventory: [ErrorCase] = [
    .inventory(.yamlSyntax, head + "servers:\n  a: {url: \"https://a.example/mcp\"\n"),
    .servers(.unknownKey, "a: {url: \"https://a.example/mcp\", urll: x}"),
    .servers(.duplicateKey, "a: {url: \"https://a.example/mcp\"}\na: {url: \"https://b.example/mcp\"}"),
    .servers(.missingKey, "a: {auth: none}"),
    .servers(.invalidValue, "a: {url: \"https://a.example/mcp\", enabled: yes}"),
    .servers(.unsetVariable, "a: {url: \"https://${MCP_HOST_NOT_SET}/mcp\"}"),
    .servers(
      .inlineSecret, "a: {url: \"https://a.example/mcp\", auth: api_key, api_key: {header: X-A, value: abcdefgh}}"),
    .servers(
      .referenceRefused,
      "a: {url: \"https://a.example/mcp\", auth: api_key, api_key: {header: X-A, value: {env: GITHUB_TOKEN}}}"),
    .servers(
      .unresolvedPlaceholder, "a: {url: \"https://a.example/mcp\"}",
      client: "{name: a, redirect_uris: [\"https://a.example/{tenant}/cb\"]}"),
    .servers(.partialOAuth2Config, "a: {url: \"https://a.example/mcp\", oauth2: {client_id: a}}"),
    .servers(.secretWithoutClient, "a: {url: \"https://a.example/mcp\", oauth2: {client_secret: {env: A}}}"),
    .servers(.tokenWithoutIssuer, "a: {url: \"https://a.example/mcp\", oauth2: {initial_access_token: {env: A}}}"),
    .servers(
      .mixedRedirectURIs, "a: {url: \"https://a.example/mcp\"}",
      client: "{name: a, redirect_uris: [\"https://a.example/cb\", \"http://127.0.0.1/cb\"]}"),
    .servers(
      .consumersDisagree,
      "a: {url: \"https://a.example/mcp\", oauth2: {token_endpoint_auth_method: client_secret_basic}}",
      client: "{name: a, consumers: {gemini: {}}}"),
    .servers(.invalidURL, "a: {url: \"https:///mcp\"}"),
    .servers(.insecureURL, "a: {url: \"http://a.example/mcp\"}"),
    ErrorCase(code: .inventoryTooLarge, command: ["validate"], exit: 3) { place, _ in
      try place.write(String(repeating: "# 31 characters, and a line end\n", count: 1 << 19) + "#")
      return nil
    },
    ErrorCase(code: .inventoryUnreadable, command: ["plan", "no-such.yaml"], exit: 3) { _, _ in nil },
    ErrorCase(code: .transportDeprecated, isWarning: true, command: ["validate"], exit: 0) { place, _ in
      try place.write(servers: "a: {url: \"https://a.example/sse\", transport: sse, auth: none}")
      return nil
    },
    ErrorCase(code: .duplicateURL, isWarning: true, command: ["validate"], exit: 0) { place, _ in
      try place.write(servers: "a: &a {url: \"https://a.example/mcp\"}\nb: *a")
      return nil
    },
  ]

  // MARK: Discovery#Requests

  static let requests: [ErrorCase] = [
    .kind(.addressBlocked, "private-address", "plan"),
    .kind(.redirectRefused, "challenge", "plan") {
      $0.faults[.resourceMetadata] = SandboxFault(.redirect(to: "https://elsewhere.example/metadata"))
    },
    .kind(.responseTooLarge, "huge-metadata", "plan"),
    .kind(.timeout, "challenge", "plan", "--timeout", "1s") { $0.faults[.resourceMetadata] = SandboxFault(.hang) },
    .kind(.unreachable, "broken", "plan"),
    .kind(.rateLimited, "rate-limited", "apply"),
  ]

  // MARK: Discovery#Protected-resource-metadata, Discovery#Authorization-server-metadata

  static let discovery: [ErrorCase] = [
    .kind(.noAuthRequired, "open", "plan"),
    .kind(.resourceMetadataUnavailable, "dangling", "plan"),
    .kind(.resourceMismatch, "wrong-resource", "plan"),
    .kind(.noAuthorizationServer, "no-issuer-listed", "plan"),
    .kind(.authorizationServerMetadataUnavailable, "lists-itself", "plan"),
    .kind(.issuerMismatch, "wrong-issuer", "plan"),
    .kind(.metadataInvalid, "no-token-endpoint", "plan"),
    .kind(.pkceUnsupported, "no-pkce", "plan"),
  ]

  // MARK: Registration#Strategies

  private static func client(_ document: String) -> String {
    "name: a\n  redirect_uris: [\"http://127.0.0.1:7777/callback/cimd\"]\n  metadata_url: \"{origin}/\(document)\""
  }

  static let registration: [ErrorCase] = [
    .kind(.registrationUnsupported, "no-registration", "plan"),
    .kind(.clientMetadataInvalid, "cimd", "plan", client: client("client-wrong-id.json")),
    .kind(.authMethodUnsupported, "private-key-only", "plan"),
    .kind(.redirectURIRejected, "https-only", "apply"),
    .kind(.clientMetadataRejected, "rejects-metadata", "apply"),
    .kind(
      .softwareStatementRejected, "no-statements", "apply",
      oauth2: "{issuer: \"{issuer}\", software_statement: {env: STATEMENT}}",
      environment: ["STATEMENT": "a-software-statement"]),
    .kind(.registrationProtected, "trusted-hosts", "apply"),
    .kind(.registrationRejected, "teapot", "apply"),
    .kind(.registrationOutcomeUnknown, "lost-answer", "apply"),
    .kind(.registrationInsufficient, "no-secret", "apply"),
    .kind(.registrationAltered, "alters-redirects", "apply"),
    .kind(.registrationExpired, "expired", "apply"),
  ]

  // MARK: Registration#Management

  static let life: [ErrorCase] = [
    .afterApply(.registrationLost, "managed", "verify") { _, sandbox in sandbox.forgetClients() },
    .afterApply(.updateOutcomeUnknown, "managed", "apply") { place, sandbox in
      sandbox.change("managed") {
        $0.faults[.management] = SandboxFault(.drop, takesEffect: true, method: "PUT")
      }
      try place.write(server: "managed", sandbox, oauth2: "{scopes: [read]}")
    },
    .afterApply(.updateRejected, "managed", "apply") { place, sandbox in
      sandbox.change("managed") {
        $0.faults[.management] = SandboxFault(.oauthError(400, "invalid_client_metadata", "not to our taste"))
      }
      try place.write(server: "managed", sandbox, oauth2: "{scopes: [read]}")
    },
    .afterApply(.renewalIneffective, "same-secret", "apply", oauth2: "{renew_before: 91d}") { place, _ in
      try place.makeOld("s")
    },
    .afterApply(
      .issuerChanged, "no-registration", "plan", "--refresh", oauth2: "{registration: preregistered, client_id: mine}"
    ) { _, sandbox in
      sandbox.change("no-registration") { $0.issuerPath = "/as/no-registration/moved" }
    },
  ]

  // MARK: PlanAndApply#Lock-file, SecretStores#Records, Reliability

  static let state: [ErrorCase] = [
    ErrorCase(code: .nothingToRotate, command: ["rotate", "a"], exit: 1) { place, _ in
      try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
      return nil
    },
    ErrorCase(code: .stalePlan, command: ["apply", "p.json"], exit: 1, kinds: ["challenge"]) { place, sandbox in
      try place.write(server: "challenge", sandbox)
      let plan = try await place.run("plan", "--out", "p.json")
      #expect(plan.exit == 0, "\(plan.all)")
      try place.write(server: "challenge", sandbox, oauth2: "{scopes: [read]}")
      return nil
    },
    ErrorCase(code: .planInvalid, command: ["apply", "p.json"], exit: 1) { place, _ in
      try place.write("{\"kind\": \"mcpauth-plan\", \"version\": 1}", to: "p.json")
      return nil
    },
    ErrorCase(code: .planTooNew, command: ["apply", "p.json"], exit: 1) { place, _ in
      try place.write("{\"kind\": \"mcpauth-plan\", \"version\": 2}", to: "p.json")
      return nil
    },
    .afterApply(.secretExpiring, "short-lived", "plan", oauth2: "{renew: never}") { place, _ in
      try place.makeOld("s")
    },
    .afterApply(.secretMissing, "confidential-basic", "plan") { place, _ in try place.remove(place.recordPath("s")) },
    .afterApply(.secretUnreadable, "confidential-basic", "plan") { place, _ in
      try place.write("garbage", to: place.recordPath("s"))
    },
    .afterApply(.secretMismatch, "confidential-basic", "plan") { place, _ in
      // The record of another server in the file of this one.
      let path = try place.recordPath("s")
      try place.write(try place.read(path).replacingOccurrences(of: "\"s\"", with: "\"other\""), to: path)
    },
    ErrorCase(code: .storeNotDurable, command: ["apply"], exit: 1, kinds: ["challenge"], environment: ["CI": "1"]) {
      place, sandbox in
      try place.write(server: "challenge", sandbox)
      return nil
    },
    ErrorCase(code: .storeFailed, command: ["apply"], exit: 1, kinds: ["challenge"]) { place, sandbox in
      try place.write(server: "challenge", sandbox)
      try place.write("", to: ".mcpauth")
      return nil
    },
    ErrorCase(code: .storeProgramRefused, command: ["plan"], exit: 1) { place, _ in
      try place.write(
        servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: "secrets: {store: helper, helper: x}")
      return nil
    },
    ErrorCase(code: .storeAddressRefused, command: ["plan"], exit: 1) { place, _ in
      try place.write(
        servers: "a: {url: \"https://a.example/mcp\", auth: none}",
        head: "secrets: {store: kv2, address: \"http://127.0.0.1:1\", path: a, auth: {token: {env: BAO_TOKEN}}}")
      return nil
    },
    .afterApply(.unsafeFile, "challenge", "plan") { place, _ in try place.setMode(0o770, Workplace.state) },
    ErrorCase(
      code: .interrupted, command: ["apply"], exit: 1, kinds: ["challenge"], holdsRegistrations: true,
      prepare: { place, sandbox in
        try place.write(
          server: "challenge", sandbox, more: "t: {url: \"\(sandbox.url("challenge"))\"}")
        return nil
      },
      meanwhile: { run, sandbox in
        try await eventually("a registration began") { sandbox.registrations("challenge") > 0 }
        try await run.interrupt(SIGTERM)
      }),
    ErrorCase(code: .skipped, command: ["apply"], exit: 1, kinds: ["lost-answer"]) { place, sandbox in
      try place.write(server: "lost-answer", sandbox, more: "t: {url: \"\(sandbox.url("lost-answer"))\"}")
      return nil
    },
    ErrorCase(code: .protected, command: ["plan"], exit: 1, kinds: ["challenge"]) { place, sandbox in
      try place.write(servers: "s: {url: \"\(sandbox.url("challenge"))\", protect: true}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      try place.write(servers: "other: {url: \"https://a.example/mcp\", auth: none}")
      return nil
    },
    ErrorCase(code: .massChange, command: ["apply"], exit: 1, kinds: ["challenge", "well-known"]) { place, sandbox in
      try place.write(
        server: "challenge", sandbox, more: "t: {url: \"\(sandbox.url("well-known"))\"}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      try place.write(servers: "other: {url: \"https://a.example/mcp\", auth: none}")
      return nil
    },
    ErrorCase(code: .locked, command: ["apply"], exit: 4) { place, _ in
      try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
      return try HeldRunLock(place)
    },
    .afterApply(.lockInvalid, "challenge", "plan") { place, _ in try place.write("{", to: Workplace.lockFile) },
    .afterApply(.lockTooNew, "challenge", "plan") { place, _ in
      let lock = try place.read(Workplace.lockFile)
      try place.write(lock.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 99"), to: Workplace.lockFile)
    },
    .afterApply(.stateMoved, "challenge", "plan") { place, _ in
      let lock = try place.read(Workplace.lockFile)
      let moved = lock.replacingOccurrences(of: "\"lineage\"", with: "\"moved_to\": \"etcd x\",\n  \"lineage\"")
      try place.write(moved, to: Workplace.lockFile)
    },
    .afterApply(.lockMissing, "challenge", "plan") { place, _ in try place.remove(Workplace.lockFile) },
    .afterApply(.journalInvalid, "challenge", "plan") { place, _ in
      try place.write("damaged\nalso\n", to: Workplace.state + "/journal.jsonl")
    },
    ErrorCase(code: .journalForeign, command: ["plan"], exit: 1, kinds: ["challenge"]) { place, sandbox in
      try place.write(server: "challenge", sandbox)
      sandbox.change("challenge") { $0.faults[.register] = SandboxFault(.hang, takesEffect: true) }
      let other = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      let run = try other.start(["apply"])
      try await eventually("the intent is in its journal") { sandbox.registrations("challenge") > 0 }
      run.send(SIGKILL)
      _ = try await run.finish()
      sandbox.change("challenge") { $0.faults[.register] = nil }
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      let journal = Workplace.state + "/journal.jsonl"
      try place.write(other.read(journal), to: journal)
      return nil
    },
  ]

  // MARK: Warnings

  static let warnings: [ErrorCase] = [
    .kind(.resourceIsBroader, "broader", "plan").asWarning,
    .kind(.issuerTrailingSlash, "trailing-slash", "plan").asWarning,
    .kind(.authorizationServerPassedOver, "multi-as", "plan").asWarning,
    .kind(.legacyDiscovery, "legacy-document", "plan").asWarning,
    .kind(.metadataMemberIgnored, "odd-types", "plan").asWarning,
    .kind(
      .dcrDeprecated, "cimd-and-registration", "plan", oauth2: "{registration: dcr}", client: client("client.json")
    ).asWarning,
    .kind(.clientMetadataUnverified, "cimd", "plan", client: client("client-missing.json")).asWarning,
    .kind(.registrationRetried, "rejects-scope", "apply").asWarning,
    .kind(.authMethodUnconfirmed, "public-secret", "apply") { $0.faults[.token] = SandboxFault(.html(200)) }.asWarning,
    .kind(.unusualAnswer, "sloppy", "apply").asWarning,
    .kind(.scopeNarrowed, "narrows", "apply").asWarning,
    .kind(.offlineAccessUnlisted, "challenge", "plan", oauth2: "{scopes: [read, offline_access]}") {
      $0.issuerMetadataChanges["scopes_supported"] = ["read"]
    }.asWarning,
    .kind(.secretShortLived, "short-lived", "apply").asWarning,
    .kind(.pkceAssumed, "no-pkce", "plan", oauth2: "{pkce: assume_s256}").asWarning,
    .afterApply(.secretStoreExposed, "confidential-basic", "apply") { place, sandbox in
      try place.setMode(0o755, Workplace.secrets)
      try place.write(
        server: "confidential-basic", sandbox, more: "t: {url: \"https://a.example/mcp\", auth: none}")
    }.asWarning,
    .afterApply(.displayChangeWaits, "challenge", "plan") { place, sandbox in
      try place.write(
        server: "challenge", sandbox, client: "name: Another name\n  redirect_uris: [\"\(Workplace.redirectURI)\"]")
    }.asWarning,
    .afterApply(.clientLeftBehind, "challenge", "plan") { place, _ in
      try place.write(servers: "other: {url: \"https://a.example/mcp\", auth: none}")
    }.asWarning,
    .afterApply(.recordsKept, "confidential-basic", "secrets", "check") { place, sandbox in
      try place.write(server: "confidential-basic", sandbox, oauth2: "{generation: 1}")
      #expect(try await place.run("apply").exit == 0)
    }.asWarning,
    ErrorCase(
      code: .recipientsUnknown, isWarning: true, command: ["plan"], exit: 0, kinds: ["confidential-basic"]
    ) { place, sandbox in
      try place.write(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}", head: AgeKey.head(try await AgeKey.make()))
      #expect(try await place.run("apply").exit == 0)
      try place.remove(Workplace.ageFolder + "/recipients")
      return nil
    },
    .afterApply(.managementLost, "managed", "apply", "--refresh") { _, sandbox in sandbox.forgetManagement() }
      .asWarning,
  ]
}
