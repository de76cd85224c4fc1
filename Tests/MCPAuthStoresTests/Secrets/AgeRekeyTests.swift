import AgeFormat
import Foundation
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

/// A change of the recipients (SecretStores#Age).
@Suite struct AgeRekeyTests {
  let place: TemporaryFolder
  let (mine, other, third): (AgeIdentity, AgeIdentity, AgeIdentity)
  let orphanName = RecordName.hash(issuer: "https://linear.example", clientID: "client-linear")

  init() throws {
    place = try TemporaryFolder()
    (mine, other, third) = (try .generate(), try .generate(), try .generate())
  }

  private func store(to recipients: [AgeIdentity], with identities: [AgeIdentity]) throws -> AgeSecretStore {
    try AgeSecretStore(
      inventoryPath: place("servers.yaml"), recipients: recipients.map { "\($0.recipient)" },
      environment: [AgeIdentitySource.key: identities.map { $0.open() }.joined(separator: "\n")])
  }

  private func filled() async throws -> [SecretItem] {
    let store = try store(to: [mine], with: [mine])
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    try await store.putStored("github", Secret("s3cret-value"))
    return try await store.items()
  }

  @Test("SecretStores#Age: every file of each kind is encrypted for the new recipients, and for no other")
  func rekeyed() async throws {
    let items = try await filled()
    #expect(items == [.record(server: "linear", version: "a1"), .orphan(orphanName), .stored("github")])
    let moving = try store(to: [other, third], with: [mine])
    for item in items { #expect(try await moving.rekey(item, writing: true) == .differed) }
    for identity in [other, third] {
      let reader = try store(to: [other], with: [identity])
      #expect(try await reader.get("linear", version: "a1") == Sample.record("a1"))
      #expect(try await reader.getOrphan(named: orphanName) == Sample.record("b2"))
      #expect(try await reader.getStored("github")?.open() == "s3cret-value")
    }
    #expect(try await diagnostic { try await moving.get("linear", version: "a1") }.code == .secretUnreadable)
    for file in ["linear.a1.age", "orphans/\(orphanName).age", "stored/github.age"] {
      #expect(try place.mode("servers.secrets/" + file) == 0o644)
    }
  }

  @Test(
    "SecretStores#Age: a check writes nothing; by number and by one's own identities it reports what is certainly for others"
  )
  func looking() async throws {
    let items = try await filled()
    let before = try place.everything()
    let cases: [([AgeIdentity], [AgeIdentity], RekeyedItem)] = [
      ([mine], [mine], .alike), ([mine, other], [mine], .differed), ([other], [mine], .differed),
      ([other], [mine, other], .differed), ([mine], [mine, other], .alike),
    ]
    for (recipients, identities, verdict) in cases {
      let store = try store(to: recipients, with: identities)
      for item in items { #expect(try await store.rekey(item, writing: false) == verdict) }
    }
    let store = try store(to: [mine], with: [mine])
    for item in [SecretItem.record(server: "linear", version: "zz"), .orphan("../x"), .stored("none")] {
      #expect(try await store.rekey(item, writing: true) == .gone)
    }
    #expect(try place.everything() == before)
  }

  @Test("SecretStores#Age: a file that no identity can decrypt stays byte for byte, and is listed")
  func unreadable() async throws {
    let items = try await filled()
    try place.write("-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n", to: "servers.secrets/broken.a1.age")
    let before = try place.everything()
    let stranger = try store(to: [other], with: [other])
    for item in items + [.record(server: "broken", version: "a1")] {
      let refusal = try await diagnostic { try await stranger.rekey(item, writing: true) }
      #expect(refusal.code == .secretUnreadable)
    }
    #expect(try place.everything() == before)
  }

  @Test(
    "Reliability#Order-of-writes: a file is replaced only after the new one is on the disk; if that fails, only the old one exists"
  )
  func fullDisk() async throws {
    let items = try await filled()
    let before = try place.everything()
    let disk = WatchedDisk()
    disk.fail(with: ENOSPC)
    let store = AgeSecretStore(
      folder: FolderPath(base: place.path, below: ["servers.secrets"]),
      codec: AgeCodec(recipients: [other.recipient], identities: [mine]), disk: disk.disk)
    for item in items {
      #expect(try await diagnostic { try await store.rekey(item, writing: true) }.code == .storeFailed)
    }
    #expect(try place.everything() == before)
  }

  @Test("SecretStores#Age: without recipients an age store can be read; without an identity it cannot be opened")
  func readingOnly() async throws {
    _ = try await filled()
    let reader = try AgeSecretStore(
      inventoryPath: place("servers.yaml"), readingWith: [AgeIdentitySource.key: mine.open()])
    #expect(try await reader.get("linear", version: "a1") == Sample.record("a1"))
    let refusal = try #require(throws: Diagnostic.self) {
      try AgeSecretStore(inventoryPath: place("servers.yaml"), readingWith: [:])
    }
    #expect(refusal.code == .secretUnreadable)
  }
}
