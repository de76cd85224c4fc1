import MCPAuthCore
import MCPAuthReconciler
import Testing

/// The contract of every `SecretStore`. `open` opens another handle on the same store, which is empty at first.
struct SecretStoreContract: Sendable, CustomTestStringConvertible {
  typealias Opener = @Sendable () throws -> any SecretStore

  var testDescription: String
  var check: @Sendable (_ open: Opener) async throws -> Void

  init(_ name: String, _ check: @escaping @Sendable (_ open: Opener) async throws -> Void) {
    testDescription = name
    self.check = check
  }

  static let rules: [SecretStoreContract] = [
    .init("an absent store has no records, and removing one is no error") { open in
      let store = try open()
      #expect(try await store.list().isEmpty)
      #expect(try await store.get("linear", version: "a1") == nil)
      #expect(try await store.getOrphan(issuer: "https://as.example", clientID: "c1") == nil)
      try await store.remove("linear", version: "a1")
      try await store.removeOrphan(issuer: "https://as.example", clientID: "c1")
    },
    .init("a record comes back whole from another handle, and goes when removed") { open in
      let store = try open()
      #expect(try await store.prove().isEmpty)
      try await store.put(Sample.record("a1"))
      try await store.put(Sample.record("b2"))
      #expect(try await open().get("linear", version: "a1") == Sample.record("a1"))
      #expect(try await open().list().mapValues { $0.sorted() } == ["linear": ["a1", "b2"]])
      try await store.remove("linear", version: "a1")
      #expect(try await open().get("linear", version: "a1") == nil)
      #expect(try await open().list() == ["linear": ["b2"]])
    },
    .init("several records come back as single ones do, in the order in which they are wanted") { open in
      let store = try open()
      for version in ["a1", "b2"] { try await store.put(Sample.record(version)) }
      let wanted = [("linear", "b2"), ("linear", "c3"), ("absent", "a1"), ("linear", "a1")]
      let found = await store.get(wanted.map { (server: $0.0, version: $0.1) })
      #expect(try found.map { try $0.get() } == [Sample.record("b2"), nil, nil, Sample.record("a1")])
      #expect(await store.get([]).isEmpty)
    },
    .init("a record may have no secret at all") { open in
      var record = Sample.record()
      record.clientSecret = nil
      record.registrationAccessToken = nil
      record.registrationClientURI = nil
      let store = try open()
      try await store.put(record)
      #expect(try await store.get("linear", version: record.version) == record)
    },
    .init("a record is never overwritten") { open in
      let store = try open()
      try await store.put(Sample.record("a1"))
      for again in [Sample.record("a1"), Sample.record("a1", secret: "another-value")] {
        let refusal = try await diagnostic { try await store.put(again) }
        #expect(refusal.code == .storeFailed)
        #expect(!refusal.message.contains("value"))
      }
      #expect(try await store.get("linear", version: "a1") == Sample.record("a1"))
    },
    .init("of two that put one version at once, one succeeds") { open in
      let store = try open()
      let outcomes = await withTaskGroup(of: String?.self) { group in
        for index in 0..<16 {
          group.addTask {
            let secret = "value-\(index)"
            return (try? await store.put(Sample.record("a1", secret: secret))) == nil ? nil : secret
          }
        }
        return await group.reduce(into: [String]()) { all, one in if let one { all.append(one) } }
      }
      #expect(outcomes.count == 1)
      #expect(try await store.get("linear", version: "a1")?.clientSecret?.open() == outcomes.first)
    },
    .init("servers' names may hold dots") { open in
      let store = try open()
      for server in ["a", "a.b", "a.b.json", "a.b.c1"] { try await store.put(Sample.record("c1", server: server)) }
      #expect(try await store.list() == ["a": ["c1"], "a.b": ["c1"], "a.b.json": ["c1"], "a.b.c1": ["c1"]])
      #expect(try await store.get("a.b", version: "c1") == Sample.record("c1", server: "a.b"))
    },
    .init("orphans' records lie apart from the servers', by issuer and client id, whatever those hold") { open in
      let store = try open()
      let strange = "../../\u{0}\n/ü" + String(repeating: "x", count: 2000)
      let record = Sample.record("a1", clientID: strange)
      try await store.putOrphan(record)
      #expect(try await store.list().isEmpty)
      #expect(try await open().getOrphan(issuer: record.issuer, clientID: strange) == record)
      #expect(try await store.getOrphan(issuer: record.issuer, clientID: "client-linear") == nil)
      let newer = Sample.record("b2", clientID: strange)
      try await store.putOrphan(newer)
      #expect(try await store.getOrphan(issuer: record.issuer, clientID: strange) == newer)
      try await store.removeOrphan(issuer: record.issuer, clientID: strange)
      #expect(try await open().getOrphan(issuer: record.issuer, clientID: strange) == nil)
    },
    .init("a name or version that fits no pattern is never used") { open in
      let store = try open()
      for server in ["../x", "", ".hidden", "A", "a/b", "a\u{0}", "ü", String(repeating: "a", count: 64)] {
        #expect(try await diagnostic { try await store.put(Sample.record("a1", server: server)) }.code == .storeFailed)
        #expect(try await diagnostic { try await store.get(server, version: "a1") }.code == .secretUnreadable)
      }
      for version in ["", "a.b", "../x", "a/b", "a b"] {
        #expect(try await diagnostic { try await store.put(Sample.record(version)) }.code == .storeFailed)
      }
    },
    .init("many records at once") { open in
      let store = try open()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<50 { group.addTask { try await store.put(Sample.record("v\(index)", server: "s\(index)")) } }
        try await group.waitForAll()
      }
      #expect(try await open().list().count == 50)
    },
  ]
}
