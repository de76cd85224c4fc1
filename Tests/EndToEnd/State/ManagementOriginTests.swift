import Foundation
import MCPAuthSandbox
import Testing

/// A `registration_client_uri` that another person wrote into a record: no request with the management token goes to its origin
/// (ThreatModel#Files-of-others).
@Suite struct ManagementOriginTests {
  /// A managed client `s`, applied.
  private func applied(_ sandbox: Sandbox) async throws -> Workplace {
    let place = try Workplace()
    try place.write(server: "managed", sandbox, oauth2: "{scopes: [read, write]}")
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    #expect(try place.entry("s")["managed"].bool == true)
    return place
  }

  /// Edits a record by hand: its client would be managed at the other sandbox. All endpoints stay those of the lock.
  private func edit(_ record: String, in place: Workplace, from sandbox: Sandbox, to other: Sandbox) throws {
    let text = try place.read(record)
    let key = "\"registration_client_uri\": \""
    #expect(text.contains(key + sandbox.origin + "/"), "\(text)")
    try place.write(text.replacing(key + sandbox.origin + "/", with: key + other.origin + "/"), to: record)
    sandbox.forgetRequests()
  }

  /// Runs the body with a sandbox, and with another one that must not get any request.
  private func withOther(_ body: (Sandbox, Sandbox) async throws -> Void) async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      try await withSandbox(.init(kinds: ["managed"])) { other in
        try await body(sandbox, other)
        #expect(other.requests().map(\.step) == [])
        #expect(!sandbox.requests().contains { $0.endpoint == .management })
      }
    }
  }

  enum Use: String, CaseIterable {
    case read, update, removal, replacement
  }

  @Test("no read, update or deletion goes to another origin than the registration endpoint's", arguments: Use.allCases)
  func record(use: Use) async throws {
    try await withOther { sandbox, other in
      let place = try await applied(sandbox)
      try edit(try place.recordPath("s"), in: place, from: sandbox, to: other)
      var arguments = ["apply", "--format", "json"]
      switch use {
      case .read: arguments.append("--refresh")
      case .update: try place.write(server: "managed", sandbox, oauth2: "{scopes: [read]}")
      case .removal: try place.write(servers: FlagsTests.none)
      case .replacement: try place.write(server: "managed", sandbox, oauth2: "{scopes: [read, write], generation: 1}")
      }
      let run = try await place.run(arguments)
      let document = try run.json()
      switch use {
      case .read, .update:
        #expect(run.exit == 1, "\(run.all)")
        #expect(document["servers"][0]["error"]["code"].string == "update-rejected", "\(run.out)")
        #expect(sandbox.clients().count == 1)
      case .removal, .replacement:
        #expect(run.exit == 0, "\(run.all)")
        #expect(document["warnings"].array.map { $0["code"].string } == ["client-left-behind"], "\(run.out)")
        #expect(try place.lock()["orphans"][0]["managed"].bool == true)
        #expect(sandbox.clients().count == (use == .removal ? 1 : 2))
      }
    }
  }

  @Test("orphans delete, and the next apply, send no deletion to another origin than the registration endpoint's")
  func orphan() async throws {
    try await withOther { sandbox, other in
      let place = try await applied(sandbox)
      let record = try place.recordPath("s")
      let forget = try await place.run("state", "forget", "s")
      #expect(forget.exit == 0, "\(forget.all)")
      let folder = Workplace.secrets + "/orphans"
      let name = try #require(place.names(in: folder).first { $0.hasSuffix(".json") })
      try edit(folder + "/" + name, in: place, from: sandbox, to: other)
      // The record of the server is kept. It would lead to the right place.
      try edit(record, in: place, from: sandbox, to: other)
      let delete = try await place.run("orphans", "delete", "s", "--format", "json")
      #expect(delete.exit == 1, "\(delete.all)")
      #expect(try delete.json()["orphans"][0]["outcome"].string == "kept", "\(delete.out)")
      try place.write(servers: FlagsTests.none)
      let apply = try await place.run("apply")
      #expect(apply.exit == 0 && apply.all.contains("client-left-behind"), "\(apply.all)")
      #expect(try place.lock()["orphans"].array.count == 1)
      #expect(sandbox.clients().count == 1)
    }
  }
}
