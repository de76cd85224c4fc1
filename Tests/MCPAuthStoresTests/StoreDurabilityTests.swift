import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthStores

@Suite struct StoreDurabilityTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var environment: [String: String] = ["CI": "true"]
    var store = SecretsSettings.Store.directory
    var isNamed = true
    var path: String?
    var workTree: String?
    var expected: Diagnostic.Severity?
  }

  @Test(
    "SecretStores#Durability-in-CI: store-not-durable",
    arguments: [
      Case(testDescription: "no runner", environment: [:], isNamed: false),
      Case(testDescription: "CI empty", environment: ["CI": ""], isNamed: false),
      Case(testDescription: "CI false", environment: ["CI": "false"], isNamed: false),
      Case(testDescription: "not named", isNamed: false, expected: .error),
      Case(testDescription: "not named, any value of CI", environment: ["CI": "1"], isNamed: false, expected: .error),
      Case(
        testDescription: "not named, but with a path elsewhere", isNamed: false, path: "/var/lib/x", expected: .error),
      Case(testDescription: "age", store: .age),
      Case(testDescription: "helper", store: .helper),
      Case(testDescription: "directory, default place", expected: .warning),
      Case(testDescription: "directory, place below the inventory", path: "own/place", expected: .warning),
      Case(testDescription: "directory, absolute place below", path: "/build/repo/conf/x", expected: .warning),
      Case(testDescription: "directory elsewhere", path: "/var/lib/mcpauth"),
      Case(testDescription: "a name that merely begins alike", path: "/build/repo/conf-2/x"),
      Case(testDescription: "beside the inventory's folder, tree unknown", path: "../x"),
      Case(
        testDescription: "beside the inventory's folder, in the tree", path: "../x", workTree: "/build/repo",
        expected: .warning),
      Case(testDescription: "out of the tree by dots", path: "../../x", workTree: "/build/repo"),
      Case(
        testDescription: "in the tree that the runner names",
        environment: ["CI": "true", "GITHUB_WORKSPACE": "/build/repo/"], path: "../x", expected: .warning),
    ])
  func durability(_ world: Case) {
    var secrets = SecretsSettings()
    secrets.store = world.store
    secrets.isNamed = world.isNamed
    secrets.path = world.path
    secrets.location = SourceLocation(file: "servers.yaml", line: 2, column: 1)
    let found = Stores.durability(
      secrets, environment: world.environment, inventoryFolder: "/build/repo/conf", workTree: world.workTree)
    #expect(found?.severity == world.expected)
    if let found {
      #expect(found.code == .storeNotDurable)
      #expect(!found.help.isEmpty)
    }
  }
}
