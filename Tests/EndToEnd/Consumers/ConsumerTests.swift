import Foundation
import MCPAuthSandbox
import Testing

/// Consumers that an inventory names. Tests of the binary.
@Suite struct ConsumerTests {
  private static func place(_ sandbox: Sandbox, kind: String, consumers: String, oauth2: String = "{}") throws
    -> Workplace
  {
    let place = try Workplace()
    try place.write(
      """
      version: 1
      client: {name: Acme, consumers: \(consumers)}
      secrets: {store: directory}
      servers:
        s: {url: "\(sandbox.url(kind))", oauth2: \(oauth2)}

      """)
    return place
  }

  @Test("InventoryReference#Consumers: a client is registered with the redirect URIs and the method of each consumer")
  func registered() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["well-known"])) { sandbox in
      let place = try Self.place(
        sandbox, kind: "well-known",
        consumers: "{claude-code: {callback_port: 33418}, librechat: {url: \"https://chat.example.com\"}}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0 && !apply.all.contains("consumer-cannot-sign-in"), "\(apply.all)")
      let entry = try place.entry("s")
      #expect(
        entry["redirect_uris"].strings == [
          "http://localhost:33418/callback", "https://chat.example.com/api/mcp/s/oauth/callback",
        ])
      #expect(entry["application_type"].string == "native")
      for target in ["claude-code", "librechat"] {
        let export = try await place.run("export", "--to", target, "--strict")
        #expect(!export.err.contains("consumer-cannot-sign-in"), "\(export.err)")
      }
      let again = try await place.run("plan", "--detailed-exitcode")
      #expect(again.exit == 0, "\(again.all)")
    }
  }

  @Test("Consumers#Sign-in: plan, status and export name a consumer that cannot sign in, with the reason")
  func warned() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-post"])) { sandbox in
      let place = try Self.place(sandbox, kind: "confidential-post", consumers: "{codex: {callback_port: 33419}}")
      // The server registers another method than the one in the request.
      #expect(try await place.run("apply").exit == 0)
      let reason =
        "codex cannot sign in to 's': the client is registered with client_secret_post, and this program sends client_secret_basic"
      for command in [["plan"], ["status"], ["export", "--to", "codex"]] {
        let run = try await place.run(command)
        #expect(run.exit == 0 && run.all.contains("warning[consumer-cannot-sign-in]: \(reason)"), "\(run.all)")
      }
      let status = try await place.run("status", "--format", "json").json()
      #expect(status["servers"][0]["warnings"][0]["code"].string == "consumer-cannot-sign-in")
      let strict = try await place.run("export", "--to", "codex", "--strict")
      #expect(strict.exit == 1 && strict.out.isEmpty && strict.err.contains("--strict was given"))
    }
  }

  @Test("PlanAndApply#Messages: a consumer that cannot sign in to several servers for one reason is one warning")
  func warnedOnce() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-post", "well-known"])) { sandbox in
      let place = try Self.place(sandbox, kind: "confidential-post", consumers: "{codex: {callback_port: 33419}}")
      let more = ["t", "u"].map { "  \($0): {url: \"\(sandbox.url("confidential-post"))\"}\n" }
      try place.write(
        try place.read("servers.yaml") + more.joined() + "  good: {url: \"\(sandbox.url("well-known"))\"}\n")
      #expect(try await place.run("apply").exit == 0)
      let commands = [["plan"], ["plan", "--format", "markdown"], ["status"], ["export", "--to", "codex"]]
      for command in commands {
        let run = try await place.run(command)
        #expect(run.exit == 0, "\(run.all)")
        #expect(run.all.components(separatedBy: "[consumer-cannot-sign-in]").count == 2, "\(run.all)")
        #expect(run.all.contains("codex cannot sign in to 's': "), "\(run.all)")
        #expect(run.all.contains("note: the same for 3 servers: s, t, u\n"), "\(run.all)")
        // A server is not listed only because of this warning.
        #expect(!run.all.contains("  = s  ") && !run.all.contains("unchanged, with warnings"), "\(run.all)")
      }
      let github = try await place.run("plan", "--format", "github", environment: ["GITHUB_ACTIONS": "true"])
      #expect(github.out.components(separatedBy: "title=consumer-cannot-sign-in::").count == 2, "\(github.out)")
      let document = try await place.run("plan", "--format", "json").json()
      let warned = document["servers"].array.filter { $0["warnings"][0]["code"].string == "consumer-cannot-sign-in" }
      #expect(warned.compactMap { $0["name"].string } == ["s", "t", "u"])
    }
  }

  @Test(
    "Registration#Authentication-method: consumers without a common method that the server supports block the server")
  func disagree() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic"])) { sandbox in
      let place = try Self.place(
        sandbox, kind: "confidential-basic", consumers: "{gemini: , codex: {callback_port: 33419}}")
      let plan = try await place.run("plan")
      #expect(plan.exit == 1 && plan.all.contains("error[consumers-disagree]"), "\(plan.all)")
      #expect(plan.all.contains("client_secret_basic: codex"))
      try place.write(
        try place.read("servers.yaml").replacing("oauth2: {}", with: "oauth2: {consumers: [codex]}"))
      #expect(try await place.run("plan").exit == 0)
    }
  }
}
