import Foundation
import MCPAuthSandbox
import Testing

/// YAML in a message, pasted into the inventory, has the intended value (ThreatModel#Text-of-a-server).
@Suite struct PastedYAMLTests {
  /// Paths and queries with a meaning in YAML or for a CI runner.
  static let endings = ["/a", "/a?b={c: d}", "/[a]", "/a,b", "/a'b", "/##[error]x", "/a%20#b", "/a$b$$c"]

  @Test("Registration#Refusals: the endpoints in the message of registration-unsupported are YAML", arguments: endings)
  func endpoints(ending: String) async throws {
    let configuration = SandboxConfiguration.made("none") {
      $0.issuerMetadataChanges["registration_endpoint"] = .null
      $0.issuerMetadataChanges["token_endpoint"] = .string("{origin}" + ending)
      $0.issuerMetadataChanges["authorization_endpoint"] = .string("{origin}" + ending)
    }
    try await withServers(configuration) { sandbox in
      let place = try Workplace(servers: sandbox.block("none"))
      let run = try await place.run("plan", "--format", "json")
      let error = try run.json()["servers"][0]["error"]
      guard error["code"].string == "registration-unsupported" else {
        // An endpoint that is not a URL is refused earlier.
        #expect(error["code"].string != nil, "\(run.all)")
        return
      }
      let notes = try #require(error["notes"].strings)
      let members = ["issuer", "authorization_endpoint", "token_endpoint"]
      let lines = members.compactMap { name in notes.first { $0.hasPrefix(name + ": ") } }
      #expect(lines.count == 3, "\(notes)")
      // Pasted into an inventory with the person's own client.
      let block = lines.map { "    " + $0 }.joined(separator: "\n")
      try place.write(
        servers: "pasted:\n  url: \"\(sandbox.url("none"))\"\n  oauth2:\n    client_id: a\n" + block)
      let pasted = try await place.run("validate", "--format", "json")
      #expect(pasted.exit == 0, "\(pasted.out) \(block)")
      let applied = try await place.run("apply")
      #expect(applied.exit == 0, "\(applied.all)")
      #expect(try place.entry("pasted")["token_endpoint"].string == sandbox.origin + ending)
    }
  }
}
