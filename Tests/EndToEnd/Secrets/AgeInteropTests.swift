import Foundation
import MCPAuthSandbox
import Testing

/// The age store and the `age` command can read each other's files (SecretStores#Age).
@Suite(.enabled("age is installed", { FileManager.default.isExecutableFile(atPath: "/usr/bin/age") }))
struct AgeInteropTests {
  /// Runs a script in the workplace.
  private func shell(_ place: Workplace, _ script: String) async throws -> Run {
    try await RunningBinary("/bin/sh", ["-c", script], in: place.folder, environment: [:]).finish()
  }

  @Test(
    "SecretStores#Age: age -d reads a record and a stored value; mcpauth reads files that age encrypted, also after rekey"
  )
  func bothWays() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let key = try await AgeKey.make()
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("managed"))\"}", head: AgeKey.head(key))
      #expect(try await place.run("apply").exit == 0)
      try await place.set("k", "value-of-k")
      try place.write(key.identity + "\n", to: "key.txt")
      let version = try #require(try place.entry("s")["secret_version"].string)
      let record = "servers.secrets/s.\(version).age"
      let decrypted = try await shell(place, "age -d -i key.txt \(record)")
      #expect(decrypted.exit == 0, "\(decrypted.err)")
      let secret = try #require(try decrypted.json()["client_secret"].string)
      #expect(sandbox.clients().contains { $0.secret == secret })
      let stored = try await shell(place, "age -d -i key.txt servers.secrets/stored/k.age")
      #expect(try stored.json()["value"].string == "value-of-k")
      // The other direction, with a second recipient.
      let other = try await AgeKey.make()
      let anew = try await shell(
        place,
        "age -d -i key.txt \(record) | age -a -r \(key.recipient) -r \(other.recipient) > new && mv new \(record)")
      #expect(anew.exit == 0, "\(anew.err)")
      for reader in [key, other] {
        let get = try await place.run("secrets", "get", "s", environment: reader.environment)
        #expect(get.out == secret + "\n", "\(get.err)")
      }
      #expect(try await place.run("secrets", "rekey", "--check", environment: key.environment).exit == 1)
      #expect(try await place.run("secrets", "rekey", environment: key.environment).exit == 0)
      #expect(try await place.run("secrets", "rekey", "--check", environment: key.environment).exit == 0)
      #expect(try await place.run("secrets", "get", "s", environment: other.environment).exit == 1)
      #expect(try await shell(place, "age -d -i key.txt \(record)").json()["client_secret"].string == secret)
    }
  }
}
