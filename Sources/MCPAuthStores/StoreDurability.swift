package import MCPAuthCore
package import MCPAuthPlan

extension Stores {
  /// Whether the secrets outlive the machine (SecretStores#Durability-in-CI): a CI runner's work tree is deleted with the runner, and cleaned by the next checkout.
  /// To be asked before the first registration of a run.
  ///
  /// - Parameters:
  ///   - environment: of the process; `CI` set, and not to `false`, means a runner.
  ///   - inventoryFolder: absolute.
  ///   - workTree: absolute; nil: what the runner says it is, or else the inventory's folder.
  /// - Returns: the error `store-not-durable` when the inventory does not name its store; the warning when it names `directory` inside the work tree.
  package static func durability(
    _ secrets: SecretsSettings, environment: [String: String], inventoryFolder: String, workTree: String? = nil
  ) -> Diagnostic? {
    guard isRunner(environment) else { return nil }
    guard secrets.isNamed else {
      return Diagnostic(
        .error, .storeNotDurable,
        "this runs in CI, and the inventory does not say where secrets are kept: what is registered now would be lost with the runner",
        help: [
          "secrets: {store: age, recipients: [age1…]} commits them, encrypted; mcpauth secrets keygen makes a key",
          "secrets: {store: directory} says that this runner keeps its work tree",
        ])
    }
    guard secrets.store == .directory else { return nil }
    let folder =
      secrets.path.map { absolute($0, in: inventoryFolder) }
      ?? absolute(InventoryPlace.stateFolder, in: inventoryFolder)
    let tree = absolute(workTree ?? workTreeVariables.firstNonEmpty(in: environment) ?? inventoryFolder, in: "/")
    guard folder.starts(with: tree) else { return nil }
    return .warning(
      .storeNotDurable,
      "this runs in CI, and secrets are kept in the work tree: they are lost when the runner is thrown away or its work tree is cleaned",
      at: secrets.location,
      help: [
        "secrets: {store: age, recipients: [age1…]} commits them, encrypted",
        "or keep them elsewhere: secrets: {store: directory, path: /var/lib/mcpauth}",
      ])
  }

  private static func isRunner(_ environment: [String: String]) -> Bool {
    guard let value = environment["CI"] else { return false }
    return !value.isEmpty && value.lowercased() != "false"
  }

  /// GitHub and Gitea, GitLab, Jenkins, Azure Pipelines, Bitbucket, Travis.
  private static let workTreeVariables = [
    "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE", "BUILD_SOURCESDIRECTORY", "BITBUCKET_CLONE_DIR",
    "TRAVIS_BUILD_DIR",
  ]

  /// The components of a path, `.` and `..` resolved by the letter.
  private static func absolute(_ path: String, in folder: String) -> [Substring] {
    var components: [Substring] = []
    for component in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") where component != "." {
      if component == ".." { _ = components.popLast() } else { components.append(component) }
    }
    return components
  }
}

extension [String] {
  fileprivate func firstNonEmpty(in environment: [String: String]) -> String? {
    lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
  }
}
