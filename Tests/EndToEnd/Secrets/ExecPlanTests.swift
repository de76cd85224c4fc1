import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth plan` and the command of an exec store (SecretStores#Programs).
@Suite struct ExecPlanTests {
  private static let warning = "warning[store-program-refused]"

  private func head(_ argument: String) -> String {
    "secrets: {store: exec, command: [mcpauth-store-fake, \(argument)]}"
  }

  /// Replaces the program with one that only leaves a mark.
  private func plantMark(_ place: Workplace) throws {
    try place.write("#!/bin/sh\ntouch \"$KEPT/ran\"\nexit 1\n", to: "bin/mcpauth-store-fake")
  }

  @Test("SecretStores#Programs: plan does not run a store program before an apply wrote its command into the lock file")
  func unknownCommand() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}", head: head("prod"))
      let environment = try place.makeStoreProgram()
      try plantMark(place)
      let first = try await place.run("plan", "--detailed-exitcode", environment: environment)
      #expect(first.exit == 2 && first.all.contains("servers.yaml:2:18: \(Self.warning)"), "\(first.all)")
      #expect(first.all.contains("mcpauth-store-fake prod"))
      #expect(place.names(in: "kept").isEmpty)

      _ = try place.makeStoreProgram()
      let apply = try await place.run("apply", environment: environment)
      #expect(apply.exit == 0 && !apply.all.contains(Self.warning), "\(apply.all)")
      #expect(try place.lock()["secrets_command"].strings == ["mcpauth-store-fake", "prod"])
      #expect(try SchemaCheck("lock").problems(place.lockText ?? "") == [])
      let known = try await place.run("plan", "--detailed-exitcode", environment: environment)
      #expect(known.exit == 0 && !known.all.contains(Self.warning), "\(known.all)")
      try plantMark(place)
      let run = try await place.run("plan", environment: environment)
      #expect(run.exit == 1 && run.all.contains("error[store-failed]"), "\(run.all)")
      #expect(place.names(in: "kept").contains("ran"))
    }
  }

  @Test("SecretStores#Programs: with other arguments plan runs no program, and blocks only changes that need a record")
  func changedArguments() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let server = "s: {url: \"\(sandbox.url("managed"))\"}"
      let place = try Workplace(servers: server, head: head("prod"))
      let environment = try place.makeStoreProgram()
      #expect(try await place.run("apply", environment: environment).exit == 0)
      let lock = place.lockText

      try plantMark(place)
      try place.write(servers: server, head: head("evil"))
      let other = try await place.run("plan", "--detailed-exitcode", environment: environment)
      #expect(other.exit == 0 && other.all.contains(Self.warning), "\(other.all)")
      #expect(other.all.contains("mcpauth-store-fake evil"))
      #expect(other.all.contains("the lock file names: mcpauth-store-fake prod"))
      let client = "name: Renamed\n  redirect_uris: [\"\(Workplace.redirectURI)\"]"
      try place.write(servers: server, client: client, head: head("evil"))
      let update = try await place.run("plan", environment: environment)
      #expect(update.exit == 1 && update.all.contains("secret-unreadable"), "\(update.all)")
      #expect(!place.names(in: "kept").contains("ran") && place.lockText == lock)

      _ = try place.makeStoreProgram()
      try place.write(servers: server, head: head("test"))
      #expect(try await place.run("apply", environment: environment).exit == 0)
      #expect(try place.lock()["secrets_command"].strings == ["mcpauth-store-fake", "test"])
      #expect(sandbox.clients().count == 1)
    }
  }
}
