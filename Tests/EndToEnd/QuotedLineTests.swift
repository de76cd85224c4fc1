import Foundation
import MCPAuthSandbox
import Testing

/// Lines of the inventory in messages, and secrets in escaped messages.
@Suite struct QuotedLineTests {
  @Test(
    "ThreatModel#Text-of-an-inventory: CI commands in a quoted line of the inventory are made harmless",
    arguments: ["text", "markdown", "github", "html"])
  func commands(format: String) async throws {
    let place = try Workplace(
      servers: "s: {url: \"https://s.example/mcp\", bogus: 1}   # ##[error]evil ##vso[task.setvariable]x")
    for command in format == "html" ? ["plan"] : ["validate", "plan"] {
      let run = try await place.run(command, "--format", format)
      #expect(run.exit == 3 && run.all.contains("unknown-key"), "\(run.all)")
      #expect(run.all.contains("evil") || format == "json", "\(run.all)")
      for obeyed in ["##[", "##vso["] { #expect(!run.all.contains(obeyed), "\(run.all)") }
    }
    // The caret is still under the right column.
    try place.write(
      "version: 1\nclient: {name: a, redirect_uris: [\"https://a.example/cb\"]}\nservers:\n  s: {url: \"https://s.example/mcp\", display_name: \"##[e]\", bogus: 1}\n"
    )
    let lines = try await place.run("validate").err.split(separator: "\n").map(String.init)
    let index = try #require(lines.firstIndex { $0.contains("display_name") && $0.contains("|") }, "\(lines)")
    let caret = try #require(lines[index + 1].firstIndex(of: "^"))
    let column = lines[index + 1].distance(from: lines[index + 1].startIndex, to: caret)
    #expect(lines[index].dropFirst(column).hasPrefix("bogus"), "\(lines)")
  }

  static let secret = "p%ss:w0rd,of&the\"tok<en"

  @Test("SecretStores#Redaction: a secret in an annotation is removed before the text is escaped")
  func annotations() async throws {
    let configuration = SandboxConfiguration.made("echo") {
      $0.registration.methods = ["none"]
      $0.faults[.register] = SandboxFault(.oauthError(400, "invalid_client_metadata", "no: " + Self.secret))
    }
    try await withServers(configuration) { sandbox in
      let place = try Workplace()
      try place.write(
        server: "echo", sandbox, oauth2: "{issuer: \"{issuer}\", initial_access_token: {env: TOKEN}}")
      for format in ["github", "text", "markdown", "json", "ndjson"] {
        let run = try await place.run(
          ["apply", "--format", format],
          environment: ["TOKEN": Self.secret, "GITHUB_STEP_SUMMARY": place.path("sum").path])
        #expect(run.exit == 1 && run.all.contains("redacted"), "\(format): \(run.all)")
        let all = run.all + ((try? place.read("sum")) ?? "")
        for part in ["w0rd", "p%ss", "p%25ss"] { #expect(!all.contains(part), "\(format) \(part): \(all)") }
      }
    }
  }

  @Test("SecretStores#Redaction: a body that is cut ends with the mark of the cut, also if the cut is inside a secret")
  func cut() async throws {
    let secret = "abcdefghijklmnopqrstuvwxyz0123456789"
    // The first half of the secret is within the 4,096 bytes that mcpauth reads.
    let body = String(repeating: " ", count: 4096 - 18) + secret
    let configuration = SandboxConfiguration.made("echo") {
      $0.registration.methods = ["none"]
      $0.faults[.register] = SandboxFault(.text(400, body))
    }
    try await withServers(configuration) { sandbox in
      let place = try Workplace()
      try place.write(
        server: "echo", sandbox, oauth2: "{issuer: \"{issuer}\", initial_access_token: {env: TOKEN}}")
      let run = try await place.run(["apply"], environment: ["TOKEN": secret])
      #expect(run.exit == 1 && run.all.contains("<redacted>…"), "\(run.all)")
      #expect(!run.all.contains("abcdefgh"), "\(run.all)")
    }
  }

  @Test(
    "Registration#Answers: a client id that contains a secret of mcpauth is refused, because it would be in the lock file",
    arguments: [secret, "id-" + secret])
  func clientID(id: String) async throws {
    let configuration = SandboxConfiguration.made("echo") {
      $0.registration.methods = ["none"]
      $0.registration.answerChanges = ["client_id": .string(id)]
    }
    try await withServers(configuration) { sandbox in
      let place = try Workplace()
      try place.write(
        server: "echo", sandbox, oauth2: "{issuer: \"{issuer}\", initial_access_token: {env: TOKEN}}")
      let run = try await place.run(["apply"], environment: ["TOKEN": Self.secret])
      #expect(run.exit == 1 && run.err.contains("error[registration-outcome-unknown]"), "\(run.all)")
      #expect(run.err.contains("a client_id that holds a secret (not shown)"), "\(run.err)")
      for (name, data) in try place.snapshot() {
        #expect(!String(decoding: data, as: UTF8.self).contains("w0rd"), "\(name)")
      }
    }
  }

  @Test(
    "Registration#Answers: the secret of the client that is replaced is not taken for the new client id",
    arguments: ["", "id-"])
  func replacedSecret(prefix: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let url = sandbox.url("confidential-basic")
      let place = try Workplace(servers: "s: {url: \"\(url)\"}")
      #expect(try await place.run("apply").exit == 0)
      let secret = try #require(try place.record("s")["client_secret"].string)
      let clientID = try place.entry("s")["client_id"].string
      sandbox.change("confidential-basic") {
        $0.registration.answerChanges = ["client_id": .string(prefix + secret)]
      }
      try place.write(servers: "s: {url: \"\(url)\", oauth2: {generation: 1}}")
      let run = try await place.run("apply", "--allow-mass-change")
      #expect(run.exit == 1 && run.err.contains("a client_id that holds a secret (not shown)"), "\(run.all)")
      #expect(!run.all.contains(secret), "\(run.all)")
      #expect(try place.entry("s")["client_id"].string == clientID)
      for (name, data) in try place.snapshot() where !name.contains("/secrets/") {
        #expect(!String(decoding: data, as: UTF8.self).contains(secret), "\(name)")
      }
    }
  }
}
