import Foundation
import MCPAuthSandbox
import Testing

/// From a registration to the files of the consumers (Consumers#Export).
@Suite struct ExportTests {
  /// An applied server whose client has a secret.
  private static func applied(_ sandbox: Sandbox) async throws -> (place: Workplace, secret: String) {
    let place = try Workplace()
    try place.write(server: "expiring", sandbox)
    let apply = try await place.run("apply")
    #expect(apply.exit == 0, "\(apply.all)")
    return (place, try #require(try place.record("s")["client_secret"].string))
  }

  @Test(
    "Consumers#Export: dotenv and Kubernetes exports contain the registered client and its secret, as the server has them"
  )
  func values() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let (place, secret) = try await Self.applied(sandbox)
      let clientID = try #require(try place.entry("s")["client_id"].string)
      #expect(sandbox.clients().contains { $0.secret == secret })
      let dotenv = try await place.run("export", "--to", "dotenv", "--secrets", "inline")
      #expect(dotenv.exit == 0, "\(dotenv.err)")
      #expect(dotenv.out == "MCPAUTH_S_CLIENT_SECRET=\(secret)\n")
      #expect(!dotenv.err.contains(secret))
      let written = try await place.run(
        "export", "--to", "kubernetes", "--secrets", "inline", "--output", "secrets.yaml")
      #expect(written.exit == 0 && written.out.isEmpty)
      #expect(!written.err.contains(secret))
      #expect(try place.mode("secrets.yaml") == 0o600)
      let text = try place.read("secrets.yaml")
      #expect(text.contains("name: mcpauth-s\n") && text.contains(secret) && text.contains(clientID))
    }
  }

  @Test("Consumers#Secrets-in-exports: an export with references reads neither the secret store nor variables")
  func references() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let (place, secret) = try await Self.applied(sandbox)
      try place.remove(Workplace.secrets)
      let before = try place.snapshot()
      let export = try await place.run("export", "--to", "librechat")
      #expect(export.exit == 0, "\(export.err)")
      #expect(export.out.contains("client_secret: \"${MCPAUTH_S_CLIENT_SECRET}\""))
      #expect(!export.all.contains(secret))
      #expect(try place.snapshot() == before)
      let inline = try await place.run("export", "--to", "librechat", "--secrets", "inline")
      #expect(inline.exit == 1)
      #expect(inline.err.contains("error[secret-missing]") && inline.out.isEmpty)
    }
  }

  @Test("Consumers#Export: inline is refused only when standard output is a terminal")
  func terminal() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let (place, secret) = try await Self.applied(sandbox)
      let arguments = ["export", "--to", "dotenv", "--secrets", "inline"]
      let shown = try await Terminal.run(place, arguments)
      #expect(shown.exit == 64)
      #expect(shown.shown.contains("standard output is a terminal"))
      #expect(!shown.shown.contains(secret))
      let piped = try await Terminal.run(place, arguments, pipesOutput: true)
      #expect(piped.exit == 0)
      #expect(piped.piped.contains(secret) && !piped.shown.contains(secret))
      let file = try await Terminal.run(place, arguments + ["--output", "out.env"])
      #expect(file.exit == 0)
      #expect(try place.read("out.env").contains(secret) && !file.shown.contains(secret))
    }
  }

  @Test("Consumers#Export: --merge changes only the entry of mcpauth; a second merge changes nothing")
  func merge() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let (place, _) = try await Self.applied(sandbox)
      let mine = "{\n  // mine\n  \"mcpServers\": {\n    \"files\": {\"command\": \"npx\"}\n  }\n}\n"
      try place.write(mine, to: "mcp.json")
      try place.setMode(0o640, "mcp.json")
      let first = try await place.run("export", "--to", "cursor", "--merge", "mcp.json")
      #expect(first.exit == 0, "\(first.err)")
      #expect(first.out.isEmpty && first.err.contains("updated mcp.json: 1 server"))
      let merged = try place.read("mcp.json")
      #expect(
        merged.hasPrefix("{\n  // mine\n  \"mcpServers\": {\n    \"files\": {\"command\": \"npx\"},\n    \"s\": {\n"))
      #expect(try place.mode("mcp.json") == 0o640)
      let second = try await place.run("export", "--to", "cursor", "--merge", "mcp.json")
      #expect(second.err.contains("mcp.json is up to date"))
      #expect(try place.read("mcp.json") == merged)
      // A file that cannot be parsed is not replaced.
      try place.write("{\"mcpServers\": [", to: "mcp.json")
      let refused = try await place.run("export", "--to", "cursor", "--merge", "mcp.json")
      #expect(refused.exit == 1 && refused.err.contains("error[unsafe-merge]"))
      #expect(try place.read("mcp.json") == "{\"mcpServers\": [")
    }
  }

  @Test(
    "Consumers#Export: a server that is not applied is left out with a warning; without any server, no file is written")
  func unapplied() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let without = try await place.run("export", "--to", "json")
    #expect(without.exit == 1 && without.err.contains("error[lock-missing]"))
    #expect(try await place.run("apply").exit == 0)
    try place.write(servers: "b: {url: \"https://b.example/mcp\", auth: none}")
    let none = try await place.run("export", "--to", "json", "--output", "out.json")
    #expect(none.exit == 1 && none.err.contains("warning[not-applied]"))
    #expect(!place.exists("out.json"))
    try place.write(
      servers: "a: {url: \"https://a.example/mcp\", auth: none}\nb: {url: \"https://b.example/mcp\", auth: none}")
    let some = try await place.run("export", "--to", "json")
    #expect(some.exit == 0 && some.err.contains("'b' is left out: it is not in the lock file"))
    #expect(try some.json()["servers"].array.map { $0["name"].string } == ["a"])
    let quiet = try await place.run("export", "--to", "json", "--quiet")
    #expect(quiet.exit == 0 && quiet.err.isEmpty && quiet.out == some.out)
  }
}
