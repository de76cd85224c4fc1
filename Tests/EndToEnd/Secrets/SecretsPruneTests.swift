import Foundation
import MCPAuthSandbox
import Testing

/// The output of `mcpauth secrets prune` (SecretStores#When-a-record-is-removed). Which records stay is tested with branches.
@Suite struct SecretsPruneTests {
  private static let question = "remove these records? only 'yes' is accepted: "
  private static let warning = "nothing was removed yet"

  /// A place with one record that no lock file uses: inventory and lock file are those of before the client was replaced.
  private func place(_ sandbox: Sandbox, inventory: String = "servers.yaml") async throws -> Workplace {
    let place = try Workplace()
    func apply(redirect: String) async throws {
      let uris = "oauth2: {redirect_uris: [\"http://127.0.0.1:7777/\(redirect)\"]}"
      try place.write(servers: "a: {url: \"\(sandbox.url("confidential-basic"))\", \(uris)}")
      try place.write(place.read("servers.yaml"), to: inventory)
      let run = try await place.run("apply", inventory)
      #expect(run.exit == 0, "\(run.all)")
    }
    try await apply(redirect: "one")
    let before = try place.snapshot()
    try await apply(redirect: "two")
    try place.restore(inventory, of: before)
    try place.restore(inventory.replacingOccurrences(of: ".yaml", with: ".lock.json"), of: before)
    return place
  }

  @Test(
    "PlanAndApply#JSON: on a terminal, standard output is one document, and the records are shown before the question"
  )
  func oneDocument() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await place(sandbox)
      let session = try await Terminal.run(
        place, ["secrets", "prune", "--format", "json"], [.init(wait: Self.question, send: "yes\n")],
        pipesOutput: true)
      #expect(session.exit == 0 && session.unsent == 0, "\(session)")
      #expect(try SchemaCheck("secrets").problems(session.piped) == [])
      let document = Document(try JSONSerialization.jsonObject(with: Data(session.piped.utf8)))
      #expect(document["removed"].bool == true && document["unused"].array.count == 1)
      let shown = try #require(session.shown.range(of: "unused"))
      let asked = try #require(session.shown.range(of: Self.question))
      #expect(shown.lowerBound < asked.lowerBound)
    }
  }

  @Test(
    "SecretStores#When-a-record-is-removed: the warning that nothing was removed comes after the answer no, not before it"
  )
  func warned() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await place(sandbox)
      let command = ["secrets", "prune"]
      let no = try await Terminal.run(place, command, [.init(wait: Self.question, send: "no\n")])
      #expect(no.exit == 1, "\(no)")
      let asked = try #require(no.shown.range(of: Self.question))
      let warned = try #require(no.shown.range(of: Self.warning))
      #expect(asked.lowerBound < warned.lowerBound)
      let yes = try await Terminal.run(place, command, [.init(wait: Self.question, send: "yes\n")])
      #expect(yes.exit == 0 && !yes.shown.contains(Self.warning) && yes.shown.contains("1 record removed"), "\(yes)")
    }
  }

  @Test("PlanAndApply#Flags: --quiet prints the count only, and the printed command names the inventory")
  func quiet() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await place(sandbox, inventory: "prod.yaml")
      let quiet = try await place.run("secrets", "prune", "prod.yaml", "--quiet")
      let count = "secrets: directory: 1 record that no lock file uses, 0 in use on other branches\n"
      #expect(quiet.exit == 0 && quiet.out == count, "\(quiet.all)")
      let listed = try await place.run("secrets", "prune", "prod.yaml")
      #expect(listed.err.contains("mcpauth secrets prune --yes prod.yaml"), "\(listed.all)")
    }
  }
}
