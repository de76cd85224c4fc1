import Foundation
import MCPAuthSandbox
import Testing

/// A runner with only the public key of an age store (SecretStores#Records): only servers that need an old secret are refused.
@Suite struct WithoutIdentityTests {
  @Test(
    "SecretStores#Records: import and state move of a managed client, and orphans delete, are secret-unreadable; nothing is written"
  )
  func refused() async throws {
    try await withSandbox(.init(kinds: ["managed", "challenge"])) { sandbox in
      let key = try await AgeKey.make()
      let managed = "\"\(sandbox.url("managed"))\""
      let place = try Workplace(
        servers: "s: {url: \(managed)}\np: {url: \"\(sandbox.url("challenge"))\"}", head: AgeKey.head(key))
      #expect(try await place.run("apply").exit == 0)
      let status = try await place.run("status", "--check")
      #expect(status.exit == 0, "\(status.all)")
      let before = try place.snapshot()

      let imported = try await place.run(
        "import", "s", "--client-id", "found", "--client-secret-from", "env:FOUND", "--no-verify", "--yes",
        environment: ["FOUND": "found-secret"])
      #expect(imported.exit == 1 && imported.err.contains("error[secret-unreadable]"), "\(imported.all)")
      let inventory = try place.read("servers.yaml")
      try place.write(inventory.replacing("  s:", with: "  renamed:"))
      let moved = try await place.run("state", "move", "s", "renamed")
      #expect(moved.exit == 1 && moved.err.contains("error[secret-unreadable]"), "\(moved.all)")
      #expect(moved.err.contains("MCPAUTH_AGE_KEY"))
      try place.write(inventory)
      #expect(try place.snapshot() == before)
      #expect(sandbox.clients().count == 2)

      // With the key, both commands succeed.
      try place.write(inventory.replacing("  s:", with: "  renamed:"))
      let withKey = try await place.run("state", "move", "s", "renamed", environment: key.environment)
      #expect(withKey.exit == 0, "\(withKey.all)")
      #expect(try await place.run("secrets", "check", environment: key.environment).exit == 0)
    }
  }

  @Test("SecretStores#Age: a wrong identity is one error, not one for each server")
  func wrongKey() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "managed"])) { sandbox in
      let key = try await AgeKey.make()
      let other = try await AgeKey.make()
      let servers = [("b", "confidential-basic"), ("c", "managed"), ("d", "confidential-basic")].map { name, kind in
        "\(name): {url: \"\(sandbox.url(kind))\"}"
      }
      let place = try Workplace(servers: servers.joined(separator: "\n"), head: AgeKey.head(key))
      #expect(try await place.run("apply", environment: key.environment).exit == 0)
      for command in [
        ["plan"], ["apply"], ["verify"], ["secrets", "check"], ["export", "--to", "json", "--secrets", "inline"],
      ] {
        let run = try await place.run(command, environment: other.environment)
        #expect(run.exit == 1, "\(command): \(run.all)")
        let errors = run.all.components(separatedBy: "error[secret-unreadable]").count - 1
        #expect(errors == 1 && run.all.contains("the same for 2 others"), "\(command): \(run.all)")
        #expect(run.all.contains("MCPAUTH_AGE_KEY"), "\(command): \(run.all)")
      }
      // The same without any identity, where a command reads the secrets.
      for command in [["verify"], ["export", "--to", "json", "--secrets", "inline"]] {
        let run = try await place.run(command)
        let errors = run.all.components(separatedBy: "error[secret-unreadable]").count - 1
        #expect(run.exit == 1 && errors == 1, "\(command): \(run.all)")
        #expect(run.all.contains("the same for 2 others"), "\(command): \(run.all)")
      }
      // A program gets the error of each server.
      let plan = try await place.run(["plan", "--format", "json"], environment: other.environment)
      #expect(
        try plan.json()["servers"].array.map { $0["error"]["code"].string }
          == Array(repeating: "secret-unreadable", count: 3))
    }
  }
}
