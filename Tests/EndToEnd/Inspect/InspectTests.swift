import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth inspect URL` (PlanAndApply#Commands; Discovery#Inspection).
@Suite struct InspectTests {
  @Test(
    "Discovery#Inspection: for every kind of server, inspect gives the same result as plan; only the probe is sent with POST",
    arguments: SandboxKind.names)
  func verdict(name: String) async throws {
    try await withServers(SandboxConfiguration(kinds: [name])) { sandbox in
      let takesDocuments = name.hasPrefix("cimd")
      let document = "\(sandbox.origin)/client.json"
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url(name))\"}",
        client: "name: End to end\n  redirect_uris: [\"\(Workplace.redirectURI)\"]"
          + (takesDocuments ? "\n  metadata_url: \(document)" : ""))
      if takesDocuments {
        // The sandbox's document is for a server with the name of the kind.
        let text = try await Wire.send("GET", document).body
        sandbox.answer(
          "GET", "/client.json",
          with: .text(
            200, text.replacingOccurrences(of: "/callback/\(name)", with: "/callback/s"), type: "application/json"))
      }
      let plan = try await place.run("plan", "--format", "json")
      let planned = try plan.json()["servers"][0]
      let it =
        takesDocuments
        ? try await sandbox.inspect(name, in: place, "--metadata-url", document)
        : try await sandbox.inspect(name, in: place)

      #expect(it.run.err.isEmpty, "\(it.run.err)")
      #expect(it.code == planned["error"]["code"].string, "\(it.run.out)")
      #expect(it.document["registrable"].bool == (it.code == nil))
      #expect(it.run.exit == (it.code == nil ? 0 : 1))
      #expect(it.codes("error").isEmpty == (it.code == nil), "\(it.run.out)")
      if let code = it.code { #expect(it.codes("error").contains(code), "\(it.run.out)") }
      let warned = Set(planned["warnings"].array.compactMap { $0["code"].string })
      #expect(it.codes.isSuperset(of: warned), "\(warned) is not in \(it.codes)")
      #expect(it.trespasses == [])
      #expect(sandbox.registrations(name) == 0)
      let problems = try SchemaCheck("inspect").problems(it.run.out)
      #expect(problems == [])
      // One line for each request, also for a request whose answer was not used, and for one that was not allowed.
      let lines = it.document["requests"].array
      #expect(lines.count { $0["status"].integer != nil } <= it.requests.count)
      #expect(lines.count >= it.requests.count)
    }
  }

  @Test(
    "Discovery#Inspection: inspect shows the same request body that apply sends, and the same entry that apply writes to the lock file",
    arguments: [
      "challenge", "scoped", "scoped-metadata", "legacy-document", "trailing-slash", "no-refresh", "method-post-only",
      "no-methods", "multi-as", "cimd",
    ])
  func outlook(name: String) async throws {
    try await withServers(SandboxConfiguration(kinds: [name])) { sandbox in
      let document = "\(sandbox.origin)/mine.json"
      let isDocument = name == "cimd"
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url(name))\"}",
        client: "name: End to end\n  redirect_uris: [\"\(Workplace.redirectURI)\"]"
          + (isDocument ? "\n  metadata_url: \(document)" : ""))
      if isDocument {
        let printed = try await place.run("client-metadata")
        sandbox.answer("GET", "/mine.json", with: .text(200, printed.out, type: "application/json"))
      }
      let it =
        isDocument
        ? try await sandbox.inspect(name, in: place, "--metadata-url", document)
        : try await sandbox.inspect(name, in: place)
      #expect(it.run.exit == 0, "\(it.run.all)")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      let client = it.document["client"]
      #expect(client["hypothetical"].bool == false)
      if isDocument {
        #expect(client["client_id"].string == document && client["request"].isNull)
        #expect(sandbox.registrations(name) == 0)
      } else {
        let sent = try #require(sandbox.requests().first { $0.endpoint == .register }?.body)
        let members = Document(try JSONSerialization.jsonObject(with: Data(sent.utf8))).object ?? [:]
        let shown = client["request"].object ?? [:]
        #expect(shown.mapValues(\.description) == members.mapValues(\.description))
      }
      let locked = try place.entry("s")
      for (member, value) in it.document["lock_entry"].object ?? [:] where member != "inputs" {
        #expect("\(value)" == "\(locked[member])", "\(member)")
      }
      #expect((it.document["lock_entry"].object ?? [:]).count > 15)
    }
  }

  // MARK: Continuing after errors

  @Test("Discovery#Inspection: it continues after a wrong resource and a wrong issuer, and reports every error")
  func everythingWrong() async throws {
    let configuration = SandboxConfiguration.made("all-wrong") {
      $0.challenge = [#"Bearer resource_metadata="{origin}/nowhere""#]
      $0.metadataChanges = ["resource": "{origin}/other", "scopes_supported": ["offline_access"]]
      $0.issuerMetadataChanges = [
        "issuer": "{origin}/as/somebody-else", "token_endpoint": .null,
        "registration_endpoint": "http://as.example/register",
        "code_challenge_methods_supported": ["plain"], "response_types_supported": ["token"], "scopes_supported": 7,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
      ]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.inspect("all-wrong", in: try Workplace())
      #expect(it.code == "resource-metadata-unavailable")
      #expect(
        it.codes("error") == [
          "resource-metadata-unavailable", "resource-mismatch", "issuer-mismatch", "metadata-invalid",
          "pkce-unsupported",
          "insecure-url", "auth-method-unsupported",
        ])
      #expect(it.codes.isSuperset(of: ["offline-access-in-resource", "response-types", "metadata-member-ignored"]))
      for finding in it.document["findings"].array {
        #expect(
          finding["rule"]["reference"].string?.isEmpty == false && finding["rule"]["step"].string?.isEmpty == false)
      }
      #expect(it.trespasses == [])
      #expect(it.document["client"].isNull)
      #expect(try SchemaCheck("inspect").problems(it.run.out) == [])
    }
  }

  @Test(
    "Discovery#Inspection: a challenge that names another URL than the one with the document is reported; the possible client is still shown"
  )
  func dangling() async throws {
    try await withServers(SandboxConfiguration(kinds: ["dangling"])) { sandbox in
      let it = try await sandbox.inspect("dangling", in: try Workplace())
      #expect(it.code == "resource-metadata-unavailable" && it.run.exit == 1)
      #expect(it.finding("metadata-elsewhere")["message"].string?.contains(sandbox.metadataURL("dangling")) == true)
      #expect(it.document["client"]["hypothetical"].bool == true)
      #expect(it.document["lock_entry"]["issuer"].string == sandbox.issuer("dangling"))
      #expect(it.trespasses == [])
    }
  }

  @Test(
    "Discovery#Inspection: of several authorization servers, all are inspected; an error of the second one is a warning"
  )
  func several() async throws {
    var configuration = SandboxConfiguration(kinds: ["wrong-issuer"])
    var kind = SandboxKind("two", "two authorization servers")
    kind.metadataChanges = ["authorization_servers": ["{issuer}", "{origin}/as/wrong-issuer"]]
    configuration.kinds.append(kind)
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.inspect("two", in: try Workplace())
      #expect(it.run.exit == 0 && it.code == nil)
      #expect(it.finding("issuer-mismatch")["severity"].string == "warning", "\(it.run.out)")
      #expect(it.requests.contains { $0.kind == "wrong-issuer" })
      #expect(it.trespasses == [])
    }
  }

  // MARK: Addresses

  @Test("Discovery#Addresses: no request goes to a private address from metadata, unless --allow-private allows it")
  func addresses() async throws {
    try await withServers(SandboxConfiguration(kinds: ["private-address"])) { sandbox in
      let place = try Workplace()
      let it = try await sandbox.inspect("private-address", in: place)
      #expect(it.codes("error") == ["address-blocked"], "\(it.run.out)")
      let allowed = try await sandbox.inspect(
        "private-address", in: place, "--allow-private", "10.0.0.0/8", "--timeout", "2s")
      #expect(allowed.code != "address-blocked" && allowed.run.exit == 1, "\(allowed.run.out)")
    }
  }

  @Test("PlanAndApply#Commands: --issuer and --resource have the same effect as in an inventory")
  func given() async throws {
    try await withServers(SandboxConfiguration(kinds: ["wrong-issuer", "wrong-resource"])) { sandbox in
      let place = try Workplace()
      let issuer = try await sandbox.inspect(
        "wrong-issuer", in: place, "--issuer", "\(sandbox.origin)/as/somebody-else")
      #expect(issuer.code == nil, "\(issuer.run.out)")
      let resource = try await sandbox.inspect("wrong-resource", in: place, "--resource", sandbox.url("wrong-resource"))
      #expect(resource.code == nil, "\(resource.run.out)")
    }
  }

  // MARK: Usage, text

  @Test(
    "PlanAndApply#Commands: an invalid URL is wrong usage, and no request is sent",
    arguments: [
      ["ftp://a.example/mcp"], ["mcp.example"], ["http://mcp.example/mcp"], ["https://u:p@a.example/mcp"], [""],
      ["https://a.example/mcp", "--issuer", "x"], ["https://a.example/mcp", "--metadata-url", "https://a.example"],
      ["https://a.example/mcp", "--redirect-uri", "https://a.example/{tenant}"],
      ["https://a.example/mcp", "--ca-file", "no-such-file.pem"],
      ["https://a.example/mcp", "--allow-private", "10.0.0.0/99"], ["https://a.example/mcp", "--timeout", "0s"],
    ])
  func usage(arguments: [String]) async throws {
    let run = try await Workplace().run(["inspect"] + arguments)
    #expect(run.exit == 64, "\(run.all)")
    #expect(run.out.isEmpty && run.err.hasPrefix("error: "), "\(run.err)")
    #expect(!run.all.contains("u:p@"))
  }

  @Test(
    "Discovery#Inspection: text output: four sections, one line per request, findings in their section, the result last"
  )
  func text() async throws {
    try await withServers(SandboxConfiguration(kinds: ["scoped", "wrong-issuer", "no-registration"])) { sandbox in
      let place = try Workplace()
      let good = try await place.run("inspect", sandbox.url("scoped"))
      #expect(good.exit == 0 && good.err.isEmpty, "\(good.err)")
      let heads = ["1 Probe", "2 Protected resource metadata", "3 Authorization server metadata", "4 Client"]
      let lines = good.out.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines.filter { heads.contains($0) } == heads)
      #expect(lines.last { !$0.isEmpty }?.hasPrefix("inspect: a client can be registered; 0 errors, ") == true)
      #expect(good.out.contains("scopes") && good.out.contains("read, from the challenge"))
      #expect(good.out.contains("give yours with --redirect-uri"))
      #expect(good.out.contains("\"token_endpoint_auth_method\": \"none\""))

      let bad = try await place.run("inspect", sandbox.url("wrong-issuer"), "--verbose")
      #expect(bad.exit == 1)
      #expect(bad.out.contains("✗ error[issuer-mismatch]") && bad.out.contains("RFC 8414 section 3.3"), "\(bad.out)")
      #expect(bad.out.contains(" ms ") && bad.out.contains("application/json"))
      #expect(bad.out.contains("inspect: no client can be registered (issuer-mismatch); 1 error, "))

      let quiet = try await place.run("inspect", sandbox.url("wrong-issuer"), "--quiet")
      #expect(quiet.out.contains("error[issuer-mismatch]") && !quiet.out.contains("note["), "\(quiet.out)")

      let manual = try await place.run("inspect", sandbox.url("no-registration"))
      #expect(manual.exit == 1 && manual.out.contains("registration: preregistered"), "\(manual.out)")
    }
  }

  @Test(
    "SecretStores#Redaction: text from a server is printed without escape sequences, control characters and workflow commands"
  )
  func hostile() async throws {
    let evil = "\u{1B}]52;c;AAAA\u{07}\u{202E}##[group]::set-output name=a::b</details>"
    let configuration = SandboxConfiguration.made("hostile") {
      $0.metadataChanges = ["resource": .string(evil), "bearer_methods_supported": [.string(evil)]]
      $0.issuerMetadataChanges = ["issuer": .string(evil), "token_endpoint": .string(evil)]
    }
    try await withServers(configuration) { sandbox in
      let place = try Workplace()
      for format in ["text", "json"] {
        let run = try await place.run("inspect", sandbox.url("hostile"), "--format", format)
        #expect(run.exit == 1)
        #expect(
          !run.all.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || $0.value == 0x202E }, "\(run.all)")
        #expect(!run.all.contains("##[") && !run.out.split(separator: "\n").contains { $0.hasPrefix("::") })
      }
    }
  }

  @Test("Reliability#Signals: a signal ends the inspection")
  func signal() async throws {
    let configuration = SandboxConfiguration.made("hangs") { $0.faults[.resourceMetadata] = SandboxFault(.hang) }
    try await withServers(configuration) { sandbox in
      // The folder exists as long as this object.
      let place = try Workplace()
      let run = try place.start(["inspect", sandbox.url("hangs")])
      try await eventually("it is waiting") { sandbox.requests().contains { $0.endpoint == .resourceMetadata } }
      run.send(SIGTERM)
      let ended = try await run.finish()
      #expect(ended.exit == 1, "\(ended.all)")
      #expect(ended.out.contains("interrupted"))
      #expect(place.names(in: "").isEmpty)
    }
  }
}
