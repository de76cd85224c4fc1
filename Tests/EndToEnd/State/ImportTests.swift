import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth import` (PlanAndApply#Commands). Tests of the binary.
@Suite struct ImportTests {
  /// A client that was registered in another work tree.
  private func client(at kind: String, _ sandbox: Sandbox) async throws -> SandboxClient {
    let elsewhere = try Workplace(servers: "s: {url: \"\(sandbox.url(kind))\"}")
    let apply = try await elsewhere.run("apply")
    #expect(apply.exit == 0, "\(apply.all)")
    return try #require(sandbox.clients().last { $0.kind == kind })
  }

  @Test("a client from another place is imported, with its secret from the environment or a file")
  func adopts() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let client = try await client(at: "confidential-basic", sandbox)
      let secret = try #require(client.secret)
      for isFile in [true, false] {
        let place = try Workplace(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}")
        try place.write(secret + "\n", to: "secret.txt")
        let run = try await place.run(
          "import", "s", "--client-id", client.clientID, "--client-secret-from",
          isFile ? "file:secret.txt" : "env:THE_SECRET", environment: isFile ? [:] : ["THE_SECRET": secret])
        #expect(run.exit == 0, "\(run.all)")
        #expect(run.out.contains("plan: 1 to import\n") && run.out.contains("+ s: imported  "), "\(run.out)")
        #expect(run.out.hasSuffix("\nimport: 1 imported\n"), "\(run.out)")
        #expect(!run.all.contains(secret))
        #expect(try place.entry("s")["client_id"].string == client.clientID)
        #expect(try place.entry("s")["registration"].string == "dcr")
        #expect(try place.record("s")["client_secret"].string == secret)
        #expect(place.lockText?.contains(secret) == false)
        #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
      }
      #expect(sandbox.registrations("confidential-basic") == 1)
    }
  }

  @Test("Registration#Management: invalid credentials are refused without writing, except with --no-verify")
  func dead() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}")
      let arguments = ["import", "s", "--client-id", "made-up", "--client-secret-from", "env:THE_SECRET"]
      let run = try await place.run(arguments, environment: ["THE_SECRET": "not-the-secret"])
      #expect(run.exit == 1 && run.all.contains("registration-lost"), "\(run.all)")
      #expect(place.lockText == nil && place.names(in: Workplace.secrets).isEmpty)
      let forced = try await place.run(arguments + ["--no-verify"], environment: ["THE_SECRET": "not-the-secret"])
      #expect(forced.exit == 0, "\(forced.all)")
    }
  }

  @Test("RFC 7592: a managed client is read from the server, and is managed after the import")
  func managed() async throws {
    try await withSandbox(.init(kinds: ["managed-rotating"])) { sandbox in
      let elsewhere = try Workplace(servers: "s: {url: \"\(sandbox.url("managed-rotating"))\"}")
      #expect(try await elsewhere.run("apply").exit == 0)
      let record = try elsewhere.record("s")
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("managed-rotating"))\"}")
      let run = try await place.run(
        [
          "import", "s", "--client-id", record["client_id"].string ?? "", "--client-secret-from", "env:SECRET",
          "--registration-client-uri", record["registration_client_uri"].string ?? "",
          "--registration-access-token-from", "env:TOKEN", "--format", "json",
        ],
        environment: [
          "SECRET": record["client_secret"].string ?? "", "TOKEN": record["registration_access_token"].string ?? "",
        ])
      #expect(run.exit == 0, "\(run.all)")
      #expect(try SchemaCheck("plan").problems(run.out) == [])
      #expect(try place.entry("s")["managed"].bool == true)
      #expect(
        try place.record("s")["registration_access_token"].string != record["registration_access_token"].string)
      // The new token works, so the client can be rotated.
      let rotate = try await place.run("rotate", "s")
      #expect(rotate.exit == 0, "\(rotate.all)")
    }
  }

  @Test("Reliability#Unknown-outcomes: the client of an unknown outcome is found at the server and imported")
  func unknownOutcome() async throws {
    try await withSandbox(.init(kinds: ["lost-answer"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("lost-answer"))\"}")
      #expect(try await place.run("apply").exit == 1)
      #expect(try place.lock()["orphans"].array.count == 1)
      let client = try #require(sandbox.clients().first)
      let run = try await place.run("import", "s", "--client-id", client.clientID)
      #expect(run.exit == 0, "\(run.all)")
      #expect(try place.lock()["orphans"].array.isEmpty)
      #expect(try await place.run("apply").exit == 0)
    }
  }

  @Test("SecretStores#Records: a value on the command line is wrong usage, and is not repeated")
  func values() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    for option in ["--client-secret-from", "--registration-access-token-from"] {
      let run = try await place.run("import", "docs", "--client-id", "c", option, "the-value-itself")
      #expect(run.exit == 64, "\(run.all)")
      #expect(!run.all.contains("the-value-itself"), "\(run.all)")
      #expect(!place.exists(".mcpauth"))
    }
    let unknown = try await place.run("import", "dosc", "--client-id", "c")
    #expect(unknown.exit == 64 && unknown.err.contains("did you mean 'docs'?"), "\(unknown.all)")
    let none = try await place.run("import", "docs", "--client-id", "c")
    #expect(none.exit == 1 && none.all.contains("invalid-value"), "\(none.all)")
  }
}
