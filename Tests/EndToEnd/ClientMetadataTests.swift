import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth client-metadata` and `mcpauth secrets keygen`: other commands and servers accept their output.
@Suite struct ClientMetadataTests {
  @Test("PlanAndApply#Commands: apply accepts the document that client-metadata prints")
  func document() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["cimd"])) { sandbox in
      let place = try Workplace(
        servers: "one: {url: \"\(sandbox.url("cimd"))\"}\ntwo: {url: \"\(sandbox.url("cimd"))?two\"}",
        client: """
          name: Acme
            redirect_uris: ["\(Workplace.redirectURI)"]
            metadata_url: \(sandbox.origin)/mine.json
          """)
      let printed = try await place.run("client-metadata")
      #expect(printed.exit == 0, "\(printed.all)")
      let document = try printed.json()
      #expect(document["client_id"].string == sandbox.origin + "/mine.json")
      #expect(
        document["redirect_uris"].strings == [
          "http://127.0.0.1:7777/callback/one", "http://127.0.0.1:7777/callback/two",
        ])
      sandbox.answer("GET", "/mine.json", with: .text(200, printed.out, type: "application/json"))
      let apply = try await place.run("apply", "--only", "one")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.entry("one")["client_id"].string == sandbox.origin + "/mine.json")
      #expect(!apply.all.contains("client-metadata-"))
    }
  }

  @Test("Registration#Client-ID-Metadata-Documents: --check reports what is wrong with the published document")
  func check() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["cimd"])) { sandbox in
      let place = try Workplace(
        servers: "one: {url: \"\(sandbox.url("cimd"))\"}",
        client: """
          name: Acme
            redirect_uris: ["https://acme.example/callback"]
            metadata_url: \(sandbox.origin)/mine.json
          """)
      let own = sandbox.origin + "/mine.json"
      let printed = try await place.run("client-metadata")
      sandbox.answer("GET", "/mine.json", with: .text(200, printed.out, type: "application/json"))
      let right = try await place.run("client-metadata", "--check", own)
      #expect(right.exit == 0 && right.out == "client-metadata: \(own) is right\n" && right.err.isEmpty, "\(right.all)")
      sandbox.answer("GET", "/mine.json", with: .text(200, printed.out, type: "text/html"))
      let wrong = try await place.run("client-metadata", "--check", own)
      #expect(wrong.exit == 1)
      let sent = "the document '\(own)' is sent with Content-Type 'text/html'"
      #expect(wrong.err.contains("error[client-metadata-invalid]: \(sent)"), "\(wrong.all)")
      let other = try await place.run("client-metadata", "--check", sandbox.origin + "/client-wrong-id.json")
      #expect(other.exit == 1 && other.err.contains("client_id must be the document's own URL"), "\(other.all)")
      #expect(
        other.err.contains("warning[client-metadata-invalid]: the inventory's client.metadata_url is another URL"))
      let text = try place.read("servers.yaml")
      for (network, words) in [("missing.pem", "cannot be read"), ("servers.yaml", "has no certificate")] {
        try place.write(
          text.replacingOccurrences(of: "version: 1\n", with: "version: 1\nnetwork: {ca_file: \(network)}\n"))
        let unread = try await place.run("client-metadata", "--check", own)
        #expect(unread.exit == 1 && unread.err.contains(words), "\(unread.all)")
      }
      try place.write(text)
      let gone = try await place.run("client-metadata", "--check", sandbox.origin + "/client-missing.json")
      #expect(gone.exit == 1 && gone.err.contains("it answers 404"))
    }
  }

  @Test("PlanAndApply#Exit-codes: without a client block there is no document; an invalid inventory is exit code 3")
  func none() async throws {
    let place = try Workplace("version: 1\nservers:\n  docs: {url: \"https://docs.example/mcp\", auth: none}\n")
    let run = try await place.run("client-metadata")
    #expect(run.exit == 1 && run.err.contains("error[missing-key]"), "\(run.all)")
    try place.write("version: 2\nservers: {}\n")
    #expect(try await place.run("client-metadata").exit == 3)
  }

  @Test("SecretStores#Records: a key from keygen encrypts and decrypts records; plan does not need the identity")
  func keygen() async throws {
    let key = try await Workplace().run("secrets", "keygen")
    #expect(key.exit == 0)
    let recipient = try #require(key.err.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) })
    let identity = try #require(key.out.split(separator: "\n").last.map(String.init))
    #expect(recipient.hasPrefix("age1") && identity.hasPrefix("AGE-SECRET-KEY-1"))
    #expect(!key.err.contains("AGE-SECRET-KEY"))
    let masked = try await Workplace().run("secrets", "keygen", environment: ["GITHUB_ACTIONS": "true"])
    let printed = try #require(masked.out.split(separator: "\n").last)
    #expect(masked.err.hasPrefix("::add-mask::\(printed)\n"), "\(masked.err)")
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: "a: {url: \"\(sandbox.url("confidential-basic"))\"}",
        head: "secrets: {store: age, recipients: [\(recipient)]}")
      let apply = try await place.run("apply", environment: ["CI": "1"])
      #expect(apply.exit == 0, "\(apply.all)")
      let secret = try #require(sandbox.clients().first?.secret)
      let version = try #require(try place.entry("a")["secret_version"].string)
      let record = try place.read("servers.secrets/a.\(version).age")
      #expect(record.hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----") && !record.contains(secret))
      let plan = try await place.run("plan", "--detailed-exitcode")
      #expect(plan.exit == 0, "\(plan.all)")
      let export = try await place.run(
        "export", "--to", "dotenv", "--secrets", "inline", environment: ["MCPAUTH_AGE_KEY": identity])
      #expect(export.exit == 0 && export.out.contains(secret), "\(export.all)")
      let other = try await Workplace().run("secrets", "keygen")
      let stranger = try #require(other.out.split(separator: "\n").last.map(String.init))
      let refused = try await place.run(
        "export", "--to", "dotenv", "--secrets", "inline", environment: ["MCPAUTH_AGE_KEY": stranger])
      #expect(refused.exit == 1 && refused.all.contains("secret-unreadable"), "\(refused.all)")
      #expect(!refused.all.contains(secret))
    }
  }
}
