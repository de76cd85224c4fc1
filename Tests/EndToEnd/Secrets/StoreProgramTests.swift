import Foundation
import MCPAuthSandbox
import Testing

/// Programs that an inventory names (SecretStores#Programs).
@Suite struct StoreProgramTests {
  private static let question = "run it? only 'yes' is accepted: "

  /// The environment in which the helper is found, but not allowed.
  private func withHelper(
    _ body: (_ place: Workplace, _ environment: [String: String], Sandbox) async throws -> Void
  ) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}", head: "secrets: {store: helper, helper: fake}")
      var environment = try place.makeHelper()
      environment["MCPAUTH_STORE_PROGRAMS"] = nil
      try await body(place, environment, sandbox)
    }
  }

  @Test("SecretStores#Programs: a helper that the environment does not name is not run, and nothing is registered")
  func refused() async throws {
    try await withHelper { place, environment, sandbox in
      for programs in [nil, "", "fake", "docker-credential-other", "/bin/docker-credential-fake"] {
        var environment = environment
        environment["MCPAUTH_STORE_PROGRAMS"] = programs
        for command in [["plan"], ["apply"], ["secrets", "list"]] {
          let run = try await place.run(command, environment: environment)
          #expect(run.exit == 1, "\(run.all)")
          #expect(run.all.contains("servers.yaml:2:18: error[store-program-refused]"), "\(run.all)")
          #expect(run.all.contains("MCPAUTH_STORE_PROGRAMS=docker-credential-fake"))
        }
      }
      #expect(sandbox.registrations("confidential-basic") == 0)
      #expect(place.names(in: "kept").isEmpty)
      #expect(place.lockText == nil)
    }
  }

  @Test("SecretStores#Programs: validate never runs a helper")
  func validate() async throws {
    try await withHelper { place, environment, _ in
      try place.write("#!/bin/sh\ntouch \"$KEPT/ran\"\n", to: "bin/docker-credential-fake")
      let allowed = ["MCPAUTH_STORE_PROGRAMS": "docker-credential-fake"]
      let run = try await place.run("validate", environment: environment.merging(allowed) { $1 })
      #expect(run.exit == 0, "\(run.all)")
      #expect(place.names(in: "kept").isEmpty)
    }
  }

  @Test(
    "SecretStores#Programs: on a terminal the person is asked once per run", arguments: ["yes\n", "no\n"])
  func asked(_ answer: String) async throws {
    try await withHelper { place, environment, _ in
      let session = try await Terminal.run(
        place, ["apply", "--yes"], [.init(wait: Self.question, send: answer)], environment: environment)
      #expect(session.shown.components(separatedBy: Self.question).count == 2, "\(session.shown)")
      #expect(session.shown.contains("'docker-credential-fake'"))
      let isYes = answer == "yes\n"
      #expect(session.exit == (isYes ? 0 : 1), "\(session.shown)")
      #expect(session.shown.contains("error[store-program-refused]") != isYes)
      #expect(place.names(in: "kept").isEmpty != isYes)
    }
  }

  @Test("SecretStores#Programs: a helper that is named on the command line needs no other permission")
  func commandLine() async throws {
    try await withHelper { place, environment, sandbox in
      try place.write(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}")
      #expect(try await place.run("apply", environment: environment).exit == 0)
      let move = try await place.run("secrets", "move", "--to", "helper", "--helper", "fake", environment: environment)
      #expect(move.exit == 0, "\(move.all)")
      #expect(!place.names(in: "kept").isEmpty)
    }
  }
}
