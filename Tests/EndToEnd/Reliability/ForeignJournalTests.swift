import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

/// Journal lines that another user wrote, with right checksums and the right lineage (Reliability#Journal).
@Suite struct ForeignJournalTests {
  /// A line that fits neither an intent nor the lock file.
  enum Line: String, CaseIterable, Sendable {
    case registered, entryWithoutClient, registeredAtOtherEndpoint, renamed, removed, orphaned, settled, failed, unknown
  }

  @Test(
    "Reliability#Journal: a line that fits neither an intent nor the lock file is refused; nothing is sent or removed",
    arguments: Line.allCases)
  func refused(_ line: Line) async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try await applied(sandbox)
      try write(lines(line, place), in: place)
      let before = try place.snapshot()
      sandbox.forgetRequests()
      for command in [["plan"], ["apply", "--allow-mass-change"], ["state", "forget", "s"], ["secrets", "check"]] {
        let run = try await place.run(command)
        #expect(run.exit == 1 && run.all.contains("journal-foreign"), "\(command): \(run.all)")
      }
      #expect(sandbox.requests().isEmpty)
      #expect(sandbox.clients().count == 1)
      #expect(try place.snapshot() == before)
    }
  }

  @Test("Reliability#Journal: lines that remove a server as the lock file has it do not have its client deleted")
  func removal() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try await applied(sandbox)
      let client = try #require(try place.entry("s")["client_id"].string)
      let issuer = try #require(try place.entry("s")["issuer"].string)
      let record = try place.recordPath("s")
      try write(
        [#"{"event":"removed","server":"s"}"#, orphaned(client, issuer)], in: place)
      try place.write(servers: "t: {url: \"https://t.example/mcp\", auth: none}")
      sandbox.forgetRequests()
      let run = try await place.run("apply", "--allow-mass-change")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.requests().isEmpty)
      #expect(sandbox.clients().map(\.clientID) == [client])
      #expect(place.exists(record))
      let orphans = try place.lock()["orphans"].array
      #expect(orphans.map { $0["client_id"].string } == [client])
      #expect(orphans.map { $0["managed"].bool } == [false])
    }
  }

  @Test("Reliability#Journal: lines that say that a client was deleted remove no record of a client of another branch")
  func deletion() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try await applied(sandbox)
      let url = sandbox.url("managed")
      let main = try place.read(Workplace.lockFile)
      try place.write(servers: "s: {url: \"\(url)\"}\nu: {url: \"\(url)\"}")
      #expect(try await place.run("apply").exit == 0)
      let client = try #require(try place.entry("u")["client_id"].string)
      let issuer = try #require(try place.entry("u")["issuer"].string)
      let record = try place.recordPath("u")
      // The branch without the server is checked out.
      try place.write(main, to: Workplace.lockFile)
      try place.write(servers: "s: {url: \"\(url)\"}")
      try write(
        [
          intent("delete", of: "u", issuer, at: "\(issuer)/register", client: client),
          #"{"event":"failed","intent":"x"}"#,
          #"{"event":"settled","server":"u","issuer":"\#(issuer)","client_id":"\#(client)"}"#,
        ], in: place)
      sandbox.forgetRequests()
      let run = try await place.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.requests().isEmpty)
      #expect(place.exists(record))
    }
  }

  // MARK: Steps

  private func applied(_ sandbox: Sandbox) async throws -> Workplace {
    let place = try Workplace(servers: "s: {url: \"\(sandbox.url("managed"))\"}")
    let run = try await place.run("apply")
    try #require(run.exit == 0, "\(run.all)")
    return place
  }

  private func lines(_ line: Line, _ place: Workplace) throws -> [String] {
    let entry = try place.entryText("s")
    let client = try #require(try place.entry("s")["client_id"].string)
    let issuer = try #require(try place.entry("s")["issuer"].string)
    let theirs = entry.replacingOccurrences(of: "\"\(client)\"", with: "\"theirs\"")
    switch line {
    case .registered: return [registered(nil, theirs)]
    case .entryWithoutClient:
      let none = #"{"mode":"none","url":"https://s.example/mcp","generation":0,"protect":false,"inputs":{}}"#
      return [registered(nil, none)]
    case .registeredAtOtherEndpoint:
      return [intent("register", of: "s", issuer, at: "https://evil.example/register"), registered("x", theirs)]
    // The inventory still has the old name.
    case .renamed: return [registered(nil, entry, server: "b"), #"{"event":"removed","server":"s"}"#]
    case .removed: return [#"{"event":"removed","server":"s"}"#]
    case .orphaned: return [orphaned("theirs", issuer)]
    case .settled: return [#"{"event":"settled","server":"s","issuer":"\#(issuer)","client_id":"theirs"}"#]
    case .failed: return [#"{"event":"failed","intent":"x"}"#]
    case .unknown: return [#"{"event":"unknown","intent":"x"}"#]
    }
  }

  private func registered(_ intent: String?, _ entry: String, server: String = "s") -> String {
    let id = intent.map { "\"\($0)\"" } ?? "null"
    return #"{"event":"registered","intent":\#(id),"server":"\#(server)","entry":\#(entry)}"#
  }

  private func orphaned(_ client: String, _ issuer: String) -> String {
    #"{"event":"orphaned","orphan":{"server":"s","issuer":"\#(issuer)","client_id":"\#(client)","reason":"removed","#
      + #""since":"2026-01-01T00:00:00Z","managed":true}}"#
  }

  private func intent(
    _ call: String, of server: String, _ issuer: String, at endpoint: String, client: String? = nil
  ) -> String {
    let named = client.map { #","client_id":"\#($0)""# } ?? ""
    return #"{"event":"intent","id":"x","call":"\#(call)","server":"\#(server)","issuer":"\#(issuer)","#
      + #""endpoint":"\#(endpoint)","inputs_digest":"","replaces_digest":null,"time":"2026-01-01T00:00:00Z"\#(named)}"#
  }

  /// Writes a journal of the lock file's lineage.
  private func write(_ lines: [String], in place: Workplace) throws {
    let lineage = try #require(try place.lock()["lineage"].string)
    let head = #"{"format":1,"kind":"mcpauth-journal","lineage":"\#(lineage)"}"#
    try place.write(([head] + lines).map(sealed).joined(), to: Workplace.state + "/journal.jsonl")
  }

  /// The line with its checksum.
  private func sealed(_ line: String) -> String {
    let sum = Fingerprint.of(Array(line.utf8)).prefix(16)
    return "\(line.dropLast()),\"sum\":\"\(sum)\"}\n"
  }
}
