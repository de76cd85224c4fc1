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

  @Test(
    "SecretStores#Commands: arguments of what looks like mcpauth secrets are not shown in a usage error",
    arguments: [
      ["secret", "set", "key", secret], ["secerts", "set", "key", secret], ["secrets", "sett", "key", secret],
      ["secrets", "key", secret], ["secrets", secret], ["secrets", "--\(secret)"], ["secrets", "--\(secret)=x"],
      ["secrets", "set", "key", "--format", secret], ["secrets", "set", "key", "--format=\(secret)"],
      ["secrets", "set", "key", "--format", "it's a\nUsage: \(secret)"],
      ["secrets", "set", "key", "--lock-timeout", secret], ["secrets", "set", "key", "--quiet=\(secret)"],
      ["secrets", "get", "key", secret], ["secrets", "get", "key", "--field", secret],
      ["secrets", "remove", "key", secret], ["secrets", "keygen", secret],
      ["secrets", "move", "--to", "helper", "--helper", "\(secret)!"], ["help", "secrets", secret],
      ["help", "secrets", "set", secret],
    ])
  func everyCommand(arguments: [String]) async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let run = try await place.run(arguments)
    #expect(run.exit == 64, "\(run.all)")
    #expect(run.err.contains("(not shown)"), "\(run.err)")
    #expect(!run.all.contains("hunter2"), "\(run.all)")
  }

  @Test("SecretStores#Commands: a usage error of secrets says what is wrong without the value")
  func words() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let format = try await place.run("secrets", "set", "key", "--format", "xml")
    #expect(format.err.hasPrefix("error: The value (not shown) is invalid for '--format <format>'"), "\(format.err)")
    let command = try await place.run("secrets", "sett", "key")
    #expect(command.err.contains("help: the commands are list, get, set, remove"), "\(command.err)")
    #expect(command.err.contains("mcpauth secrets set KEY < FILE"), "\(command.err)")
    let other = try await place.run("plan", "--format", "xml")
    #expect(other.err.contains("The value 'xml' is invalid"), "\(other.err)")
  }

  @Test("SecretStores#Commands: a stored secret needs no lock file", arguments: ["directory", "age", "helper", "exec"])
  func withoutLock(store: String) async throws {
    let key = try await AgeKey.make()
    let place = try Workplace()
    var environment = store == "exec" ? try place.makeStoreProgram() : try place.makeHelper()
    environment.merge(key.environment) { $1 }
    let head =
      switch store {
      case "age": AgeKey.head(key)
      case "helper": "secrets: {store: helper, helper: fake}"
      case "exec": "secrets: {store: exec, command: [mcpauth-store-fake]}"
      default: ""
      }
    try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: head)
    try await place.set("search-key", Self.secret, environment: environment)
    let get = try await place.run("secrets", "get", "--stored", "search-key", environment: environment)
    #expect(get.exit == 0 && get.out == Self.secret + "\n", "\(get.err)")
    let name = try await place.run("secrets", "get", "search-key", environment: environment)
    #expect(name.exit == 0 && name.out == Self.secret + "\n" && name.err.isEmpty, "\(name.err)")
    let other = try await place.run("secrets", "get", "other", environment: environment)
    #expect(other.exit == 1 && other.err.contains("error[lock-missing]"), "\(other.err)")
  }
}
