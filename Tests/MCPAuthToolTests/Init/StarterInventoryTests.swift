import Foundation
import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthToolCommands

/// The files that `mcpauth init` writes (GettingStarted#Start-an-inventory).
@Suite struct StarterInventoryTests {
  private func read(_ starter: StarterInventory) throws -> Inventory {
    let variables = InventoryVariables(environment: [:])
    switch InventoryReader.read(Array(starter.text.utf8), file: "servers.yaml", variables: variables) {
    case .success(let inventory): return inventory
    case .failure(let mistakes):
      Issue.record("\(mistakes.diagnostics.map(\.message)) in \(starter.text)")
      throw mistakes
    }
  }

  @Test(
    "GettingStarted#Start-an-inventory: each text is read from the inventory as it was given",
    arguments: ["MCP client", "Ünï", #"a "b" \ 'c'"#, "x # y", "$HOME ${A:-b} $$", "- a: [b]", "true", "{server}"])
  func texts(name: String) throws {
    var starter = StarterInventory()
    starter.name = name
    let inventory = try read(starter)
    #expect(inventory.client?.clientName == name)
    #expect(inventory.client?.redirectURIs == StarterInventory().redirectURIs)
    #expect(inventory.servers.isEmpty && inventory.warnings.isEmpty)
  }

  @Test("GettingStarted#Start-an-inventory: each store is written so that it is read again")
  func stores() throws {
    var starter = StarterInventory()
    starter.redirectURIs = ["https://a.example/{server}/cb", "http://127.0.0.1:1/cb?a=b"]
    starter.secrets.store = .directory
    starter.secrets.path = "/var/lib/my secrets"
    #expect(try read(starter).secrets.path == "/var/lib/my secrets")
    #expect(try read(starter).client?.redirectURIs == starter.redirectURIs)
    starter.secrets.path = nil
    starter.secrets.store = .helper
    starter.secrets.helper = "pass"
    #expect(try read(starter).secrets.helper == "pass")
    starter.secrets.helper = nil
    starter.secrets.store = .exec
    starter.secrets.command = ["mcpauth-store-aws", "--prefix", "my $secrets: yes"]
    #expect(try read(starter).secrets.command == starter.secrets.command)
    starter.secrets.command = []
    starter.secrets.store = .kv2
    starter.secrets.kv2 = KV2Settings(
      address: try CheckedURL("https://bao.example:8200", plaintext: .refused), mount: "kv/a", path: "b",
      auth: KV2Auth(.token, credential: .env("BAO_TOKEN")))
    let kv2 = try #require(try read(starter).secrets.kv2)
    #expect(kv2.address == starter.secrets.kv2?.address && kv2.mount == "kv/a" && kv2.path == "b")
    #expect(kv2.auth.method == .token && kv2.auth.credential == .env("BAO_TOKEN"))
    starter.secrets.kv2 = nil
    starter.secrets.store = .age
    starter.secrets.recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
    let secrets = try read(starter).secrets
    #expect(secrets.store == .age && secrets.recipients == starter.secrets.recipients)
  }

  @Test(
    "GettingStarted#Start-an-inventory: a missing line is added at the end, and every other byte stays",
    arguments: [
      ("", ".mcpauth/\n"), ("a\n", "a\n.mcpauth/\n"), ("a", "a\n.mcpauth/\n"),
      ("a\r\nb\r\n", "a\r\nb\r\n.mcpauth/\r\n"),
      ("a\r\nb", "a\r\nb\r\n.mcpauth/\r\n"), ("# .mcpauth/\n", "# .mcpauth/\n.mcpauth/\n"), ("\n\n", "\n\n.mcpauth/\n"),
    ])
  func lines(before: String, after: String) {
    let added = StarterLine.ignored.added(to: Array(before.utf8))
    #expect(added.map { String(decoding: $0, as: UTF8.self) } == after)
  }

  @Test("GettingStarted#Start-an-inventory: a line that does the same is enough")
  func given() {
    for text in [".mcpauth\n", "a\n/.mcpauth/  \r\nb\n", ".mcpauth/"] {
      #expect(StarterLine.ignored.added(to: Array(text.utf8)) == nil)
    }
    for text in ["*.lock.json merge=mcpauth\n", "/servers.lock.json\ttext merge=mcpauth\n"] {
      #expect(StarterLine.merged.added(to: Array(text.utf8)) == nil)
    }
    for text in [
      "other.lock.json merge=mcpauth\n", "servers.lock.json merge=union\n", "# servers.lock.json merge=mcpauth\n",
    ] {
      #expect(StarterLine.merged.added(to: Array(text.utf8)) != nil)
    }
  }

  @Test(
    "GettingStarted#Start-an-inventory: the files for CI are those of examples",
    arguments: [
      ("github-actions/mcpauth.yml", PackageResources.mcpauth_yml),
      ("gitlab-ci/mcpauth.gitlab-ci.yml", PackageResources.mcpauth_gitlab_ci_yml),
      ("ci/commit-lock", PackageResources.commit_lock),
    ])
  func examples(file: String, bytes: [UInt8]) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let example = try Data(contentsOf: root.appendingPathComponent("examples/" + file))
    #expect(Array(example) == bytes)
  }
}
