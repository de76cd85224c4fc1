import Foundation
import MCPAuthSandbox
import Testing

/// Attacks by a person who can change only the inventory (ThreatModel#Text-of-an-inventory).
@Suite struct PullRequestTests {
  /// A server that sends the value of the reference to a registration endpoint, as an initial access token.
  private func place(_ sandbox: Sandbox, _ reference: String, head: String = "") throws -> Workplace {
    try Workplace(
      servers: """
        s:
          url: "\(sandbox.url("protected"))"
          oauth2: {issuer: "\(sandbox.issuer("protected"))", initial_access_token: \(reference)}
        """, head: head)
  }

  @Test(
    "InventoryReference#Secret-references: references to secrets of a CI job are refused before any request is sent",
    arguments: [
      "{env: MCPAUTH_AGE_KEY}", "{env: GITHUB_TOKEN}", "{env: CI_JOB_TOKEN}", "{env: AWS_SECRET_ACCESS_KEY}",
      "{env: KUBECONFIG}", "{file: /proc/self/environ}", "{file: .git/config}", "{file: /dev/stdin}",
    ])
  func reserved(_ reference: String) async throws {
    try await withSandbox(.init(kinds: ["protected"])) { sandbox in
      let place = try place(sandbox, reference)
      let secrets = [
        "MCPAUTH_AGE_KEY": "a-value-of-the-job", "GITHUB_TOKEN": "a-value-of-the-job",
        "CI_JOB_TOKEN": "a-value-of-the-job", "AWS_SECRET_ACCESS_KEY": "a-value-of-the-job",
        "KUBECONFIG": "a-value-of-the-job",
      ]
      for command in ["validate", "plan", "apply"] {
        let run = try await place.run(command, environment: secrets)
        #expect(run.exit == 3, "\(run.all)")
        #expect(run.all.contains("error[reference-refused]"), "\(run.all)")
        #expect(!run.all.contains("a-value-of-the-job"))
      }
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test(
    "InventoryReference#Secret-references: a symbolic link is resolved before the check, so a refused file is not read")
  func links() async throws {
    try await withSandbox(.init(kinds: ["protected", "confidential-basic"])) { sandbox in
      let elsewhere = try Workplace()
      let store = elsewhere.path("kept").path
      let place = try Workplace(
        servers: "c: {url: \"\(sandbox.url("confidential-basic"))\"}",
        head: "secrets: {store: directory, path: \"\(store)\"}")
      try elsewhere.write("an-identity", to: "key.txt")
      #expect(try await place.run("apply").exit == 0)
      let record = try #require(elsewhere.names(in: "kept").first { $0.hasPrefix("c.") })
      try place.makeFolder(".git")
      try place.write("token", to: ".git/config")
      let targets = [
        "/proc/self/environ", "/dev/fd/0", place.path(".git/config").path, "\(store)/\(record)",
        elsewhere.path("key.txt").path,
      ]
      for (index, target) in targets.enumerated() {
        for reference in ["link-\(index)", "folder-\(index)/\((target as NSString).lastPathComponent)", target] {
          if reference.hasPrefix("link") {
            try FileManager.default.createSymbolicLink(atPath: place.path(reference).path, withDestinationPath: target)
          } else if reference.hasPrefix("folder") {
            try FileManager.default.createSymbolicLink(
              atPath: place.path("folder-\(index)").path,
              withDestinationPath: (target as NSString).deletingLastPathComponent)
          }
          try place.write(
            servers: """
              c: {url: "\(sandbox.url("confidential-basic"))"}
              s:
                url: "\(sandbox.url("protected"))"
                oauth2: {issuer: "\(sandbox.issuer("protected"))", initial_access_token: {file: "\(reference)"}}
              """, head: "secrets: {store: directory, path: \"\(store)\"}")
          for command in ["plan", "apply"] {
            let run = try await place.run(
              command, environment: ["MCPAUTH_AGE_KEY_FILE": elsewhere.path("key.txt").path])
            #expect(run.exit == 3, "\(reference): \(run.all)")
            #expect(run.all.contains("reference-refused"), "\(reference): \(run.all)")
          }
        }
      }
      #expect(sandbox.registrations("protected") == 0)
    }
  }

  @Test(
    "InventoryReference#Secret-references: a link to an open file is refused, whether the file still has a name or not",
    arguments: [true, false])
  func openFile(isDeleted: Bool) async throws {
    try await withSandbox(.init(kinds: ["protected"])) { sandbox in
      for target in ["/dev/fd/7", "/proc/self/fd/7", "hop"] {
        let place = try place(sandbox, "{file: link}")
        for (link, target) in [("link", target), ("hop", "/dev/fd/7")] {
          try FileManager.default.createSymbolicLink(
            atPath: place.path(link).path, withDestinationPath: target)
        }
        let shell = "exec 7< job.txt; \(isDeleted ? "rm job.txt; " : "")exec \"$@\""
        for command in ["validate", "plan", "apply"] {
          try place.write("a-value-of-the-job", to: "job.txt")
          let run = try await place.start([command], through: ["sh", "-c", shell, "sh"]).finish()
          #expect(run.exit == 3, "\(run.all)")
          #expect(run.all.contains("error[reference-refused]"), "\(run.all)")
          #expect(!run.all.contains("a-value-of-the-job"))
        }
      }
      #expect(sandbox.requests().isEmpty)
    }
  }

  // MARK: Variables

  @Test("InventoryReference#Values: a variable of the job is not inserted into a URL, whether it is set or not")
  func variables() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))/${CI_JOB_TOKEN}\"}")
      for command in ["validate", "plan", "apply"] {
        let run = try await place.run(command, environment: ["CI_JOB_TOKEN": "a-value-of-the-job"])
        #expect(run.exit == 3, "\(run.all)")
        #expect(run.all.contains("error[unset-variable]"))
        #expect(run.all.contains("set MCPAUTH_VAR_CI_JOB_TOKEN"))
        #expect(!run.all.contains("a-value-of-the-job"))
      }
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test(
    "InventoryReference#Values: every command that reads an inventory has --var, which overrides MCPAUTH_VAR_NAME",
    arguments: [
      ["validate"], ["plan", "--offline"], ["apply"], ["status"], ["verify"], ["state", "list"],
      ["state", "show", "s"],
      ["state", "move", "s", "t"], ["state", "forget", "s"], ["orphans", "list"], ["secrets", "list"],
      ["secrets", "check"], ["secrets", "get", "s"], ["secrets", "remove", "k"],
      ["secrets", "move", "--to", "directory", "--path", "x"], ["secrets", "rekey"], ["secrets", "prune"],
      ["client-metadata"],
      ["export", "--to", "json"], ["rotate", "s"], ["import", "s", "--client-id", "x"], ["orphans", "delete", "x"],
      ["orphans", "forget", "x"],
    ])
  func everyCommand(_ command: [String]) async throws {
    let place = try Workplace(
      servers: "s: {url: \"https://${HOST}/mcp\", auth: none}",
      client: "name: A\n  redirect_uris: [\"https://a.example/cb\"]\n  metadata_url: https://a.example/client.json")
    let unset = try await place.run(command)
    #expect(unset.all.contains("unset-variable"), "\(unset.all)")
    for (environment, arguments) in [
      (["MCPAUTH_VAR_HOST": "mcp.example"], []), ([:], ["--var", "HOST=mcp.example"]),
      (["MCPAUTH_VAR_HOST": "wrong host"], ["--var", "HOST=wrong too", "--var", "HOST=mcp.example"]),
    ] as [([String: String], [String])] {
      let run = try await place.run(command + arguments, environment: environment)
      #expect(!run.all.contains("unset-variable") && !run.all.contains("invalid-url"), "\(run.all)")
      // Some of the commands find nothing of that name: 64 too.
      #expect(run.exit != 3 && !run.all.contains("USAGE"), "\(run.all)")
    }
  }

  @Test(
    "InventoryReference#Values: values of --var are shown, because they are not secret; --var without a name is wrong usage"
  )
  func shown() async throws {
    let place = try Workplace(servers: "s: {url: \"https://${HOST}/mcp\", auth: none}")
    let apply = try await place.run("apply", environment: ["MCPAUTH_VAR_HOST": "variable-host.example"])
    #expect(apply.exit == 0, "\(apply.all)")
    let run = try await place.run("state", "show", "s", environment: ["MCPAUTH_VAR_HOST": "variable-host.example"])
    #expect(run.all.contains("https://variable-host.example/mcp"), "\(run.all)")
    for wrong in ["HOST", "=x", "1A=x", "A B=x", ""] {
      let refused = try await place.run("plan", "--var", wrong)
      #expect(refused.exit == 64, "\(refused.all)")
      #expect(refused.err.contains("NAME=VALUE"), "\(refused.err)")
    }
  }

  // MARK: Stores

  @Test(
    "SecretStores#Etcd: validate refuses etcd without recipients, or without its state, with the line in the inventory")
  func etcd() async throws {
    for head in ["secrets: {store: etcd}", "state: {store: etcd, endpoints: [\"https://e.example:2379\"]}"] {
      let run = try await Workplace(servers: FlagsTests.none, head: head).run("validate")
      #expect(run.exit == 3)
      #expect(run.all.contains("servers.yaml:2:") && run.all.contains("error[missing-key]"), "\(run.all)")
    }
  }

  @Test("SecretStores#Names-and-folders: validate refuses two inventories with the same name")
  func stems() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    try place.write(try place.read("servers.yaml"), to: "servers.yml")
    let run = try await place.run("validate", "servers.yaml", "servers.yml")
    #expect(run.exit == 3, "\(run.all)")
    #expect(run.all.contains("'servers.yaml'") && run.all.contains("'servers.yml'"), "\(run.all)")
  }
}
