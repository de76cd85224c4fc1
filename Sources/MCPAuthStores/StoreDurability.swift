package import MCPAuthCore
package import MCPAuthPlan

extension Stores {
  /// Checks whether the secrets remain when the machine is deleted (SecretStores#Durability-in-CI): the work tree of a CI runner is deleted with
  /// the runner, and cleaned by the next checkout. Call it before the first registration of a run.
  ///
  /// - Parameters:
  ///   - environment: the environment of the process. If `CI` is set, and not to `false`, the process runs in CI.
  ///   - inventoryFolder: as the user gave it.
  /// - Returns: the error `store-not-durable` when the inventory does not name its store, or names `directory` inside the work tree.
  package static func durability(
    _ secrets: SecretsSettings, environment: [String: String], inventoryFolder: String
  ) -> Diagnostic? {
    guard isRunner(environment) else { return nil }
    let help = [
      "secrets: {store: age, recipients: [age1…]} commits them, encrypted; mcpauth secrets keygen makes a key",
      "secrets: {store: directory, path: /var/lib/mcpauth} keeps them in a folder that stays",
    ]
    guard secrets.isNamed else {
      return Diagnostic(
        .error, .storeNotDurable,
        "this runs in CI, and the inventory does not say where secrets are kept: what is registered now would be lost with the runner",
        help: help)
    }
    guard secrets.store == .directory else { return nil }
    let inventory = RealPath.of(inventoryFolder)
    let path = secrets.path ?? InventoryPlace.stateFolder
    let folder = RealPath.of(path.hasPrefix("/") ? path : inventory + "/" + path)
    let trees =
      [GitClone.workTree(of: inventory) ?? inventory]
      + workTreeVariables.compactMap { environment[$0] }.filter { $0.hasPrefix("/") }
    guard trees.contains(where: { RealPath.leads(folder, into: RealPath.of($0)) }) else { return nil }
    return Diagnostic(
      .error, .storeNotDurable,
      "this runs in CI, and secrets are kept in the work tree: they are lost when the runner is deleted or its work tree is cleaned",
      at: secrets.location, help: help)
  }

  private static func isRunner(_ environment: [String: String]) -> Bool {
    guard let value = environment["CI"] else { return false }
    return !value.isEmpty && value.lowercased() != "false"
  }

  /// Variables in which GitHub and Gitea, GitLab, Jenkins, Azure Pipelines, Bitbucket and Travis name the folder that they clean.
  private static let workTreeVariables = [
    "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE", "BUILD_SOURCESDIRECTORY", "BITBUCKET_CLONE_DIR",
    "TRAVIS_BUILD_DIR",
  ]
}
