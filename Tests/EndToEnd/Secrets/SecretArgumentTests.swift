import Foundation
import Testing

/// A value on the command line by mistake, and stored secrets before the first apply.
@Suite struct SecretArgumentTests {
  static let secret = "hunter2hunter2"

  @Test(
    "SecretStores#Commands: a value in the arguments of secrets set is not shown",
    arguments: [
      ["key", secret], ["key", "--value", secret], ["key", "--value=\(secret)"], ["key=\(secret)"],
      ["key", "-\(secret)"],
      ["key", "--", secret], [secret + "!"], ["key", "--format", "json", secret],
    ])
  func value(arguments: [String]) async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let run = try await place.run(["secrets", "set"] + arguments)
    #expect(run.exit == 64, "\(run.all)")
    #expect(!run.all.contains("hunter2"), "\(run.all)")
    #expect(run.err.contains("mcpauth secrets set KEY < FILE"), "\(run.err)")
  }

  @Test("SecretStores#Commands: a stored secret needs no lock file", arguments: ["directory", "age", "helper"])
  func withoutLock(store: String) async throws {
    let key = try await AgeKey.make()
    let place = try Workplace()
    var environment = try place.makeHelper()
    environment["MCPAUTH_STORE_PROGRAMS"] = "docker-credential-fake"
    environment.merge(key.environment) { $1 }
    let head =
      switch store {
      case "age": AgeKey.head(key)
      case "helper": "secrets: {store: helper, helper: fake}"
      default: ""
      }
    try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: head)
    try await place.set("search-key", Self.secret, environment: environment)
    let get = try await place.run("secrets", "get", "--stored", "search-key", environment: environment)
    #expect(get.exit == 0 && get.out == Self.secret + "\n", "\(get.err)")
    let name = try await place.run("secrets", "get", "search-key", environment: environment)
    #expect(name.exit == 64 && name.err.contains("mcpauth secrets get --stored search-key"), "\(name.err)")
    let other = try await place.run("secrets", "get", "other", environment: environment)
    #expect(other.exit == 1 && other.err.contains("error[lock-missing]"), "\(other.err)")
  }
}
