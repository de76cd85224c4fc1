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
    /// `<here>` is replaced by the folder of the test.
    var path: String?
    /// The path that gets a `.git`.
    var git: String?
    var isRefused = false
  }

  @Test(
    "SecretStores#Durability-in-CI: store-not-durable",
    arguments: [
      Case(testDescription: "no runner", environment: [:], isNamed: false),
      Case(testDescription: "CI empty", environment: ["CI": ""], isNamed: false),
      Case(testDescription: "CI false", environment: ["CI": "false"], isNamed: false),
      Case(testDescription: "not named", isNamed: false, isRefused: true),
      Case(testDescription: "not named, any value of CI", environment: ["CI": "1"], isNamed: false, isRefused: true),
      Case(
        testDescription: "not named, but with a path elsewhere", isNamed: false, path: "<here>/lib", isRefused: true),
      Case(testDescription: "age", store: .age),
      Case(testDescription: "helper", store: .helper),
      Case(testDescription: "exec", store: .exec),
      Case(testDescription: "kv2", store: .kv2),
      Case(testDescription: "directory, default place", isRefused: true),
      Case(testDescription: "directory, place below the inventory", path: "own/place", isRefused: true),
      Case(testDescription: "directory, absolute place below", path: "<here>/repo/conf/x", isRefused: true),
      Case(testDescription: "directory, through a link", path: "<here>/link/conf/x", isRefused: true),
      Case(testDescription: "directory elsewhere", path: "<here>/lib/mcpauth"),
      Case(testDescription: "a name that only begins alike", path: "<here>/repo/conf-2/x"),
      Case(testDescription: "beside the inventory's folder, no work tree", path: "../x"),
      Case(testDescription: "beside the inventory's folder, in the tree", path: "../x", git: "repo", isRefused: true),
      Case(testDescription: "out of the tree by dots", path: "../../x", git: "repo"),
      Case(testDescription: "the inventory's folder is the tree", path: "../x", git: "repo/conf"),
      Case(
        testDescription: "in the folder that the runner names",
        environment: ["CI": "true", "GITHUB_WORKSPACE": "<here>/repo/"], path: "../x", isRefused: true),
      Case(
        testDescription: "in a tree inside the folder that the runner names",
        environment: ["CI": "true", "CI_PROJECT_DIR": "<here>"], path: "../../x", git: "repo", isRefused: true),
    ])
  func durability(_ world: Case) throws {
    let place = try TemporaryFolder()
    try place.makeFolder("repo/conf")
    try place.makeFolder("repo/conf-2")
    try place.makeFolder("lib")
    try place.link("link", to: place("repo"))
    if let git = world.git { try place.makeFolder(git + "/.git") }
    func here(_ text: String) -> String { text.replacing("<here>", with: place.path) }
    var secrets = SecretsSettings()
    secrets.store = world.store
    secrets.isNamed = world.isNamed
    secrets.path = world.path.map(here)
    secrets.location = SourceLocation(file: "servers.yaml", line: 2, column: 1)
    let found = Stores.durability(
      secrets, environment: world.environment.mapValues(here), inventoryFolder: place("repo/conf"))
    #expect((found != nil) == world.isRefused)
    if let found {
      #expect(found.code == .storeNotDurable)
      #expect(found.severity == .error)
      #expect(!found.help.isEmpty)
    }
  }
}
