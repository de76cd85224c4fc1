import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

/// `mcpauth explain`, and the help line that refers to it. Tests of the binary.
@Suite struct ExplainTests {
  @Test("ErrorCodes#What-a-failure-says: every code has an explanation; the list has all codes, also as JSON")
  func all() async throws {
    let place = try Workplace()
    let list = try await place.run("explain")
    #expect(list.exit == 0 && list.err.isEmpty, "\(list.err)")
    let json = try await place.run("explain", "--format", "json")
    #expect(try SchemaCheck("explain").problems(json.out) == [])
    let explained = try json.json()["explanations"].array
    for code in DiagnosticCode.allCases.map(\.rawValue) {
      #expect(list.out.contains("  \(code) "), "\(code)")
      #expect(explained.contains { $0["code"].string == code }, "\(code)")
    }
  }

  @Test("one code is explained as text and as JSON, in each notation of the code")
  func one() async throws {
    let place = try Workplace()
    for written in ["issuer-mismatch", "error[issuer-mismatch]", "ISSUER-MISMATCH"] {
      let text = try await place.run("explain", written)
      #expect(text.exit == 0 && text.err.isEmpty, "\(text.all)")
      #expect(text.out.hasPrefix("issuer-mismatch: ") && text.out.contains("RFC 8414 section 3.3"), "\(text.out)")
      #expect(text.out.contains("what to do\n  - "))
    }
    let json = try await place.run("explain", "url-changed", "--format", "json")
    #expect(try SchemaCheck("explain").problems(json.out) == [])
    #expect(try json.json()["explanation"]["kinds"].strings == ["reason"])
    let both = try await place.run("explain", "registration-lost", "--format", "json")
    #expect(try both.json()["explanation"]["kinds"].strings == ["diagnostic", "reason", "state"])
  }

  @Test("an unknown code is wrong usage; the nearest code is suggested, and control characters are escaped")
  func unknown() async throws {
    let place = try Workplace()
    let near = try await place.run("explain", "isuer-mismatch")
    #expect(near.exit == 64 && near.out.isEmpty && near.err.contains("did you mean 'issuer-mismatch'?"), "\(near.all)")
    let far = try await place.run("explain", "\u{1B}[31mwhatever")
    #expect(far.exit == 64 && !far.err.contains("\u{1B}") && far.err.contains("mcpauth explain"), "\(far.all)")
  }

  @Test("a run with errors ends with the command that explains them: once, in text only, not with --quiet")
  func hint() async throws {
    let place = try Workplace(servers: "a: {url: \"http://a.example/mcp\", urll: x}")
    let hint = "help: mcpauth explain insecure-url (also unknown-key)\n"
    for command in ["validate", "plan", "apply", "status", "verify"] {
      let run = try await place.run(command)
      #expect(run.exit == 3 && run.err.hasSuffix(hint), "\(command): \(run.all)")
      #expect(run.all.components(separatedBy: "mcpauth explain").count == 2, "\(command): \(run.all)")
      #expect(!(try await place.run(command, "--format", "json").all).contains("mcpauth explain"))
      #expect(!(try await place.run(command, "--quiet").all).contains("mcpauth explain"))
    }
    try place.write(servers: FlagsTests.none)
    let good = try await place.run("plan")
    #expect(good.exit == 0 && good.err.isEmpty, "\(good.all)")
    // Wrong usage has its own help.
    #expect(!(try await place.run("plan", "--no-such-flag").all).contains("mcpauth explain"))
  }

  @Test("the help line also names errors of single servers, in plan and apply, but no warnings")
  func servers() async throws {
    try await withSandbox(.init(kinds: ["wrong-issuer", "https-only", "broader"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("wrong-issuer"))\"}")
      let plan = try await place.run("plan")
      #expect(plan.exit == 1 && plan.err.hasSuffix("help: mcpauth explain issuer-mismatch\n"), "\(plan.all)")
      try place.write(servers: "s: {url: \"\(sandbox.url("https-only"))\"}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 1 && apply.err.hasSuffix("help: mcpauth explain redirect-uri-rejected\n"), "\(apply.all)")
      try place.write(servers: "s: {url: \"\(sandbox.url("broader"))\"}")
      let warned = try await place.run("plan")
      #expect(warned.exit == 0 && !warned.all.contains("mcpauth explain"), "\(warned.all)")
    }
  }
}
